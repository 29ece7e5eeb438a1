/* SHA-256, HMAC and what goes with secrets: the one place that knows mbedTLS. Pure functions, any thread.
 * Sources: FIPS 180-4, RFC 2104. */
#ifndef DAPPD_CORE_DIGEST_H
#define DAPPD_CORE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SHA256_BYTES = 32 };

void sha256(uint8_t out[SHA256_BYTES], const void *data, size_t len);
void hmac_sha256(uint8_t out[SHA256_BYTES], const void *key, size_t key_len, const void *data, size_t len);

/* Compares in a time that does not depend on the bytes. */
bool digest_equal(const void *a, const void *b, size_t len);

/* Random bytes from the kernel, for secrets. Aborts when there are none to be had. */
void secure_random(void *out, size_t len);

/* Overwrites a secret, also where a compiler would find that pointless. */
void secure_wipe(void *data, size_t len);

#endif
