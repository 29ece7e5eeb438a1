/* A value that is read in another way than the wallet read it gives another hash, and so another signer; so each type
 * has the notations that mean one thing only, and nothing is cut, padded or rounded to fit.
 * Owns nothing.
 * Any thread: pure functions. */
#include "typed_value.h"

#include <stdio.h>
#include <string.h>

#include "eth/hex.h"
#include "eth/keccak.h"
#include "eth/u256.h"

/* The last integer up to which no two of them are the same number in JavaScript. */
#define MAX_EXACT 9007199254740991

static bool encode_bool(uint8_t word[32], const struct typed_ref *ref, const json_t *value) {
    (void)ref;
    word[31] = json_is_true(value) ? 1 : 0;
    return json_is_boolean(value);
}

static bool encode_address(uint8_t word[32], const struct typed_ref *ref, const json_t *value) {
    (void)ref;
    address a;
    if (!json_is_string(value)) return false;
    if (address_parse(&a, json_string_value(value), json_string_length(value)) != ERR_OK) return false;
    memcpy(word + 12, a.bytes, sizeof a.bytes);
    return true;
}

static bool encode_fixed_bytes(uint8_t word[32], const struct typed_ref *ref, const json_t *value) {
    const char *text = json_string_value(value);
    return text != NULL && hex_decode_exact(word, ref->size, text, json_string_length(value)) == ERR_OK;
}

static bool encode_bytes(uint8_t word[32], const struct typed_ref *ref, const json_t *value) {
    (void)ref;
    struct keccak hash = {.n = 0};
    const char *text = json_string_value(value);
    size_t len = json_string_length(value);
    if (text == NULL || len < 2 || len % 2 != 0 || memcmp(text, "0x", 2) != 0) return false;
    for (size_t at = 2; at < len;) {
        uint8_t bytes[256];
        size_t n = (len - at) / 2 < sizeof bytes ? (len - at) / 2 : sizeof bytes;
        if (!hex_read(bytes, n, text + at)) return false;
        keccak_add(&hash, bytes, n);
        at += 2 * n;
    }
    keccak_end(word, &hash);
    return true;
}

static bool encode_string(uint8_t word[32], const struct typed_ref *ref, const json_t *value) {
    (void)ref;
    if (!json_is_string(value)) return false;
    keccak256(word, json_string_value(value), json_string_length(value));
    return true;
}

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

static bool read_integer(struct integer *out, const json_t *value) {
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

static bool encode_uint(uint8_t word[32], const struct typed_ref *ref, const json_t *value) {
    struct integer integer;
    if (!read_integer(&integer, value) || integer.is_negative || !fits(&integer.magnitude, ref->size)) return false;
    u256_to_be(word, &integer.magnitude);
    return true;
}

/* In two's complement -n is what n-1 leaves of all ones, and n-1 has as many bits as the greatest positive number. */
static bool encode_int(uint8_t word[32], const struct typed_ref *ref, const json_t *value) {
    static const u256 zero = {{0}}, one = {{1}};
    struct integer integer;
    if (!read_integer(&integer, value)) return false;
    u256 bits = integer.magnitude;
    if (integer.is_negative) {
        (void)u256_sub(&bits, &integer.magnitude, &one);
        (void)u256_sub(&integer.magnitude, &zero, &integer.magnitude);
    }
    if (!fits(&bits, ref->size - 1)) return false;
    u256_to_be(word, &integer.magnitude);
    return true;
}

#define AN_INTEGER "in its range, decimal or 0x in quotes, or a number without a point up to 2^53-1"
#define SOME_BYTES "0x and two hex digits for each byte"

static const struct {
    const char *name; /* without the size */
    bool (*encode)(uint8_t word[32], const struct typed_ref *ref, const json_t *value);
    const char *hint;
} kinds[] = {
    [TYPED_BOOL] = {"bool", encode_bool, "true or false"},
    [TYPED_ADDRESS] = {"address", encode_address, "0x and 40 hex digits, with the checksum if of both cases"},
    [TYPED_UINT] = {"uint", encode_uint, AN_INTEGER},
    [TYPED_INT] = {"int", encode_int, AN_INTEGER},
    [TYPED_FIXED_BYTES] = {"bytes", encode_fixed_bytes, SOME_BYTES},
    [TYPED_BYTES] = {"bytes", encode_bytes, SOME_BYTES},
    [TYPED_STRING] = {"string", encode_string, "text"},
};

bool typed_value_encode(uint8_t word[32], const struct typed_ref *ref, const json_t *value) {
    memset(word, 0, 32);
    return kinds[ref->kind].encode(word, ref, value);
}

const char *typed_value_hint(char out[TYPED_HINT_BYTES], const struct typed_ref *ref) {
    char size[12] = "";
    if (ref->size > 0) (void)snprintf(size, sizeof size, "%u", ref->size);
    (void)snprintf(out, TYPED_HINT_BYTES, "%s%s: %s", kinds[ref->kind].name, size, kinds[ref->kind].hint);
    return out;
}
