/* GET /contracts/:address/state and GET /contracts/:address/state/:id: what watched calls answered, now, at a block and
 * ever. The request's coroutine. */
#include <string.h>

#include "account.h"
#include "app.h"
#include "core/decimal.h"
#include "handlers.h"
#include "page.h"
#include "params.h"
#include "services/indexed.h"
#include "views.h"
#include "watch_view.h"

enum { NUMBER_BYTES = 8, PLACE_BYTES = NUMBER_BYTES + sizeof(hash32), SHOWN_BYTES = 80 };

struct states {
    struct source source;
    struct watch_question question;
    struct watch_readings readings;
};

struct past {
    struct source source;
    address contract;
    uuid id;
    struct page page;
    struct watch_past past;
};

static void render_states(struct json_out *out, const void *view) {
    const struct states *states = view;
    const struct watch_page *page = &states->readings.page;
    json_out_object_begin(out);
    json_out_key_u64(out, "chain_id", chain_id(states->source.chain));
    view_address(out, "address", &states->question.contract);
    view_block(out, "block", &page->block);
    json_out_key(out, "items");
    json_out_array_begin(out);
    for (size_t i = 0; i < page->n_rows; i++) {
        json_out_object_begin(out);
        watch_view_members(out, &page->rows[i].watch);
        json_out_key(out, "state");
        watch_view_reading(out, &states->readings.list[i]);
        json_out_object_end(out);
    }
    json_out_array_end(out);
    json_out_object_end(out);
}

static enum err read_block(struct request *req, struct watch_question *out) {
    struct slice text;
    out->has_block = request_query(req, &text, "block");
    if (!out->has_block || decimal_parse_u64(&out->block, text.p, text.len)) return ERR_OK;
    return task_fail(&req->task, ERR_INVALID_PARAMETER, "block \"%.*s\" is not a block number",
                     (int)(text.len < SHOWN_BYTES ? text.len : SHOWN_BYTES), text.p);
}

static enum err read_watch(struct request *req, struct watch_question *out) {
    struct slice text;
    out->has_id = request_query(req, &text, "watch");
    if (!out->has_id || uuid_parse(&out->id, text.p, text.len) == ERR_OK) return ERR_OK;
    return task_fail(&req->task, ERR_INVALID_PARAMETER, "watch is not a UUID");
}

enum err route_states(struct request *req, struct response *res) {
    struct states *states = arena_alloc(req->task.arena, sizeof *states);
    if (states == NULL) return task_fail_memory(&req->task);
    enum err err = params_address(req, &states->question.contract, 0, "address");
    if (err == ERR_OK) err = params_source(req, &states->source);
    if (err == ERR_OK) err = read_block(req, &states->question);
    if (err == ERR_OK) err = read_watch(req, &states->question);
    if (err == ERR_OK) {
        err = watch_service_states(&req->task, req->app->abis, &states->source, &states->readings, &states->question);
    }
    if (err != ERR_OK) return err;
    view_now(req, res, render_states, states, indexed_max_age_s(&states->source, &states->readings.page.block));
    return ERR_OK;
}

static void render_past(struct json_out *out, const void *view) {
    const struct past *past = view;
    const struct watch_history *history = &past->past.history;
    json_out_object_begin(out);
    json_out_key_u64(out, "chain_id", chain_id(past->source.chain));
    view_address(out, "address", &past->contract);
    view_block(out, "block", &history->block);
    watch_view_members(out, &history->watch);
    json_out_key(out, "items");
    json_out_array_begin(out);
    for (size_t i = 0; i < history->n_states; i++) watch_view_reading(out, &past->past.list[i]);
    json_out_array_end(out);
    page_render_next(out, &past->page);
    json_out_object_end(out);
}

static void read_place(struct watch_place *out, const uint8_t *place) {
    out->first_block = cursor_get(&place, NUMBER_BYTES);
    memcpy(out->first_hash.bytes, place, sizeof out->first_hash.bytes);
}

static enum err set_next(struct request *req, struct response *res, struct past *past) {
    const struct watch_history *history = &past->past.history;
    const struct block_ref *first = &history->states[history->n_states - 1].first;
    uint8_t place[PLACE_BYTES];
    memcpy(cursor_put(place, first->number, NUMBER_BYTES), first->hash.bytes, sizeof first->hash.bytes);
    return page_set_next(req, res, &past->page, &history->block, place);
}

static enum err read_page(struct request *req, struct response *res, struct past *past) {
    uint8_t filter[sizeof past->contract + sizeof past->id];
    struct watch_place after;
    memcpy(filter, past->contract.bytes, sizeof past->contract);
    memcpy(filter + sizeof past->contract, past->id.bytes, sizeof past->id);
    enum err err = page_read(req, &past->page, &past->source, CURSOR_STATES, filter, sizeof filter, PLACE_BYTES);
    if (err != ERR_OK) return err;
    read_place(&after, past->page.cursor.place);
    err = watch_service_history(&req->task, req->app->abis, &past->source, &past->past, &past->contract, &past->id,
                                past->page.goes_on ? &after : NULL, past->page.limit);
    return err == ERR_OK && past->past.history.more ? set_next(req, res, past) : err;
}

enum err route_state_history(struct request *req, struct response *res) {
    struct past *past = arena_alloc(req->task.arena, sizeof *past);
    if (past == NULL) return task_fail_memory(&req->task);
    enum err err = params_address(req, &past->contract, 0, "address");
    if (err == ERR_OK) err = account_id(req, &past->id, 1, "the watch");
    if (err == ERR_OK) err = params_source(req, &past->source);
    if (err == ERR_OK) err = read_page(req, res, past);
    if (err != ERR_OK) return err;
    view_now(req, res, render_past, past, indexed_max_age_s(&past->source, &past->past.history.block));
    return ERR_OK;
}
