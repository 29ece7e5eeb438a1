/* Whether there is a contract. Runs on the task's coroutine. */
#ifndef DAPPD_SERVICES_CODE_CHECK_H
#define DAPPD_SERVICES_CODE_CHECK_H

#include "core/task.h"
#include "eth/address.h"
#include "services/source.h"

/* In the newest block, also where that is newer than the one that is known: the contract may have been deployed a
 * moment ago. ERR_NOT_A_CONTRACT. */
enum err code_check(struct task *task, const struct source *source, const address *contract) MUST_CHECK;

#endif
