/* Sealing is XOR with a MAC that serves once. Pure, any thread. */
#include "sealed_secret.h"

#include <assert.h>
#include <string.h>

#include "services/replay.h"

enum { CONTEXT_MAX_BYTES = 16 + SHA256_BYTES + IDEMPOTENCY_KEY_MAX_BYTES };

/* Fixed lengths come first, so that no two seals have the same context. */
static void apply_pad(const struct seal *seal, uint8_t out[API_SECRET_BYTES], const uint8_t in[API_SECRET_BYTES],
                      size_t key) {
    uint8_t context[CONTEXT_MAX_BYTES], pad[SHA256_BYTES];
    size_t len = strlen(seal->idempotency_key), head = sizeof seal->user->bytes + SHA256_BYTES;
    assert(len <= IDEMPOTENCY_KEY_MAX_BYTES);
    memcpy(context, seal->user->bytes, sizeof seal->user->bytes);
    memcpy(context + sizeof seal->user->bytes, seal->secret_hash, SHA256_BYTES);
    memcpy(context + head, seal->idempotency_key, len);
    key_ring_mac(seal->ring, pad, key, KEY_SEAL, context, head + len);
    for (size_t i = 0; i < API_SECRET_BYTES; i++) out[i] = in[i] ^ pad[i];
    secure_wipe(pad, sizeof pad);
}

void sealed_secret_close(const struct seal *seal, uint8_t out[API_SECRET_BYTES],
                         const uint8_t secret[API_SECRET_BYTES]) {
    apply_pad(seal, out, secret, 0);
}

bool sealed_secret_open(const struct seal *seal, uint8_t out[API_SECRET_BYTES],
                        const uint8_t sealed[API_SECRET_BYTES]) {
    for (size_t i = 0; i < key_ring_count(seal->ring); i++) {
        uint8_t hash[SHA256_BYTES];
        apply_pad(seal, out, sealed, i);
        sha256(hash, out, API_SECRET_BYTES);
        if (digest_equal(hash, seal->secret_hash, sizeof hash)) return true;
    }
    secure_wipe(out, API_SECRET_BYTES);
    return false;
}
