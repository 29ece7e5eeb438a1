/* All cryptography with symmetric keys goes through here, so that one file depends on mbedTLS, whose 2.28 and 3.6
 * differ in much but not in mbedtls_md_*. Owns nothing. Any thread: pure functions. */
#include "core/digest.h"

#include <mbedtls/constant_time.h>
#include <mbedtls/md.h>
#include <mbedtls/platform_util.h>
#include <stdlib.h>
#include <sys/random.h>

static const mbedtls_md_info_t *md_sha256(void) {
    const mbedtls_md_info_t *info = mbedtls_md_info_from_type(MBEDTLS_MD_SHA256);
    if (info == NULL) abort();
    return info;
}

/* mbedTLS fails for wrong arguments or when memory runs out, and either ends the process. */
void sha256(uint8_t out[SHA256_BYTES], const void *data, size_t len) {
    if (mbedtls_md(md_sha256(), data, len, out) != 0) abort();
}

void hmac_sha256(uint8_t out[SHA256_BYTES], const void *key, size_t key_len, const void *data, size_t len) {
    if (mbedtls_md_hmac(md_sha256(), key, key_len, data, len, out) != 0) abort();
}

bool digest_equal(const void *a, const void *b, size_t len) {
    return mbedtls_ct_memcmp(a, b, len) == 0;
}

/* The kernel gives up to 256 bytes at once; more may come in pieces. */
void secure_random(void *out, size_t len) {
    uint8_t *to = out;
    while (len > 0) {
        ssize_t n = getrandom(to, len < 256 ? len : 256, 0);
        if (n <= 0) abort();
        to += n;
        len -= (size_t)n;
    }
}

void secure_wipe(void *data, size_t len) {
    mbedtls_platform_zeroize(data, len);
}
