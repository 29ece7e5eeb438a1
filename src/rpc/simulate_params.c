/* Both methods take the call and the overrides as the same objects, but not in the same places. Any thread: functions
 * on values. */
#include "simulate_params.h"

#include "core/json_out.h"
#include "eth/hex.h"

static void put_bytes(struct json_out *out, const char *key, const uint8_t *bytes, size_t len) {
    json_out_key(out, key);
    json_out_hex(out, bytes, len);
}

static void put_u256(struct json_out *out, const char *key, const u256 *value) {
    char text[U256_HEX_BYTES];
    (void)u256_to_hex(text, value);
    json_out_key_str(out, key, text);
}

static void put_u64(struct json_out *out, const char *key, uint64_t value) {
    char text[19];
    json_out_key_str(out, key, hex_encode_u64(text, value));
}

/* In: data_key, since eth_call has had another name for it for longer. */
static void put_call(struct json_out *out, const struct simulation *what, const char *data_key) {
    json_out_object_begin(out);
    if (what->has_from) put_bytes(out, "from", what->from.bytes, sizeof(what->from.bytes));
    put_bytes(out, "to", what->to.bytes, sizeof(what->to.bytes));
    if (!u256_is_zero(&what->value)) put_u256(out, "value", &what->value);
    if (what->gas > 0) put_u64(out, "gas", what->gas);
    put_bytes(out, data_key, what->data, what->data_len);
    json_out_object_end(out);
}

static void put_slots(struct json_out *out, const struct account_override *account) {
    char slot[HASH32_TEXT_BYTES], value[HASH32_TEXT_BYTES];
    json_out_key(out, account->replaces_storage ? "state" : "stateDiff");
    json_out_object_begin(out);
    for (size_t i = 0; i < account->n_slots; i++) {
        json_out_key_str(out, hash32_format(slot, &account->slots[i].slot),
                         hash32_format(value, &account->slots[i].value));
    }
    json_out_object_end(out);
}

static void put_overrides(struct json_out *out, const struct simulation *what) {
    char text[2 * sizeof(address) + 3];
    json_out_object_begin(out);
    for (size_t i = 0; i < what->n_overrides; i++) {
        const struct account_override *account = &what->overrides[i];
        json_out_key(out, hex_encode(text, account->account.bytes, sizeof(account->account.bytes)));
        json_out_object_begin(out);
        if (account->has_balance) put_u256(out, "balance", &account->balance);
        if (account->has_nonce) put_u64(out, "nonce", account->nonce);
        if (account->has_code) put_bytes(out, "code", account->code, account->code_len);
        if (account->has_storage) put_slots(out, account);
        json_out_object_end(out);
    }
    json_out_object_end(out);
}

/* By its hash, which a reorg makes unknown. */
static void put_block(struct json_out *out, const struct block_ref *block) {
    char hash[HASH32_TEXT_BYTES];
    json_out_object_begin(out);
    json_out_key_str(out, "blockHash", hash32_format(hash, &block->hash));
    json_out_key_bool(out, "requireCanonical", true);
    json_out_object_end(out);
}

void simulate_params_call(struct buf *buf, const struct simulation *what, const struct block_ref *block) {
    struct json_out out;
    json_out_init(&out, buf);
    json_out_array_begin(&out);
    put_call(&out, what, "data");
    put_block(&out, block);
    if (what->n_overrides > 0) put_overrides(&out, what);
    json_out_array_end(&out);
}

static void put_block_state_call(struct json_out *out, const struct simulation *what) {
    json_out_object_begin(out);
    if (what->n_overrides > 0) {
        json_out_key(out, "stateOverrides");
        put_overrides(out, what);
    }
    json_out_key(out, "calls");
    json_out_array_begin(out);
    put_call(out, what, "input");
    json_out_array_end(out);
    json_out_object_end(out);
}

void simulate_params_v1(struct buf *buf, const struct simulation *what, const struct block_ref *block) {
    struct json_out out;
    json_out_init(&out, buf);
    json_out_array_begin(&out);
    json_out_object_begin(&out);
    json_out_key(&out, "blockStateCalls");
    json_out_array_begin(&out);
    put_block_state_call(&out, what);
    json_out_array_end(&out);
    json_out_object_end(&out);
    put_block(&out, block);
    json_out_array_end(&out);
}
