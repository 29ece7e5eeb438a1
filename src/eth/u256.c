/* Token amounts are 256 bits wide and never floats: exact arithmetic, decimal text and whole units.
 * Owns nothing; a u256 is a plain value.
 * Any thread: pure functions. */
#include "eth/u256.h"

#include <assert.h>
#include <endian.h>
#include <string.h>

#include "eth/hex.h"

typedef unsigned __int128 u128;

/* Decimal text is made in pieces of 19 digits, the most that fit 64 bits. */
enum { LIMBS = 4, MAX_DIGITS = 78, PIECE_DIGITS = 19 };
static const uint64_t PIECE = 10000000000000000000u; /* 10^19 */

u256 u256_from_u64(uint64_t value) {
    return (u256){{value, 0, 0, 0}};
}

bool u256_is_zero(const u256 *a) {
    return (a->limb[0] | a->limb[1] | a->limb[2] | a->limb[3]) == 0;
}

bool u256_fits_u64(const u256 *a) {
    return (a->limb[1] | a->limb[2] | a->limb[3]) == 0;
}

int u256_cmp(const u256 *a, const u256 *b) {
    for (size_t i = LIMBS; i-- > 0;) {
        if (a->limb[i] != b->limb[i]) return a->limb[i] < b->limb[i] ? -1 : 1;
    }
    return 0;
}

bool u256_add(u256 *out, const u256 *a, const u256 *b) {
    bool carry = false;
    for (size_t i = 0; i < LIMBS; i++) {
        uint64_t sum;
        bool wrapped = __builtin_add_overflow(a->limb[i], b->limb[i], &sum);
        wrapped |= __builtin_add_overflow(sum, (uint64_t)carry, &out->limb[i]);
        carry = wrapped;
    }
    return carry;
}

bool u256_sub(u256 *out, const u256 *a, const u256 *b) {
    bool borrow = false;
    for (size_t i = 0; i < LIMBS; i++) {
        uint64_t difference;
        bool wrapped = __builtin_sub_overflow(a->limb[i], b->limb[i], &difference);
        wrapped |= __builtin_sub_overflow(difference, (uint64_t)borrow, &out->limb[i]);
        borrow = wrapped;
    }
    return borrow;
}

u256 u256_from_be(const uint8_t word[32]) {
    u256 value;
    for (size_t i = 0; i < LIMBS; i++) {
        uint64_t limb;
        memcpy(&limb, word + 32 - 8 * (i + 1), sizeof limb);
        value.limb[i] = be64toh(limb);
    }
    return value;
}

void u256_to_be(uint8_t word[32], const u256 *a) {
    for (size_t i = 0; i < LIMBS; i++) {
        uint64_t limb = htobe64(a->limb[i]);
        memcpy(word + 32 - 8 * (i + 1), &limb, sizeof limb);
    }
}

/* value = value * factor + addend. Returns what did not fit. */
static uint64_t multiply_add(u256 *value, uint64_t factor, uint64_t addend) {
    uint64_t carry = addend;
    for (size_t i = 0; i < LIMBS; i++) {
        u128 product = (u128)value->limb[i] * factor + carry;
        value->limb[i] = (uint64_t)product;
        carry = (uint64_t)(product >> 64);
    }
    return carry;
}

bool u256_mul_u64(u256 *out, const u256 *a, uint64_t b) {
    *out = *a;
    return multiply_add(out, b, 0) != 0;
}

/* value = value / divisor. Returns the remainder. */
static uint64_t divide(u256 *value, uint64_t divisor) {
    uint64_t remainder = 0;
    for (size_t i = LIMBS; i-- > 0;) {
        u128 part = (u128)remainder << 64 | value->limb[i];
        value->limb[i] = (uint64_t)(part / divisor);
        remainder = (uint64_t)(part % divisor);
    }
    return remainder;
}

uint64_t u256_div_u64(u256 *out, const u256 *a, uint64_t b) {
    assert(b != 0);
    *out = *a;
    return divide(out, b);
}

/* Reads eight digits at once: pairs of neighbours become numbers below 100, then one below 10^8. Digits are 0x30 to
 * 0x39, the only bytes whose upper half is 3 both before and after 6 is added. */
static bool read_eight_digits(uint64_t *out, const char *text) {
    const uint64_t high = 0xf0f0f0f0f0f0f0f0, threes = 0x3030303030303030, sixes = 0x0606060606060606;
    uint64_t digits;
    memcpy(&digits, text, sizeof digits);
    digits = le64toh(digits);
    if ((digits & high) != threes || ((digits + sixes) & high) != threes) return false;
    digits -= threes;
    digits = digits * 10 + (digits >> 8); /* in each second byte */
    uint64_t first_and_third = digits & 0x000000ff000000ff, second_and_fourth = digits >> 16 & 0x000000ff000000ff;
    *out =
        (first_and_third * (100 + (UINT64_C(1000000) << 32)) + second_and_fourth * (1 + (UINT64_C(10000) << 32))) >> 32;
    return true;
}

enum err u256_from_dec(u256 *out, const char *text, size_t len) {
    if (len < 1 || len > MAX_DIGITS) return ERR_INVALID_PARAMETER;
    u256 value = {{0}};
    uint64_t piece = 0, scale = 1;
    size_t i = 0;
    for (; len - i >= 8; i += 8) {
        if (!read_eight_digits(&piece, text + i)) return ERR_INVALID_PARAMETER;
        if (multiply_add(&value, 100000000, piece) != 0) return ERR_INVALID_PARAMETER;
    }
    for (piece = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9') return ERR_INVALID_PARAMETER;
        piece = piece * 10 + (uint64_t)(text[i] - '0');
        scale *= 10;
    }
    if (multiply_add(&value, scale, piece) != 0) return ERR_INVALID_PARAMETER;
    *out = value;
    return ERR_OK;
}

enum err u256_from_hex(u256 *out, const char *text, size_t len) {
    if (len < 3 || len > 66 || text[0] != '0' || text[1] != 'x') return ERR_INVALID_PARAMETER;
    u256 value = {{0}};
    for (size_t nibble = 0; nibble < len - 2; nibble++) {
        int digit = hex_digit(text[len - 1 - nibble]);
        if (digit < 0) return ERR_INVALID_PARAMETER;
        value.limb[nibble / 16] |= (uint64_t)digit << (4 * (nibble % 16));
    }
    *out = value;
    return ERR_OK;
}

/* Writes at least min_digits digits of value, the last one just before end. Returns the first one. */
static char *put_digits_before(char *end, uint64_t value, size_t min_digits) {
    static const char pairs[] =
        "00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445"
        "46474849505152535455565758596061626364656667686970717273747576777879808182838485868788899091"
        "9293949596979899";
    char *p = end;
    for (; value >= 100; value /= 100) memcpy(p -= 2, pairs + 2 * (value % 100), 2);
    for (; value != 0; value /= 10) *--p = (char)('0' + value % 10);
    while ((size_t)(end - p) < min_digits) *--p = '0';
    return p;
}

size_t u256_to_dec(char out[U256_DEC_BYTES], const u256 *a) {
    char digits[MAX_DIGITS];
    char *end = digits + sizeof(digits);
    char *first = end;
    u256 rest = *a;
    while (!u256_fits_u64(&rest)) first = put_digits_before(first, divide(&rest, PIECE), PIECE_DIGITS);
    first = put_digits_before(first, rest.limb[0], 1);

    size_t len = (size_t)(end - first);
    memcpy(out, first, len);
    out[len] = '\0';
    return len;
}

size_t u256_to_hex(char out[U256_HEX_BYTES], const u256 *a) {
    uint8_t word[32];
    u256_to_be(word, a);
    size_t zeros = 0;
    while (zeros < 31 && word[zeros] == 0) zeros++;

    hex_encode(out, word + zeros, 32 - zeros);
    size_t len = 2 + 2 * (32 - zeros);
    if (out[2] == '0') { /* half a byte: NUL moves along */
        memmove(out + 2, out + 3, len - 2);
        len--;
    }
    return len;
}

size_t u256_format(char out[U256_FORMATTED_BYTES], const u256 *a, unsigned decimals) {
    assert(decimals <= U256_MAX_DECIMALS);
    char digits[U256_DEC_BYTES];
    size_t n = u256_to_dec(digits, a);
    size_t whole = n > decimals ? n - decimals : 0;         /* digits before the point */
    size_t leading_zeros = n < decimals ? decimals - n : 0; /* between the point and the first digit */
    while (n > whole && digits[n - 1] == '0') n--;

    char *p = out;
    if (whole == 0) *p++ = '0';
    memcpy(p, digits, whole);
    p += whole;
    if (n > whole) {
        *p++ = '.';
        memset(p, '0', leading_zeros);
        p += leading_zeros;
        memcpy(p, digits + whole, n - whole);
        p += n - whole;
    }
    *p = '\0';
    return (size_t)(p - out);
}

/* The next digit of rest / whole, rest being below whole; rest becomes what is left, times ten. */
static char next_digit(u256 *rest, const u256 *whole) {
    uint64_t above = multiply_add(rest, 10, 0); /* what does not fit 256 bits */
    char digit = '0';
    while (above > 0 || u256_cmp(rest, whole) >= 0) {
        if (u256_sub(rest, rest, whole)) above--;
        digit++;
    }
    return digit;
}

size_t u256_fraction(char out[U256_FORMATTED_BYTES], const u256 *part, const u256 *whole, unsigned digits) {
    assert(!u256_is_zero(whole) && u256_cmp(part, whole) <= 0 && digits > 0 && digits <= U256_MAX_DECIMALS);
    bool all = u256_cmp(part, whole) == 0;
    u256 rest = all ? (u256){{0}} : *part;
    char *p = out;
    *p++ = all ? '1' : '0';
    *p++ = '.';
    for (unsigned i = 0; i < digits; i++) *p++ = next_digit(&rest, whole);
    *p = '\0';
    return (size_t)(p - out);
}
