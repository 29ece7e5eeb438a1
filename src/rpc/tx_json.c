/* Nodes agree on the members of a transaction, and on hex for all of them; what is missing or too large is refused.
 * Data goes to the caller's arena.
 * Any thread: functions on a parsed reply. */
#include "tx_json.h"

#include "eth/hex.h"
#include "json_field.h"

static bool read_data(struct tx_read *out, struct arena *arena, const json_t *json) {
    const json_t *input = json_object_get(json, "input");
    const char *text = json_string_value(input);
    size_t len = json_string_length(input);
    if (text == NULL || len < 2) return false;
    size_t cap = (len - 2) / 2;
    uint8_t *bytes = arena_alloc(arena, cap + 1);
    out->data = bytes;
    return bytes != NULL && hex_decode(bytes, cap, &out->data_len, text, len) == ERR_OK;
}

/* null, or left out: it creates a contract. */
static bool read_to(struct tx_read *out, const json_t *json) {
    out->has_to = json_field_is_set(json, "to");
    return !out->has_to || json_field_address(&out->to, json, "to");
}

static bool read_place(struct tx_read *out, const json_t *json) {
    hash32 hash;
    out->in_block = json_field_is_set(json, "blockHash");
    return !out->in_block || json_field_hash(&hash, json, "blockHash");
}

bool tx_json_read(struct tx_read *out, struct arena *arena, const json_t *json, const hash32 *hash) {
    hash32 own;
    *out = (struct tx_read){.known = true};
    return json_is_object(json) && json_field_hash(&own, json, "hash") && hash32_equal(&own, hash) &&
           read_place(out, json) && json_field_address(&out->from, json, "from") && read_to(out, json) &&
           json_field_u64(&out->nonce, json, "nonce") && json_field_u64(&out->gas, json, "gas") &&
           json_field_u256(&out->value, json, "value") && read_data(out, arena, json);
}
