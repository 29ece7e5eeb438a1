/* GET /chains: the chains that can be asked, for pages that let their user choose. The request's coroutine. */
#include "app.h"
#include "handlers.h"
#include "http/conditional.h"
#include "services/chain_service.h"
#include "views.h"

static void render_chain(struct json_out *out, const struct chain_summary *chain, bool is_default) {
    json_out_object_begin(out);
    json_out_key(out, "id");
    if (chain->id == 0) {
        json_out_null(out);
    } else {
        json_out_u64(out, chain->id);
    }
    json_out_key_str(out, "name", chain->name);
    json_out_key_bool(out, "default", is_default);
    json_out_key(out, "native");
    json_out_object_begin(out);
    json_out_key_str(out, "symbol", chain->native_symbol);
    json_out_key_u64(out, "decimals", chain->native_decimals);
    json_out_object_end(out);
    json_out_key_u64(out, "block_time_ms", chain->block_time_ms);
    view_block(out, "head", chain->has_head ? &chain->head : NULL);
    view_block(out, "safe", chain->has_safe ? &chain->safe : NULL);
    view_block(out, "finalized", chain->has_finalized ? &chain->finalized : NULL);
    json_out_object_end(out);
}

static void render_chains(struct json_out *out, const struct app *app) {
    json_out_object_begin(out);
    json_out_key(out, "items");
    json_out_array_begin(out);
    for (size_t i = 0; i < app->n_chains; i++) {
        struct chain_summary chain;
        chain_service_describe(&chain, app->chains[i]);
        render_chain(out, &chain, i == 0);
    }
    json_out_array_end(out);
    json_out_object_end(out);
}

/* Until the first of them has its next block. */
static unsigned max_age_s(const struct app *app) {
    unsigned least = chain_service_max_age_s(app->chains[0]);
    for (size_t i = 1; i < app->n_chains; i++) {
        unsigned other = chain_service_max_age_s(app->chains[i]);
        if (other < least) least = other;
    }
    return least;
}

/* Rendered at once: the text is short, and its tag is made from all of it. */
enum err route_chains(struct request *req, struct response *res) {
    struct json_out out;
    json_out_init(&out, &res->body);
    render_chains(&out, req->app);
    buf_append_char(&res->body, '\n');
    res->content_type = "application/json";
    conditional_set(req, res, res->body.data, res->body.len, max_age_s(req->app), false);
    return ERR_OK;
}
