/* Hexadecimal digits, for ids and everything that builds on them. Pure, any thread. */
#include "core/hex.h"

#include <endian.h>
#include <string.h>

/* Each digit's value plus one, so that what is not listed reads as "no digit". */
static const int8_t digit_plus_one[256] = {
    ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
    ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
    ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};

int hex_digit(char c) {
    return digit_plus_one[(unsigned char)c] - 1;
}

/* The same byte eight times. */
#define EIGHT(byte) (UINT64_C(0x0101010101010101) * (byte))

/* Reads eight digits into four bytes, all at once. A letter has the bit 0x40, and its low bits count from 1; what comes
 * out is written as digits again to see whether that is what came in. */
static bool read_eight(uint8_t bytes[4], const char *digits) {
    uint64_t text;
    memcpy(&text, digits, sizeof text);
    text = le64toh(text);
    uint64_t letters = text >> 6 & EIGHT(1);
    uint64_t nibbles = (text & EIGHT(0x0f)) + letters * 9;
    uint64_t above_nine = (nibbles + EIGHT(6)) >> 4 & EIGHT(1);
    uint64_t again = nibbles + EIGHT('0') + above_nine * ('a' - '0' - 10);
    uint64_t pairs = (nibbles << 4 | nibbles >> 8) & UINT64_C(0x00ff00ff00ff00ff);
    pairs = (pairs | pairs >> 8) & UINT64_C(0x0000ffff0000ffff);
    uint32_t four = htole32((uint32_t)(pairs | pairs >> 16));
    memcpy(bytes, &four, sizeof four);
    return again == (text | letters << 5) && (nibbles & EIGHT(0xf0)) == 0;
}

/* One test for all digits: a digit that is none leaves a bit that no nibble has. */
bool hex_read(uint8_t *bytes, size_t n, const char *digits) {
    bool valid = true;
    int any = 0;
    size_t i = 0;
    for (; i + 4 <= n; i += 4) valid &= read_eight(bytes + i, digits + 2 * i);
    for (; i < n; i++) {
        int high = hex_digit(digits[2 * i]);
        int low = hex_digit(digits[2 * i + 1]);
        any |= high | low;
        bytes[i] = (uint8_t)((unsigned)high << 4 | (unsigned)low);
    }
    return valid && any >= 0;
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
