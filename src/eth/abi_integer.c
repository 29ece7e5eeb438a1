/* An integer has one meaning only, and JavaScript's numbers are exact up to 2^53-1: whatever could have been rounded on
 * its way here is refused. Owns nothing.
 * Any thread: pure functions. */
#include "abi_integer.h"

#include <string.h>

#include "eth/u256.h"

/* The last integer up to which no two of them are the same number in JavaScript. */
#define MAX_EXACT 9007199254740991

static const u256 zero = {{0}}, one = {{1}};

struct integer {
    u256 magnitude;
    bool is_negative; /* never of 0 */
};

/* Decimal without leading zeros, or 0x and up to 64 digits. */
static bool read_text(struct integer *out, const char *text, size_t len) {
    if (len > 2 && text[0] == '0') return u256_from_hex(&out->magnitude, text, len) == ERR_OK;
    out->is_negative = len > 0 && text[0] == '-';
    if (out->is_negative) {
        text++;
        len--;
    }
    bool is_zero = len == 1 && text[0] == '0' && !out->is_negative;
    return (is_zero || (len > 0 && text[0] != '0')) && u256_from_dec(&out->magnitude, text, len) == ERR_OK;
}

static bool read_json(struct integer *out, const json_t *value) {
    out->is_negative = false;
    if (json_is_string(value)) return read_text(out, json_string_value(value), json_string_length(value));
    json_int_t number = json_integer_value(value);
    if (!json_is_integer(value) || number > MAX_EXACT || number < -MAX_EXACT) return false;
    out->is_negative = number < 0;
    out->magnitude = u256_from_u64((uint64_t)(number < 0 ? -number : number));
    return true;
}

static bool fits(const u256 *value, unsigned bits) {
    for (unsigned i = 0; i < 4; i++) {
        unsigned low = 64 * i;
        uint64_t outside = bits <= low ? UINT64_MAX : bits - low >= 64 ? 0 : UINT64_MAX << (bits - low);
        if ((value->limb[i] & outside) != 0) return false;
    }
    return true;
}

/* In two's complement -n is what n-1 leaves of all ones, and n-1 has as many bits as the greatest positive number. */
bool abi_integer_read(uint8_t word[ABI_WORD_BYTES], struct abi_integer_type type, const json_t *value) {
    struct integer integer;
    if (!read_json(&integer, value) || (integer.is_negative && !type.is_signed)) return false;
    u256 bits = integer.magnitude;
    if (integer.is_negative) {
        (void)u256_sub(&bits, &integer.magnitude, &one);
        (void)u256_sub(&integer.magnitude, &zero, &integer.magnitude);
    }
    if (!fits(&bits, type.is_signed ? type.bits - 1 : type.bits)) return false;
    u256_to_be(word, &integer.magnitude);
    return true;
}

/* Returns false when it is out of the type's range. */
static bool read_word(struct integer *out, struct abi_integer_type type, const uint8_t word[ABI_WORD_BYTES]) {
    u256 bits = u256_from_be(word);
    out->magnitude = bits;
    out->is_negative = type.is_signed && bits.limb[3] >> 63 != 0;
    if (out->is_negative) {
        (void)u256_sub(&out->magnitude, &zero, &bits);
        (void)u256_sub(&bits, &out->magnitude, &one);
    }
    return fits(&bits, type.is_signed ? type.bits - 1 : type.bits);
}

bool abi_integer_write(struct json_out *out, struct abi_integer_type type, const uint8_t word[ABI_WORD_BYTES]) {
    struct integer integer;
    char text[U256_DEC_BYTES + 3]; /* two quotes and a sign */
    if (!read_word(&integer, type, word)) return false;
    bool is_quoted = type.bits > ABI_NUMBER_BITS;
    char *p = text;
    if (is_quoted) *p++ = '"';
    if (integer.is_negative) *p++ = '-';
    p += u256_to_dec(p, &integer.magnitude);
    if (is_quoted) *p++ = '"';
    json_out_raw(out, text, (size_t)(p - text));
    return true;
}
