/* Access tokens: JSON Web Tokens signed with HMAC-SHA-256, made and read by dappd. Reads untrusted bytes; pure, any
 * thread. Sources: RFC 7519, RFC 7515, RFC 8725 (no algorithm is ever taken from the token). */
#ifndef DAPPD_SERVICES_ACCESS_TOKEN_H
#define DAPPD_SERVICES_ACCESS_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/uuid.h"
#include "eth/address.h"
#include "services/key_ring.h"

enum { ACCESS_TOKEN_BYTES = 768 /* with NUL */ };

/* {"iss":"dappd","sub":user or address,"sid":session,"address":EIP-55,"chain_id":n,"iat":n,"exp":n} */
struct access_claims {
    uuid session;
    bool has_user; /* without a database there is none, and sub is the address */
    uuid user;
    address address;
    uint64_t chain_id;
    uint64_t issued_s; /* unix seconds */
    uint64_t expires_s;
};

/* Writes a NUL too. Returns the length. */
size_t access_token_write(char out[ACCESS_TOKEN_BYTES], const struct key_ring *ring,
                          const struct access_claims *claims);

/* ERR_UNAUTHENTICATED for what none of the ring's keys has signed just so; ERR_TOKEN_EXPIRED. */
enum err access_token_read(struct access_claims *out, const struct key_ring *ring, const char *text, size_t len,
                           uint64_t now_s) MUST_CHECK;

#endif
