/* GET /transactions/:address: what was sent here by an account, to it, or that has created it. The request's coroutine.
 */
#include "app.h"
#include "handlers.h"
#include "page.h"
#include "params.h"
#include "sent_tx_view.h"
#include "views.h"

enum { PLACE_BYTES = 8, MAX_AGE_S = 1 /* any of them may move at any moment */ };

struct answer {
    struct source source;
    address account;
    struct page page;
    struct sent_tx *txs;
    size_t n;
    bool more;
};

static void render(struct json_out *out, const void *view) {
    const struct answer *answer = view;
    json_out_object_begin(out);
    json_out_key_u64(out, "chain_id", chain_id(answer->source.chain));
    view_address(out, "address", &answer->account);
    json_out_key(out, "items");
    json_out_array_begin(out);
    for (size_t i = 0; i < answer->n; i++) view_sent_tx(out, &answer->txs[i]);
    json_out_array_end(out);
    page_render_next(out, &answer->page);
    json_out_object_end(out);
}

/* The id of the last one shown; 0 before the first page. */
static int64_t place_of(const struct page *page) {
    const uint8_t *p = page->cursor.place;
    const uint64_t id = page->goes_on ? cursor_get(&p, PLACE_BYTES) : 0;
    return id <= INT64_MAX ? (int64_t)id : 0;
}

static enum err set_next(struct request *req, struct response *res, struct answer *answer) {
    static const struct block_ref no_block;
    uint8_t place[PLACE_BYTES];
    if (!answer->more) return ERR_OK;
    (void)cursor_put(place, (uint64_t)answer->txs[answer->n - 1].kept.id, PLACE_BYTES);
    return page_set_next(req, res, &answer->page, &no_block, place);
}

enum err route_transactions(struct request *req, struct response *res) {
    struct answer *answer = arena_alloc(req->task.arena, sizeof *answer);
    uint64_t id;
    if (answer == NULL) return task_fail_memory(&req->task);
    enum err err = params_address(req, &answer->account, 0, "address");
    if (err == ERR_OK) err = params_source(req, &answer->source);
    if (err == ERR_OK) err = sent_tx_begin(&req->task, &answer->source, &id);
    if (err == ERR_OK) {
        err = page_read(req, &answer->page, &answer->source, CURSOR_TRANSACTIONS, answer->account.bytes,
                        sizeof answer->account.bytes, PLACE_BYTES);
    }
    if (err != ERR_OK) return err;
    err = sent_tx_page(&req->task, req->app->abis, &answer->source, &answer->txs, &answer->n, &answer->more,
                       &answer->account, place_of(&answer->page), answer->page.limit);
    if (err == ERR_OK) err = set_next(req, res, answer);
    if (err == ERR_OK) view_now(req, res, render, answer, MAX_AGE_S);
    return err;
}
