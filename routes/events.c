/* GET /contracts/:address/events. The request's coroutine. */
#include "app.h"
#include "event_query.h"
#include "handlers.h"
#include "page.h"
#include "params.h"
#include "views.h"

enum { QUESTION_MAX_BYTES = 128 * 1024 /* an address line is shorter */ };

struct answer {
    struct source source;
    struct event_query query;
    struct page page;
    struct list_place after; /* where the page before ended, if it goes on */
    struct event_list events;
};

static void render_args(struct json_out *out, const struct event_row *row) {
    json_out_key(out, "args");
    if (row->args != NULL) {
        json_out_raw(out, row->args, row->args_len);
    } else {
        json_out_null(out);
    }
}

static void render_topics(struct json_out *out, const struct event_log *log) {
    char text[HASH32_TEXT_BYTES];
    json_out_key(out, "topics");
    json_out_array_begin(out);
    for (unsigned i = 0; i < log->n_topics; i++) json_out_str(out, hash32_format(text, &log->topics[i]));
    json_out_array_end(out);
}

static void render_event(struct json_out *out, const struct event_row *row, const char *signature) {
    const struct log_place *place = &row->log.place;
    const struct block_ref block = {
        .number = place->block_number, .hash = place->block_hash, .timestamp = place->timestamp};
    char hash[HASH32_TEXT_BYTES];
    json_out_object_begin(out);
    view_block(out, "block", &block);
    json_out_key_u64(out, "log_index", place->log_index);
    json_out_key_str(out, "tx_hash", hash32_format(hash, &place->tx_hash));
    json_out_key_str(out, "name", row->name);
    json_out_key_str(out, "signature", signature);
    render_args(out, row);
    render_topics(out, &row->log);
    json_out_key(out, "data");
    json_out_hex(out, row->data, row->data_len);
    json_out_object_end(out);
}

static void render(struct json_out *out, const void *view) {
    const struct answer *answer = view;
    const struct event_page *page = &answer->events.page;
    json_out_object_begin(out);
    json_out_key_u64(out, "chain_id", chain_id(answer->source.chain));
    view_address(out, "address", &answer->query.question.filter.contract);
    view_block(out, "block", &page->block);
    json_out_key(out, "items");
    json_out_array_begin(out);
    for (size_t i = 0; i < page->n_rows; i++) render_event(out, &page->rows[i], answer->events.signatures[i]);
    json_out_array_end(out);
    page_render_next(out, &answer->page);
    json_out_object_end(out);
}

static enum err read_cursor(struct request *req, struct answer *answer) {
    struct buf question;
    buf_init(&question, QUESTION_MAX_BYTES);
    event_query_write(&question, &answer->query.question);
    enum err err = page_read(req, &answer->page, &answer->source, CURSOR_EVENTS, question.data, question.len,
                             PAGE_LOG_PLACE_BYTES);
    buf_free(&question);
    if (err != ERR_OK) return err;
    page_log_place_read(&answer->after, &answer->page);
    return ERR_OK;
}

static enum err read_page(struct request *req, struct response *res, struct answer *answer) {
    const struct event_page *page = &answer->events.page;
    uint8_t place[PAGE_LOG_PLACE_BYTES];
    enum err err =
        event_service_page(&req->task, req->app->abis, &answer->source, &answer->events, &answer->query.question,
                           answer->page.goes_on ? &answer->after : NULL, answer->page.limit);
    if (err != ERR_OK || !page->more) return err;
    page_log_place_write(place, &page->rows[page->n_rows - 1].log.place);
    return page_set_next(req, res, &answer->page, &page->block, place);
}

enum err route_events(struct request *req, struct response *res) {
    struct answer *answer = arena_alloc(req->task.arena, sizeof *answer);
    if (answer == NULL) return task_fail_memory(&req->task);
    enum err err = params_source(req, &answer->source);
    if (err == ERR_OK) err = event_query_read(req, &answer->query);
    if (err == ERR_OK) err = read_cursor(req, answer);
    if (err == ERR_OK) err = read_page(req, res, answer);
    if (err != ERR_OK) return err;
    view_now(req, res, render, answer, indexed_max_age_s(&answer->source, &answer->events.page.block));
    return ERR_OK;
}
