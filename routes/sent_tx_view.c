/* Members of a transaction in one order everywhere. Stateless; the request's coroutine. */
#include "sent_tx_view.h"

#include "views.h"

void view_sent_tx_state(struct json_out *out, const struct kept_tx *kept) {
    char hash[HASH32_TEXT_BYTES];
    json_out_key_str(out, "state", kept_tx_state_name(kept->state));
    json_out_key_str(out, "reason", kept->reason);
    json_out_key_bool(out, "final", kept->final);
    json_out_key_str(out, "replaced_by", kept->has_replaced_by ? hash32_format(hash, &kept->replaced_by) : NULL);
}

static void view_recipient(struct json_out *out, const struct kept_tx *kept) {
    json_out_key_null(out, kept->creates ? "to" : "contract");
    view_address(out, kept->creates ? "contract" : "to", &kept->to);
}

static void view_mined(struct json_out *out, const struct kept_tx *kept) {
    const struct kept_tx_block *at = &kept->block;
    const struct block_ref block = {.number = at->number, .hash = at->hash, .timestamp = at->timestamp};
    const u256 gas_used = u256_from_u64(at->gas_used);
    view_block(out, "block", &block);
    json_out_key_u64(out, "index", at->index);
    view_amount(out, "gas_used", &gas_used);
    view_amount(out, "gas_price", &at->gas_price);
}

static void view_not_mined(struct json_out *out) {
    static const char *const members[] = {"block", "index", "gas_used", "gas_price"};
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) json_out_key_null(out, members[i]);
}

void view_sent_tx(struct json_out *out, const struct sent_tx *tx) {
    const struct kept_tx *kept = &tx->kept;
    char hash[HASH32_TEXT_BYTES];
    json_out_object_begin(out);
    json_out_key_u64(out, "chain_id", kept->chain_id);
    json_out_key_str(out, "hash", hash32_format(hash, &kept->hash));
    json_out_key_u64(out, "type", kept->type);
    view_address(out, "from", &kept->sender);
    json_out_key_u64(out, "nonce", kept->nonce);
    view_recipient(out, kept);
    view_amount(out, "value", &kept->value);
    view_sent_tx_state(out, kept);
    if (kept->state == KEPT_TX_CONFIRMED || kept->state == KEPT_TX_REVERTED) {
        view_mined(out, kept);
    } else {
        view_not_mined(out);
    }
    view_piece(out, "revert", &tx->revert);
    json_out_key_u64(out, "created_at", kept->created_at);
    json_out_key_u64(out, "updated_at", kept->updated_at);
    json_out_object_end(out);
}

static void view_step(struct json_out *out, const struct kept_tx_step *step) {
    char hash[HASH32_TEXT_BYTES];
    json_out_object_begin(out);
    json_out_key_u64(out, "at", step->at);
    json_out_key_str(out, "step", step->step);
    if (step->reason != NULL) json_out_key_str(out, "reason", step->reason);
    if (step->has_block) {
        json_out_key(out, "block");
        json_out_object_begin(out);
        json_out_key_u64(out, "number", step->block_number);
        json_out_key_str(out, "hash", hash32_format(hash, &step->block_hash));
        json_out_object_end(out);
    }
    json_out_object_end(out);
}

void view_sent_tx_life(struct json_out *out, const struct kept_tx_step *steps, size_t n) {
    json_out_key(out, "life");
    json_out_array_begin(out);
    for (size_t i = 0; i < n; i++) view_step(out, &steps[i]);
    json_out_array_end(out);
}
