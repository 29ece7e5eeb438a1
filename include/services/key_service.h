/* API keys: who may make, see and delete them, and what they may be. Errors are those of auth_check_user and, unless a
 * function says more, of its repo (repos/key_repo.h). Runs on the task's coroutine. */
#ifndef DAPPD_SERVICES_KEY_SERVICE_H
#define DAPPD_SERVICES_KEY_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/task.h"
#include "repos/key_repo.h"
#include "services/caller.h"
#include "services/replay.h"
#include "services/secrets.h"

enum { USER_MAX_KEYS = 100, KEY_MAX_LIFE_S = 5 * 366 * 86400 };

/* What is asked for. Borrowed. */
struct key_wish {
    const char *name;
    uint32_t scopes;       /* bits of core/scopes.def */
    uint64_t expires_at_s; /* unix seconds; 0: never */
};

/* A key for the caller itself, which must be a session. Out: text, the key as its owner is shown it. In: replay, NULL
 * where the request may not be sent again. ERR_INVALID_PARAMETER; ERR_FORBIDDEN for scopes of admins. */
enum err key_service_create(struct task *task, const struct caller *caller, struct api_key *out,
                            char text[API_KEY_TEXT_BYTES], bool *replayed, const struct key_wish *wish,
                            const struct replay *replay) MUST_CHECK;

/* In: user, whose; after, NULL: from the first. */
enum err key_service_page(struct task *task, const struct caller *caller, struct api_key_page *out, const uuid *user,
                          const uuid *after, size_t limit) MUST_CHECK;

/* One's own, or as an admin anybody's; by a session. */
enum err key_service_delete(struct task *task, const struct caller *caller, const uuid *id) MUST_CHECK;

#endif
