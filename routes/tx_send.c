/* POST /tx: takes a signed transaction and sends it to the nodes. The request's coroutine. */
#include "app.h"
#include "handlers.h"
#include "params.h"
#include "sent_tx_view.h"
#include "services/tx_send_service.h"
#include "tx_body.h"

static void render(struct json_out *out, const void *view) {
    view_sent_tx(out, view);
}

/* The chain that was asked for, or the one of all that the transaction is for. */
static enum err choose(struct request *req, struct source *out, const struct transaction *tx) {
    const struct app *app = req->app;
    struct slice chain;
    size_t i;
    if (request_query(req, &chain, "chain")) {
        enum err err = params_source(req, out);
        return err == ERR_OK ? tx_send_choose(&req->task, &out->chain, 1, tx, &i) : err;
    }
    enum err err = tx_send_choose(&req->task, app->chains, app->n_chains, tx, &i);
    if (err == ERR_OK) *out = params_source_of(app, i);
    return err;
}

/* Without a chain, GET /tx/:hash asks the first one. */
static void set_location(const struct request *req, struct response *res, const struct source *source,
                         const hash32 *hash) {
    char text[HASH32_TEXT_BYTES];
    (void)hash32_format(text, hash);
    if (source->chain == req->app->chains[0]) {
        response_headerf(res, "Location", "/tx/%s", text);
    } else {
        response_headerf(res, "Location", "/tx/%s?chain=%llu", text, (unsigned long long)chain_id(source->chain));
    }
}

enum err route_tx_send(struct request *req, struct response *res) {
    struct sent_tx *sent = arena_alloc(req->task.arena, sizeof *sent);
    struct transaction *tx = arena_alloc(req->task.arena, sizeof *tx);
    struct tx_sending what = {.tx = tx, .nodes = (unsigned)req->app->config->tx_nodes, .abis = req->app->abis};
    struct source source;
    bool fresh;
    if (sent == NULL || tx == NULL) return task_fail_memory(&req->task);
    enum err err = tx_body_read(req, &what.raw, &what.len);
    if (err == ERR_OK) err = tx_send_decode(&req->task, tx, what.raw, what.len);
    if (err == ERR_OK) err = choose(req, &source, tx);
    if (err == ERR_OK) err = tx_send_service_send(&req->task, &source, sent, &fresh, &what);
    if (err != ERR_OK) return err;
    res->status = fresh ? 202 : 200;
    set_location(req, res, &source, &tx->hash);
    response_json(res, render, sent);
    return ERR_OK;
}
