/* The other texts that dappd gives out and takes back: nonces, refresh tokens, API keys. Each says by its MAC or its
 * secret that dappd made it. Reads untrusted bytes; pure, any thread. */
#ifndef DAPPD_SERVICES_SECRETS_H
#define DAPPD_SERVICES_SECRETS_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/uuid.h"
#include "services/key_ring.h"

enum { NONCE_TEXT_BYTES = 97, REFRESH_TOKEN_BYTES = 71, API_KEY_TEXT_BYTES = 61, API_SECRET_BYTES = 24 }; /* with NUL */

/* A nonce of EIP-4361 (letters and digits). It carries its own id and times, so that nothing is kept until it is
 * used. */
struct nonce {
    uint8_t id[16];
    uint64_t issued_s; /* unix seconds */
    uint64_t expires_s;
};
void nonce_make(char out[NONCE_TEXT_BYTES], const struct key_ring *ring, uint64_t now_s, uint64_t ttl_s);
/* ERR_INVALID_NONCE for what dappd has not made. Whether it has expired is for the caller to see. */
enum err nonce_read(struct nonce *out, const struct key_ring *ring, const char *text, size_t len) MUST_CHECK;

/* A refresh token says which generation of which session it is; its MAC that it was given out as such. */
struct refresh_token {
    uuid session;
    uint32_t generation;
};
void refresh_token_write(char out[REFRESH_TOKEN_BYTES], const struct key_ring *ring, const struct refresh_token *what);
/* ERR_INVALID_REFRESH_TOKEN. */
enum err refresh_token_read(struct refresh_token *out, const struct key_ring *ring, const char *text,
                            size_t len) MUST_CHECK;

/* "dappd_" and base64url of id and secret. */
struct api_key_text {
    uuid id;
    uint8_t secret[API_SECRET_BYTES];
};
void api_key_write(char out[API_KEY_TEXT_BYTES], const struct api_key_text *what);
/* ERR_UNAUTHENTICATED. */
enum err api_key_read(struct api_key_text *out, const char *text, size_t len) MUST_CHECK;

#endif
