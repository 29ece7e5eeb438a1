/* What has to hold before the answer to a call means anything. The task's coroutine. */
#ifndef DAPPD_SERVICES_CALL_CHECKS_H
#define DAPPD_SERVICES_CALL_CHECKS_H

#include "core/task.h"
#include "rpc/state.h"
#include "services/contract_call.h"
#include "services/source.h"

/* One read that has to succeed; its failure is the task's fault. Out: read->bytes. */
enum err call_read(struct task *task, const struct source *source, const struct block_ref *block,
                   struct state_read *read) MUST_CHECK;

/* A node says so by a balance that a transfer would take below zero in words of its own: here it is
 * ERR_INSUFFICIENT_FUNDS, before any is asked. */
enum err call_check_funds(struct task *task, const struct source *source, const struct block_ref *block,
                          const struct call_sender *sender) MUST_CHECK;

/* ERR_NOT_A_CONTRACT: there is no code at the address. */
enum err call_check_code(struct task *task, const struct source *source, const struct block_ref *block,
                         const address *contract) MUST_CHECK;

/* The fault of that. */
enum err call_fail_no_code(struct task *task, const struct block_ref *block, const address *contract);

#endif
