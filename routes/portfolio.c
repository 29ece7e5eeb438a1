/* GET /balances/:address: every token of the index that an account holds. The request's coroutine. */
#include <string.h>

#include "handlers.h"
#include "page.h"
#include "params.h"
#include "services/portfolio_service.h"
#include "views.h"

struct answer {
    struct source source;
    struct page page;
    address holder;
    struct portfolio portfolio;
};

static void render_item(struct json_out *out, const struct portfolio_item *item) {
    const struct token_summary *token = &item->token;
    json_out_object_begin(out);
    view_address(out, "token", &token->address);
    if (item->err == ERR_OK) {
        view_summary_name(out, token);
        view_summary_units(out, token);
        view_amount(out, "balance", &item->amount);
        view_summary_formatted(out, &item->amount, token);
        json_out_key_str(out, "source", item->live ? "live" : "indexed");
        view_summary_index(out, token);
    } else {
        view_error(out, item->err, item->detail);
    }
    json_out_object_end(out);
}

static void render_portfolio(struct json_out *out, const void *view) {
    const struct answer *answer = view;
    json_out_object_begin(out);
    json_out_key_u64(out, "chain_id", chain_id(answer->source.chain));
    view_address(out, "address", &answer->holder);
    view_block(out, "block", &answer->portfolio.block);
    json_out_key(out, "items");
    json_out_array_begin(out);
    for (size_t i = 0; i < answer->portfolio.n_items; i++) render_item(out, &answer->portfolio.items[i]);
    json_out_array_end(out);
    page_render_next(out, &answer->page);
    json_out_object_end(out);
}

static enum err get(struct request *req, struct answer *answer) {
    address after;
    const bool goes_on = answer->page.goes_on;
    if (goes_on) memcpy(after.bytes, answer->page.cursor.place, sizeof after.bytes);
    return portfolio_service_get(&req->task, &answer->source, &answer->portfolio, &answer->holder,
                                 goes_on ? &after : NULL, answer->page.limit);
}

/* An item that a node failed is worth another try. */
static bool has_failed_item(const struct portfolio *portfolio) {
    for (size_t i = 0; i < portfolio->n_items; i++) {
        if (portfolio->items[i].err != ERR_OK) return true;
    }
    return false;
}

enum err route_portfolio(struct request *req, struct response *res) {
    struct answer *answer = arena_alloc(req->task.arena, sizeof *answer);
    if (answer == NULL) return task_fail_memory(&req->task);
    const address *holder = &answer->holder;
    enum err err = params_address(req, &answer->holder, 0, "address");
    if (err == ERR_OK) err = params_source(req, &answer->source);
    if (err == ERR_OK) {
        err = page_read(req, &answer->page, &answer->source, CURSOR_BALANCES, holder, sizeof *holder, sizeof(address));
    }
    if (err == ERR_OK) err = get(req, answer);
    const struct portfolio *portfolio = &answer->portfolio;
    if (err == ERR_OK && portfolio->more) {
        err = page_set_next(req, res, &answer->page, &portfolio->block, &portfolio->last);
    }
    if (err != ERR_OK) return err;
    view_now(req, res, render_portfolio, answer,
             has_failed_item(portfolio) ? 1 : indexed_max_age_s(&answer->source, &portfolio->block));
    return ERR_OK;
}
