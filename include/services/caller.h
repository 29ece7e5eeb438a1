/* Who asks a service of accounts for something, and how: what all of them check and write to the log of changes.
 * Plain value, borrowed; one request. */
#ifndef DAPPD_SERVICES_CALLER_H
#define DAPPD_SERVICES_CALLER_H

#include "core/principal.h"
#include "repos/audit_repo.h"
#include "services/auth.h"

struct caller {
    struct auth *auth;
    const struct principal *principal; /* verified */
    const char *request_id;
};

/* For the row of a change. */
struct audit_actor caller_actor(const struct caller *caller);

#endif
