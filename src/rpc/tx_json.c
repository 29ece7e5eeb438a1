/* Nodes agree on the members of a transaction, and on hex for all of them; what is missing or too large is refused.
 * Data goes to the caller's arena.
 * Any thread: functions on a parsed reply. */
#include "tx_json.h"

#include "eth/hex.h"

/* The text of a member, or NULL. */
static const char *text_of(const json_t *json, const char *key, size_t *len) {
    const json_t *value = json_object_get(json, key);
    *len = json_string_length(value);
    return json_string_value(value);
}

static bool read_hash(hash32 *out, const json_t *json, const char *key) {
    size_t len;
    const char *text = text_of(json, key, &len);
    return text != NULL && hash32_parse(out, text, len) == ERR_OK;
}

static bool read_address(address *out, const json_t *json, const char *key) {
    size_t len;
    const char *text = text_of(json, key, &len);
    return text != NULL && hex_decode_exact(out->bytes, sizeof(out->bytes), text, len) == ERR_OK;
}

static bool read_u64(uint64_t *out, const json_t *json, const char *key) {
    size_t len;
    const char *text = text_of(json, key, &len);
    return text != NULL && hex_decode_u64(out, text, len) == ERR_OK;
}

static bool read_u256(u256 *out, const json_t *json, const char *key) {
    size_t len;
    const char *text = text_of(json, key, &len);
    return text != NULL && u256_from_hex(out, text, len) == ERR_OK;
}

static bool read_data(struct tx_read *out, struct arena *arena, const json_t *json) {
    size_t len;
    const char *text = text_of(json, "input", &len);
    if (text == NULL || len < 2) return false;
    size_t cap = (len - 2) / 2;
    uint8_t *bytes = arena_alloc(arena, cap + 1);
    out->data = bytes;
    return bytes != NULL && hex_decode(bytes, cap, &out->data_len, text, len) == ERR_OK;
}

/* null, or left out: it creates a contract. */
static bool read_to(struct tx_read *out, const json_t *json) {
    const json_t *to = json_object_get(json, "to");
    out->has_to = to != NULL && !json_is_null(to);
    return !out->has_to || read_address(&out->to, json, "to");
}

static bool read_place(struct tx_read *out, const json_t *json) {
    const json_t *block = json_object_get(json, "blockHash");
    hash32 hash;
    out->in_block = block != NULL && !json_is_null(block);
    return !out->in_block || read_hash(&hash, json, "blockHash");
}

bool tx_json_read(struct tx_read *out, struct arena *arena, const json_t *json, const hash32 *hash) {
    hash32 own;
    *out = (struct tx_read){.known = true};
    return json_is_object(json) && read_hash(&own, json, "hash") && hash32_equal(&own, hash) && read_place(out, json) &&
           read_address(&out->from, json, "from") && read_to(out, json) && read_u64(&out->nonce, json, "nonce") &&
           read_u64(&out->gas, json, "gas") && read_u256(&out->value, json, "value") && read_data(out, arena, json);
}
