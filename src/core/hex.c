/* Hexadecimal digits, for ids and everything that builds on them. Pure, any thread. */
#include "core/hex.h"

/* Each digit's value plus one, so that what is not listed reads as "no digit". */
static const int8_t digit_plus_one[256] = {
    ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
    ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
    ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};

int hex_digit(char c) {
    return digit_plus_one[(unsigned char)c] - 1;
}

/* One test for all digits: a digit that is none leaves a bit that no nibble has. */
bool hex_read(uint8_t *bytes, size_t n, const char *digits) {
    int any = 0;
    for (size_t i = 0; i < n; i++) {
        int high = hex_digit(digits[2 * i]);
        int low = hex_digit(digits[2 * i + 1]);
        any |= high | low;
        bytes[i] = (uint8_t)((unsigned)high << 4 | (unsigned)low);
    }
    return any >= 0;
}

char *hex_write(char *out, const uint8_t *bytes, size_t n) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < n; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[2 * n] = '\0';
    return out;
}
