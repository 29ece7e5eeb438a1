/* Callers of the services of accounts. Pure, any thread. */
#include "services/caller.h"

#include <stddef.h>

struct audit_actor caller_actor(const struct caller *caller) {
    const struct principal *principal = caller->principal;
    return (struct audit_actor){.user = principal->has_user ? &principal->user : NULL,
                                .key = principal->kind == PRINCIPAL_KEY ? &principal->id : NULL,
                                .session = principal->kind == PRINCIPAL_SESSION ? &principal->id : NULL,
                                .request_id = caller->request_id};
}
