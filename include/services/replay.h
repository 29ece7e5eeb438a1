/* Requests that may be sent again under an Idempotency-Key, and do once what they do. Reads untrusted bytes; pure, any
 * thread. Source: draft-ietf-httpapi-idempotency-key-header. */
#ifndef DAPPD_SERVICES_REPLAY_H
#define DAPPD_SERVICES_REPLAY_H

#include <stdbool.h>
#include <stddef.h>

#include "repos/user_repo.h"

enum { IDEMPOTENCY_KEY_MAX_BYTES = 255 };

/* In: text, the key with NUL behind it, borrowed: what is kept of it does not tell it. */
struct replay {
    struct idempotency idempotency;
    const char *text;
};

/* In: request, what tells it from others: method, path and body. Returns false unless the key is 1 to
 * IDEMPOTENCY_KEY_MAX_BYTES visible ASCII characters. */
bool replay_make(struct replay *out, const char *text, const void *request, size_t len);

/* What a repo takes; NULL gives NULL. */
const struct idempotency *replay_idempotency(const struct replay *replay);

#endif
