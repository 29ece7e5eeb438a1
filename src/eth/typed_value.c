/* A value that is read in another way than the wallet read it gives another hash, and so another signer; so each type
 * has the notations that mean one thing only, and nothing is cut, padded or rounded to fit.
 * Owns nothing.
 * Any thread: pure functions. */
#include "typed_value.h"

#include <stdio.h>
#include <string.h>

#include "abi_integer.h"
#include "eth/hex.h"
#include "eth/keccak.h"

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

static bool encode_uint(uint8_t word[32], const struct typed_ref *ref, const json_t *value) {
    return abi_integer_read(word, (struct abi_integer_type){.bits = ref->size}, value);
}

static bool encode_int(uint8_t word[32], const struct typed_ref *ref, const json_t *value) {
    return abi_integer_read(word, (struct abi_integer_type){.bits = ref->size, .is_signed = true}, value);
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
