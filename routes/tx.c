/* GET /tx/:hash: what became of a transaction, and which tokens it moved. The request's coroutine. */
#include "handlers.h"
#include "params.h"
#include "services/chain_service.h"
#include "services/tx_service.h"
#include "transfer_view.h"
#include "views.h"

struct answer {
    struct source source;
    struct tx tx;
};

static void render_address(struct json_out *out, const char *key, bool has, const address *a) {
    if (has) {
        view_address(out, key, a);
    } else {
        json_out_key_null(out, key);
    }
}

/* What only a receipt tells; null without one. */
static void render_receipt(struct json_out *out, const struct tx *tx) {
    const struct receipt *receipt = &tx->receipt;
    const bool has = tx->live && tx->status != TX_PENDING;
    if (has) {
        json_out_key_u64(out, "transaction_index", receipt->index);
    } else {
        json_out_key_null(out, "transaction_index");
    }
    render_address(out, "from", has, &receipt->from);
    render_address(out, "to", has && receipt->has_to, &receipt->to);
    render_address(out, "contract", has && receipt->has_contract, &receipt->contract);
    if (has) {
        view_amount(out, "gas_used", &receipt->gas_used);
    } else {
        json_out_key_null(out, "gas_used");
    }
}

static void render_tx(struct json_out *out, const void *view) {
    static const char *const names[] = {
        [TX_PENDING] = "pending", [TX_SUCCEEDED] = "succeeded", [TX_REVERTED] = "reverted", [TX_MINED] = "mined"};
    const struct answer *answer = view;
    const struct tx *tx = &answer->tx;
    char hash[HASH32_TEXT_BYTES];
    json_out_object_begin(out);
    json_out_key_u64(out, "chain_id", chain_id(answer->source.chain));
    json_out_key_str(out, "hash", hash32_format(hash, &tx->hash));
    json_out_key_str(out, "status", names[tx->status]);
    view_block(out, "block", tx->status != TX_PENDING ? &tx->block : NULL);
    render_receipt(out, tx);
    json_out_key(out, "transfers");
    json_out_array_begin(out);
    for (size_t i = 0; i < tx->n_transfers; i++) view_transfer(out, &tx->transfers[i]);
    json_out_array_end(out);
    json_out_key_str(out, "source", tx->live ? "live" : "indexed");
    json_out_key_bool(out, "indexed", tx->indexed);
    json_out_object_end(out);
}

enum err route_tx(struct request *req, struct response *res) {
    struct answer *answer = arena_alloc(req->task.arena, sizeof *answer);
    if (answer == NULL) return task_fail_memory(&req->task);
    enum err err = params_hash(req, &answer->tx.hash, 0, "hash");
    if (err == ERR_OK) err = params_source(req, &answer->source);
    if (err == ERR_OK) err = tx_service_get(&req->task, &answer->source, &answer->tx);
    if (err != ERR_OK) return err;
    view_now(req, res, render_tx, answer, chain_service_max_age_s(answer->source.chain));
    return ERR_OK;
}
