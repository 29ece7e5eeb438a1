/* GET /tokens/:token/holders: who holds most of a token. The request's coroutine. */
#include <string.h>

#include "handlers.h"
#include "page.h"
#include "params.h"
#include "services/holder_service.h"
#include "views.h"

/* A place is the last holder's amount and address. */
enum { AMOUNT_BYTES = 32, PLACE_BYTES = AMOUNT_BYTES + sizeof(address), SHARE_DIGITS = 6 };

struct answer {
    struct source source;
    struct page page;
    address token;
    struct holders holders;
};

static void render_share(struct json_out *out, const struct holders *holders, const u256 *amount) {
    char text[U256_FORMATTED_BYTES];
    /* More than there is of it: one of the two is not true, so the share is not known. */
    if (!holders->has_supply || u256_cmp(amount, &holders->supply) > 0) {
        json_out_key_null(out, "share");
        return;
    }
    json_out_key(out, "share");
    json_out_strn(out, text, u256_fraction(text, amount, &holders->supply, SHARE_DIGITS));
}

static void render_items(struct json_out *out, const struct holders *holders) {
    json_out_key(out, "items");
    json_out_array_begin(out);
    for (size_t i = 0; i < holders->page.n_rows; i++) {
        const struct holder_row *row = &holders->page.rows[i];
        json_out_object_begin(out);
        view_address(out, "address", &row->holder);
        view_amount(out, "balance", &row->amount);
        view_summary_formatted(out, &row->amount, &holders->page.token);
        render_share(out, holders, &row->amount);
        json_out_object_end(out);
    }
    json_out_array_end(out);
}

static void render_holders(struct json_out *out, const void *view) {
    const struct answer *answer = view;
    const struct holders *holders = &answer->holders;
    json_out_object_begin(out);
    json_out_key_u64(out, "chain_id", chain_id(answer->source.chain));
    view_address(out, "token", &answer->token);
    view_summary_units(out, &holders->page.token);
    view_amount(out, "total_supply", holders->has_supply ? &holders->supply : NULL);
    view_block(out, "block", &holders->page.tip);
    view_summary_index(out, &holders->page.token);
    render_items(out, holders);
    page_render_next(out, &answer->page);
    json_out_object_end(out);
}

static enum err get(struct request *req, struct answer *answer) {
    const uint8_t *place = answer->page.cursor.place;
    struct holder_place after;
    const bool goes_on = answer->page.goes_on;
    if (goes_on) {
        after.amount = u256_from_be(place);
        memcpy(after.holder.bytes, place + AMOUNT_BYTES, sizeof after.holder.bytes);
    }
    return holder_service_get(&req->task, &answer->source, &answer->holders, &answer->token, goes_on ? &after : NULL,
                              answer->page.limit);
}

static enum err set_next(struct request *req, struct response *res, struct answer *answer) {
    const struct holder_page *page = &answer->holders.page;
    uint8_t place[PLACE_BYTES];
    if (!page->more) return ERR_OK;
    const struct holder_row *last = &page->rows[page->n_rows - 1];
    u256_to_be(place, &last->amount);
    memcpy(place + AMOUNT_BYTES, last->holder.bytes, sizeof last->holder.bytes);
    return page_set_next(req, res, &answer->page, &page->tip, place);
}

enum err route_holders(struct request *req, struct response *res) {
    struct answer *answer = arena_alloc(req->task.arena, sizeof *answer);
    if (answer == NULL) return task_fail_memory(&req->task);
    const address *token = &answer->token;
    enum err err = params_address(req, &answer->token, 0, "token");
    if (err == ERR_OK) err = params_source(req, &answer->source);
    if (err == ERR_OK) {
        err = page_read(req, &answer->page, &answer->source, CURSOR_HOLDERS, token, sizeof *token, PLACE_BYTES);
    }
    if (err == ERR_OK) err = get(req, answer);
    if (err == ERR_OK) err = set_next(req, res, answer);
    if (err != ERR_OK) return err;
    const struct holders *holders = &answer->holders;
    view_now(req, res, render_holders, answer,
             holders->supply_pending ? 1 : indexed_max_age_s(&answer->source, &holders->page.tip));
    return ERR_OK;
}
