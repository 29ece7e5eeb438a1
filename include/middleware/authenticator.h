/* Who knows which credentials are good: given to the middleware by the program, since it knows no services. Constant
 * after start; its function runs on the task's coroutine, of any thread. */
#ifndef DAPPD_MIDDLEWARE_AUTHENTICATOR_H
#define DAPPD_MIDDLEWARE_AUTHENTICATOR_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"
#include "core/principal.h"
#include "core/task.h"

struct authenticator {
    /* What stands behind "Bearer " becomes a principal. In: verify, what has been revoked counts at once and admin is
     * known; what is asked for that may fail too. ERR_UNAUTHENTICATED, ERR_TOKEN_EXPIRED: it is no good. */
    enum err (*identify)(struct task *task, void *arg, struct principal *out, const char *credentials, size_t len,
                         bool verify);
    void *arg;
};

#endif
