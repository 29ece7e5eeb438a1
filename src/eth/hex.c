/* The one place that reads and writes 0x text: everything on JSON-RPC travels as it.
 * Owns nothing; callers bring input and output.
 * Any thread: pure functions. */
#include "eth/hex.h"

#include <string.h>

static bool has_prefix(const char *text, size_t len) {
    return len >= 2 && text[0] == '0' && text[1] == 'x';
}

enum err hex_decode_exact(uint8_t *out, size_t n, const char *text, size_t len) {
    if (!has_prefix(text, len) || len % 2 != 0 || (len - 2) / 2 != n) return ERR_INVALID_PARAMETER;
    return hex_read(out, n, text + 2) ? ERR_OK : ERR_INVALID_PARAMETER;
}

enum err hex_decode(uint8_t *out, size_t cap, size_t *n, const char *text, size_t len) {
    if (len < 2 || (len - 2) / 2 > cap) return ERR_INVALID_PARAMETER;
    enum err err = hex_decode_exact(out, (len - 2) / 2, text, len);
    if (err == ERR_OK) *n = (len - 2) / 2;
    return err;
}

enum err hex_decode_u64(uint64_t *out, const char *text, size_t len) {
    if (!has_prefix(text, len) || len < 3 || len > 18) return ERR_INVALID_PARAMETER;
    uint64_t value = 0;
    for (size_t i = 2; i < len; i++) {
        int digit = hex_digit(text[i]);
        if (digit < 0) return ERR_INVALID_PARAMETER;
        value = value << 4 | (uint64_t)digit;
    }
    *out = value;
    return ERR_OK;
}

char *hex_encode(char *out, const uint8_t *bytes, size_t n) {
    memcpy(out, "0x", 2);
    (void)hex_write(out + 2, bytes, n);
    return out;
}

char *hex_encode_u64(char *out, uint64_t value) {
    size_t n = 1;
    while (n < 16 && value >> (4 * n) != 0) n++;

    memcpy(out, "0x", 2);
    for (size_t i = 0; i < n; i++) out[2 + i] = "0123456789abcdef"[value >> (4 * (n - 1 - i)) & 15];
    out[2 + n] = '\0';
    return out;
}
