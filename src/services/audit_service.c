/* The log of changes. Owns nothing; the task's coroutine. */
#include "services/audit_service.h"

enum err audit_service_page(struct task *task, const struct caller *caller, struct audit_page *out, uint64_t before,
                            const uuid *user, size_t limit) {
    enum err err = auth_check_admin(task, caller->principal, SCOPE_AUDIT_READ);
    return err == ERR_OK ? audit_repo_page(task, out, before, user, limit) : err;
}
