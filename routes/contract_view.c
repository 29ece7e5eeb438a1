/* Contracts as clients see them. Pure; the request's coroutine. */
#include "contract_view.h"

#include "eth/abi_read.h"
#include "views.h"

enum { SIGNATURE_MAX_BYTES = 1024 * 1024 };

static void render_members(struct json_out *out, const struct contract_row *row) {
    json_out_key_u64(out, "chain_id", row->chain_id);
    view_address(out, "address", &row->address);
    json_out_key_str(out, "name", row->name);
    json_out_key_bool(out, "proxy", row->proxy);
    view_address(out, "implementation", row->has_implementation ? &row->implementation : NULL);
    json_out_key_bool(out, "events", row->events);
    if (row->has_from_block) {
        json_out_key_u64(out, "from_block", row->from_block);
    } else {
        json_out_key_null(out, "from_block");
    }
    json_out_key_bool(out, "configured", row->configured);
    json_out_key_u64(out, "version", (uint64_t)row->version);
    json_out_key_u64(out, "created_at", row->created_at);
    json_out_key_u64(out, "updated_at", row->updated_at);
}

void contract_view(struct json_out *out, const struct contract_row *row) {
    json_out_object_begin(out);
    render_members(out, row);
    json_out_object_end(out);
}

static void render_signatures(struct json_out *out, const struct abi *abi, enum abi_item_kind kind, const char *key) {
    struct buf text;
    buf_init(&text, SIGNATURE_MAX_BYTES);
    json_out_key(out, key);
    json_out_array_begin(out);
    for (size_t i = 0; i < abi->n_items; i++) {
        if (abi->items[i].kind != kind) continue;
        buf_clear(&text);
        abi_write_signature(&text, &abi->items[i]);
        json_out_strn(out, text.data, text.len);
    }
    json_out_array_end(out);
    buf_free(&text);
}

void contract_view_whole(struct json_out *out, const struct contract_row *row, const struct abi *abi) {
    json_out_object_begin(out);
    render_members(out, row);
    json_out_key(out, "abi");
    json_out_raw(out, row->abi, row->abi_len);
    json_out_key(out, "signatures");
    json_out_object_begin(out);
    render_signatures(out, abi, ABI_ITEM_CONSTRUCTOR, "constructors");
    render_signatures(out, abi, ABI_ITEM_FUNCTION, "functions");
    render_signatures(out, abi, ABI_ITEM_EVENT, "events");
    render_signatures(out, abi, ABI_ITEM_ERROR, "errors");
    json_out_object_end(out);
    json_out_object_end(out);
}
