/* PostgreSQL's numeric in its binary format, as far as it holds whole numbers of 256 bits. Owns nothing; any thread.
 *
 * The value is digits[0] * 10000^weight + digits[1] * 10000^(weight - 1) + ...; zeros at either end are left out. */
#include <string.h>

#include "repos/pg_value.h"

enum {
    BASE = 10000,
    MAX_DIGITS = 20, /* 2^256 has 78 decimal digits */
    HEADER_BYTES = 8,
    SIGN_PLUS = 0x0000,
    SIGN_MINUS = 0x4000
};

static void put16(uint8_t *out, unsigned value) {
    out[0] = (uint8_t)(value >> 8);
    out[1] = (uint8_t)value;
}

static unsigned get16(const uint8_t *in) {
    return ((unsigned)in[0] << 8) | in[1];
}

/* Returns the remainder. */
static unsigned divide_by_base(u256 *value) {
    uint64_t rest = 0;
    for (int i = 3; i >= 0; i--) {
        uint64_t high = rest << 32 | value->limb[i] >> 32;
        uint64_t low = high % BASE << 32 | (value->limb[i] & UINT32_MAX);
        value->limb[i] = high / BASE << 32 | low / BASE;
        rest = low % BASE;
    }
    return (unsigned)rest;
}

/* Returns false past 2^256-1. */
static bool times_base_plus(u256 *value, unsigned digit) {
    uint64_t carry = digit;
    for (int i = 0; i < 4; i++) {
        uint64_t low = (value->limb[i] & UINT32_MAX) * BASE + carry;
        uint64_t high = (value->limb[i] >> 32) * BASE + (low >> 32);
        value->limb[i] = high << 32 | (low & UINT32_MAX);
        carry = high >> 32;
    }
    return carry == 0;
}

size_t pg_numeric_write(uint8_t out[PG_NUMERIC_BYTES], const u256 *value) {
    unsigned digits[MAX_DIGITS]; /* the least significant first */
    unsigned n = 0, zeros = 0;
    for (u256 left = *value; !u256_is_zero(&left); n++) digits[n] = divide_by_base(&left);
    while (zeros < n && digits[zeros] == 0) zeros++;
    put16(out, n - zeros);
    put16(out + 2, n > 0 ? n - 1 : 0);
    put16(out + 4, SIGN_PLUS);
    put16(out + 6, 0);
    uint8_t *at = out + HEADER_BYTES;
    for (unsigned i = n; i > zeros; i--, at += 2) put16(at, digits[i - 1]);
    return (size_t)(at - out);
}

/* In: whole, how many digits the number has in front of the point; it ends with zeros where there are fewer. */
static bool read_digits(u256 *out, const uint8_t *at, size_t n, size_t whole) {
    for (size_t i = 0; i < whole; i++) {
        unsigned digit = i < n ? get16(at + 2 * i) : 0;
        if (digit >= BASE || !times_base_plus(out, digit)) return false;
    }
    return true;
}

bool pg_numeric_read(u256 *out, bool *negative, const uint8_t *data, size_t len) {
    if (len < HEADER_BYTES) return false;
    size_t n = get16(data);
    int whole = (int16_t)get16(data + 2) + 1;
    unsigned sign = get16(data + 4);
    if (len != HEADER_BYTES + 2 * n || (sign != SIGN_PLUS && sign != SIGN_MINUS)) return false;
    u256 value = u256_from_u64(0);
    if (n > 0) {
        if (whole > MAX_DIGITS || whole < (int)n) return false;
        if (!read_digits(&value, data + HEADER_BYTES, n, (size_t)whole)) return false;
    }
    *out = value;
    *negative = sign == SIGN_MINUS && !u256_is_zero(&value);
    return true;
}
