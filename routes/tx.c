/* GET /tx/:hash: what became of a transaction, what it called, and which tokens it moved. The request's coroutine. */
#include "app.h"
#include "handlers.h"
#include "params.h"
#include "sent_tx_view.h"
#include "services/chain_service.h"
#include "services/tx_service.h"
#include "transfer_view.h"
#include "views.h"

struct answer {
    struct source source;
    struct tx tx;
};

/* What a receipt tells. */
static void render_receipt(struct json_out *out, const struct receipt *receipt) {
    json_out_key_u64(out, "transaction_index", receipt->index);
    view_address(out, "from", &receipt->from);
    view_address(out, "to", receipt->has_to ? &receipt->to : NULL);
    view_address(out, "contract", receipt->has_contract ? &receipt->contract : NULL);
    view_amount(out, "gas_used", &receipt->gas_used);
}

/* The same without one: null, but for what was sent here. */
static void render_notes(struct json_out *out, const struct tx *tx) {
    const struct kept_tx *kept = &tx->kept;
    const u256 gas_used = u256_from_u64(kept->block.gas_used);
    const bool mined = tx->origin == TX_KEPT && (tx->status == TX_SUCCEEDED || tx->status == TX_REVERTED);
    if (mined) {
        json_out_key_u64(out, "transaction_index", kept->block.index);
    } else {
        json_out_key_null(out, "transaction_index");
    }
    view_address(out, "from", tx->sent_here ? &kept->sender : NULL);
    view_address(out, "to", tx->sent_here && !kept->creates ? &kept->to : NULL);
    view_address(out, "contract", tx->sent_here && kept->creates ? &kept->to : NULL);
    view_amount(out, "gas_used", mined ? &gas_used : NULL);
}

static void render_meaning(struct json_out *out, const struct tx *tx) {
    view_piece(out, "call", &tx->meaning.call);
    view_piece(out, "events", &tx->meaning.events);
    view_piece(out, "revert", &tx->meaning.revert);
    if (!tx->sent_here) return;
    view_sent_tx_state(out, &tx->kept);
    view_sent_tx_life(out, tx->life, tx->n_steps);
}

static void render_tx(struct json_out *out, const void *view) {
    static const char *const names[] = {[TX_PENDING] = "pending",
                                        [TX_SUCCEEDED] = "succeeded",
                                        [TX_REVERTED] = "reverted",
                                        [TX_MINED] = "mined",
                                        [TX_UNMINED] = "unmined"};
    static const char *const origins[] = {[TX_LIVE] = "live", [TX_INDEXED] = "indexed", [TX_KEPT] = "kept"};
    const struct answer *answer = view;
    const struct tx *tx = &answer->tx;
    const bool mined = tx->status != TX_PENDING && tx->status != TX_UNMINED;
    char hash[HASH32_TEXT_BYTES];
    json_out_object_begin(out);
    json_out_key_u64(out, "chain_id", chain_id(answer->source.chain));
    json_out_key_str(out, "hash", hash32_format(hash, &tx->hash));
    json_out_key_str(out, "status", names[tx->status]);
    view_block(out, "block", mined ? &tx->block : NULL);
    if (tx->origin == TX_LIVE && mined) {
        render_receipt(out, &tx->receipt);
    } else {
        render_notes(out, tx);
    }
    json_out_key(out, "transfers");
    json_out_array_begin(out);
    for (size_t i = 0; i < tx->n_transfers; i++) view_transfer(out, &tx->transfers[i]);
    json_out_array_end(out);
    render_meaning(out, tx);
    json_out_key_str(out, "source", origins[tx->origin]);
    json_out_key_bool(out, "indexed", tx->indexed);
    json_out_object_end(out);
}

/* What is followed here may move before the next block comes. */
static unsigned max_age_s(const struct answer *answer) {
    const struct tx *tx = &answer->tx;
    return tx->sent_here && !tx->kept.final ? 1 : chain_service_max_age_s(answer->source.chain);
}

enum err route_tx(struct request *req, struct response *res) {
    struct answer *answer = arena_alloc(req->task.arena, sizeof *answer);
    if (answer == NULL) return task_fail_memory(&req->task);
    enum err err = params_hash(req, &answer->tx.hash, 0, "hash");
    if (err == ERR_OK) err = params_source(req, &answer->source);
    if (err == ERR_OK) err = tx_service_get(&req->task, req->app->abis, &answer->source, &answer->tx);
    if (err != ERR_OK) return err;
    view_now(req, res, render_tx, answer, max_age_s(answer));
    return ERR_OK;
}
