/* Source: execution-apis, eth_sendTransaction. Pure; the request's coroutine. */
#include "unsigned_tx_view.h"

#include "eth/hex.h"
#include "views.h"

enum { QUANTITY_BYTES = 19 };

static void render_u64(struct json_out *out, const char *key, uint64_t value) {
    char text[QUANTITY_BYTES];
    json_out_key_str(out, key, hex_encode_u64(text, value));
}

static void render_u256(struct json_out *out, const char *key, const u256 *value) {
    char text[U256_HEX_BYTES];
    (void)u256_to_hex(text, value);
    json_out_key_str(out, key, text);
}

static void render_data(struct json_out *out, const struct draft *draft) {
    json_out_key(out, "data");
    json_out_hex(out, draft->data, draft->data_len);
}

static void render_fee(struct json_out *out, const struct unsigned_tx *tx) {
    if (!tx->has_base_fee) {
        render_u256(out, "gasPrice", &tx->fee.max_fee);
        return;
    }
    render_u256(out, "maxFeePerGas", &tx->fee.max_fee);
    render_u256(out, "maxPriorityFeePerGas", &tx->fee.priority_fee);
}

static void render_transaction(struct json_out *out, const struct unsigned_tx *tx) {
    const struct draft *draft = &tx->draft;
    json_out_object_begin(out);
    json_out_key_str(out, "type", tx->has_base_fee ? "0x2" : "0x0");
    render_u64(out, "chainId", tx->chain_id);
    if (draft->has_from) {
        view_address(out, "from", &draft->from);
        render_u64(out, "nonce", tx->nonce);
        render_u64(out, "gas", tx->gas);
    }
    if (draft->has_to) view_address(out, "to", &draft->to);
    render_u256(out, "value", &draft->value);
    render_data(out, draft);
    render_fee(out, tx);
    json_out_object_end(out);
}

void unsigned_tx_view(struct json_out *out, const struct unsigned_tx *tx) {
    render_data(out, &tx->draft);
    view_amount(out, "value", &tx->draft.value);
    json_out_key(out, "transaction");
    render_transaction(out, tx);
}
