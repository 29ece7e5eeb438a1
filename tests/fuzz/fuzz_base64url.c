/* Feeds core/base64url any text and any bytes: what decodes is spelled in exactly that way.
 * Owns nothing between inputs.
 * One thread, libFuzzer's or the replay's. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base64url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *text, size_t len) {
    size_t cap = len * 3 / 4;
    uint8_t *bytes = malloc(cap + 1);
    char *back = malloc(len + 2);
    long n = base64url_decode(bytes, cap, text, len);
    if (n >= 0) {
        assert((size_t)n == cap);
        assert(base64url_encode(back, bytes, cap) == len && memcmp(back, text, len) == 0);
        assert(n == 0 || base64url_decode(bytes, cap - 1, text, len) == -1);
    }
    free(back);
    free(bytes);
}

static void check_bytes(const uint8_t *data, size_t size) {
    char *text = malloc((size * 4 + 2) / 3 + 1);
    uint8_t *back = malloc(size + 1);
    size_t len = base64url_encode(text, data, size);
    assert(len == (size * 4 + 2) / 3 && strlen(text) == len);
    assert(base64url_decode(back, size, text, len) == (long)size);
    assert(size == 0 || memcmp(back, data, size) == 0);
    free(back);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    check_text((const char *)data, size);
    check_bytes(data, size);
    return 0;
}
