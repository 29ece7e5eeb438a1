/* The log of changes, for admins to read. Errors are those of auth_check_admin and of repos/audit_repo.h. Runs on the
 * task's coroutine. */
#ifndef DAPPD_SERVICES_AUDIT_SERVICE_H
#define DAPPD_SERVICES_AUDIT_SERVICE_H

#include <stddef.h>
#include <stdint.h>

#include "core/task.h"
#include "repos/audit_repo.h"
#include "services/caller.h"

/* Newest first. In: before, the id of the last row of the page before, 0: from the newest; user, NULL: about all. */
enum err audit_service_page(struct task *task, const struct caller *caller, struct audit_page *out, uint64_t before,
                            const uuid *user, size_t limit) MUST_CHECK;

#endif
