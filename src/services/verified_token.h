/* Access tokens that were verified before: one that comes again costs a look-up. Any thread. */
#ifndef DAPPD_SERVICES_VERIFIED_TOKEN_H
#define DAPPD_SERVICES_VERIFIED_TOKEN_H

#include <stddef.h>
#include <stdint.h>

#include "services/access_token.h"
#include "services/auth.h"

/* As access_token_read. In: now_ms, monotonic. */
enum err verified_token_read(struct access_claims *out, struct auth *auth, const char *text, size_t len, uint64_t now_s,
                             uint64_t now_ms) MUST_CHECK;

#endif
