/* One place for what a quantity, a hash and an address look like. Owns nothing.
 * Any thread: pure functions on a parsed reply. */
#include "json_field.h"

#include "eth/hex.h"

bool json_field_is_set(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    return value != NULL && !json_is_null(value);
}

bool json_field_u64(uint64_t *out, const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    return json_is_string(value) && hex_decode_u64(out, json_string_value(value), json_string_length(value)) == ERR_OK;
}

bool json_field_u256(u256 *out, const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    return json_is_string(value) && u256_from_hex(out, json_string_value(value), json_string_length(value)) == ERR_OK;
}

bool json_field_hash(hash32 *out, const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    return json_is_string(value) && hash32_parse(out, json_string_value(value), json_string_length(value)) == ERR_OK;
}

bool json_field_address(address *out, const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    if (!json_is_string(value)) return false;
    return hex_decode_exact(out->bytes, sizeof(out->bytes), json_string_value(value), json_string_length(value)) ==
           ERR_OK;
}
