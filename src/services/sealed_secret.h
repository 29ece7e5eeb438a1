/* Secrets of API keys as they are kept for a request that is sent again: readable with the server's key and the
 * client's Idempotency-Key together, so the database alone does not tell them. Pure, any thread. */
#ifndef DAPPD_SERVICES_SEALED_SECRET_H
#define DAPPD_SERVICES_SEALED_SECRET_H

#include <stdbool.h>
#include <stdint.h>

#include "core/digest.h"
#include "core/uuid.h"
#include "services/key_ring.h"
#include "services/secrets.h"

/* What a secret is sealed for. It makes no pad serve twice: the hash is one secret's own. Borrowed. */
struct seal {
    const struct key_ring *ring;
    const uuid *user;
    const uint8_t *secret_hash; /* SHA-256 of the secret */
    const char *idempotency_key;
};

void sealed_secret_close(const struct seal *seal, uint8_t out[API_SECRET_BYTES],
                         const uint8_t secret[API_SECRET_BYTES]);

/* False when none of the ring's keys has sealed it so: it shows by the hash. */
bool sealed_secret_open(const struct seal *seal, uint8_t out[API_SECRET_BYTES], const uint8_t sealed[API_SECRET_BYTES]);

#endif
