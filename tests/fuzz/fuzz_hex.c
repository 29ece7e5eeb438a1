/* Feeds eth/hex any text and any bytes: what decodes must encode back to the same.
 * Owns nothing between inputs.
 * One thread, libFuzzer's or the replay's. */
#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "eth/hex.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *text, size_t len) {
    uint8_t *bytes = malloc(len / 2 + 1);
    char *back = malloc(len + 3);
    size_t n;
    if (hex_decode(bytes, len / 2, &n, text, len) == ERR_OK) {
        assert(len == 2 + 2 * n);
        hex_encode(back, bytes, n);
        for (size_t i = 0; i < len; i++) assert(back[i] == tolower((unsigned char)text[i]));
        assert(hex_decode_exact(bytes, n, text, len) == ERR_OK);
        assert(hex_decode_exact(bytes, n + 1, text, len) != ERR_OK);
        assert(n == 0 || hex_decode(bytes, n - 1, &n, text, len) != ERR_OK);
    }
    free(back);
    free(bytes);
}

static void check_quantity(const char *text, size_t len) {
    uint64_t value, again;
    char back[19];
    if (hex_decode_u64(&value, text, len) != ERR_OK) return;
    hex_encode_u64(back, value);
    assert(strlen(back) <= len);
    assert(hex_decode_u64(&again, back, strlen(back)) == ERR_OK && again == value);
}

static void check_bytes(const uint8_t *data, size_t size) {
    char *text = malloc(2 * size + 3);
    uint8_t *back = malloc(size + 1);
    hex_encode(text, data, size);
    assert(strlen(text) == 2 * size + 2);
    assert(hex_decode_exact(back, size, text, 2 * size + 2) == ERR_OK);
    assert(size == 0 || memcmp(back, data, size) == 0);
    free(back);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    check_text((const char *)data, size);
    check_quantity((const char *)data, size);
    check_bytes(data, size);
    return 0;
}
