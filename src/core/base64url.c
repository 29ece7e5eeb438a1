/* Keys, MACs and tokens travel as text, and there must be one text only for each: a second spelling of a token would
 * slip past whatever compares texts.
 * Owns nothing.
 * Any thread: pure functions. */
#include "core/base64url.h"

#include <stdint.h>

/* Each character's value plus one, so that what is not listed reads as "none". */
static const int8_t value_plus_one[256] = {
    ['A'] = 1,  ['B'] = 2,  ['C'] = 3,  ['D'] = 4,  ['E'] = 5,  ['F'] = 6,  ['G'] = 7,  ['H'] = 8,
    ['I'] = 9,  ['J'] = 10, ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16,
    ['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22, ['W'] = 23, ['X'] = 24,
    ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28, ['c'] = 29, ['d'] = 30, ['e'] = 31, ['f'] = 32,
    ['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36, ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40,
    ['o'] = 41, ['p'] = 42, ['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48,
    ['w'] = 49, ['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56,
    ['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62, ['-'] = 63, ['_'] = 64,
};

size_t base64url_encode(char *out, const void *data, size_t len) {
    static const char characters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const uint8_t *bytes = data;
    uint32_t bits = 0;
    unsigned n_bits = 0;
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        bits = bits << 8 | bytes[i];
        for (n_bits += 8; n_bits >= 6; n_bits -= 6) out[n++] = characters[bits >> (n_bits - 6) & 63];
    }
    if (n_bits > 0) out[n++] = characters[bits << (6 - n_bits) & 63];
    out[n] = '\0';
    return n;
}

/* What is left of the last character belongs to no byte, and is zero in the one right spelling. A single character
 * beyond the last byte leaves six bits, which even as zeros are too many. */
long base64url_decode(void *out, size_t cap, const char *text, size_t len) {
    if (len % 4 == 1 || len / 4 * 3 + len % 4 * 3 / 4 > cap) return -1;
    uint8_t *bytes = out;
    uint32_t bits = 0;
    unsigned n_bits = 0;
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        int value = value_plus_one[(unsigned char)text[i]] - 1;
        if (value < 0) return -1;
        bits = bits << 6 | (uint32_t)value;
        n_bits += 6;
        if (n_bits < 8) continue;
        n_bits -= 8;
        bytes[n++] = (uint8_t)(bits >> n_bits);
    }
    return (bits & ((1U << n_bits) - 1)) == 0 ? (long)n : -1;
}
