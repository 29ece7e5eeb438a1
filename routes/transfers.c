/* GET /transfers, /transfers/:address and /tokens/:token/transfers: the same list with three filters, as JSON or CSV,
 * by page or, as CSV, all of it. The request's coroutine. */
#include <string.h>

#include "handlers.h"
#include "http/accept.h"
#include "http/conditional.h"
#include "http/stream.h"
#include "page.h"
#include "params.h"
#include "services/transfer_service.h"
#include "transfer_query.h"
#include "transfer_view.h"
#include "views.h"

enum { CSV_ROW_BYTES = 4096 /* a symbol has at most 255 bytes; all else is short */ };

static const char csv_type[] = "text/csv; charset=utf-8";

struct answer {
    struct source source;
    struct transfer_filter filter;
    struct page page;
    struct list_place after; /* where the page before ended, if it goes on */
    struct transfer_page transfers;
};

static void render_json(struct json_out *out, const void *view) {
    const struct answer *answer = view;
    json_out_object_begin(out);
    json_out_key_u64(out, "chain_id", chain_id(answer->source.chain));
    view_block(out, "block", &answer->transfers.block);
    json_out_key(out, "items");
    json_out_array_begin(out);
    for (size_t i = 0; i < answer->transfers.n_rows; i++) view_transfer(out, &answer->transfers.rows[i]);
    json_out_array_end(out);
    page_render_next(out, &answer->page);
    json_out_object_end(out);
}

/* CSV has no place for the block that it is true at. */
static void set_block_headers(struct response *res, const struct block_ref *block) {
    char hash[HASH32_TEXT_BYTES];
    response_headerf(res, "X-Block-Number", "%llu", (unsigned long long)block->number);
    response_header(res, "X-Block-Hash", hash32_format(hash, &block->hash));
}

static void answer_csv_page(struct request *req, struct response *res, const struct answer *answer,
                            unsigned max_age_s) {
    struct csv_out out;
    csv_out_init(&out, &res->body);
    view_transfer_csv_header(&out);
    for (size_t i = 0; i < answer->transfers.n_rows; i++) view_transfer_csv(&out, &answer->transfers.rows[i]);
    set_block_headers(res, &answer->transfers.block);
    res->content_type = csv_type;
    conditional_set(req, res, res->body.data, res->body.len, max_age_s, false);
}

static const struct list_place *place_of(const struct answer *answer) {
    return answer->page.goes_on ? &answer->after : NULL;
}

static enum err read_page(struct request *req, struct response *res, struct answer *answer) {
    struct transfer_page *page = &answer->transfers;
    uint8_t place[PAGE_LOG_PLACE_BYTES];
    enum err err =
        transfer_service_page(&req->task, &answer->source, page, &answer->filter, place_of(answer), answer->page.limit);
    if (err != ERR_OK || !page->more) return err;
    page_log_place_write(place, &page->rows[page->n_rows - 1].log.place);
    return page_set_next(req, res, &answer->page, &page->block, place);
}

static enum err answer_page(struct request *req, struct response *res, struct answer *answer, bool csv) {
    enum err err = read_page(req, res, answer);
    if (err != ERR_OK) return err;
    unsigned max_age_s = indexed_max_age_s(&answer->source, &answer->transfers.block);
    if (csv) {
        answer_csv_page(req, res, answer, max_age_s);
    } else {
        view_now(req, res, render_json, answer, max_age_s);
    }
    return ERR_OK;
}

/* --- all of it, as CSV --- */

struct export {
    struct response *res;
    struct stream *stream;
    struct buf row;
    struct csv_out out;
};

static enum err send_row(struct task *task, struct export *export) {
    if (export->row.failed) return task_fail(task, ERR_INTERNAL, "a row of CSV is longer than %d bytes", CSV_ROW_BYTES);
    enum err err = stream_write(export->stream, export->row.data, export->row.len);
    buf_clear(&export->row);
    return err;
}

static enum err begin_export(struct task *task, void *arg, const struct transfer_page *head) {
    struct export *export = arg;
    set_block_headers(export->res, &head->block);
    view_transfer_csv_header(&export->out);
    return send_row(task, export);
}

static enum err export_row(struct task *task, void *arg, const struct transfer_row *row) {
    struct export *export = arg;
    view_transfer_csv(&export->out, row);
    return send_row(task, export);
}

struct export_arg {
    struct answer *answer;
    struct response *res;
};

static enum err write_export(struct request *req, struct stream *stream, void *arg) {
    const struct export_arg *what = arg;
    struct answer *answer = what->answer;
    struct export export = {.res = what->res, .stream = stream};
    const struct transfer_sink sink = {.begin = begin_export, .row = export_row, .arg = &export};
    buf_init(&export.row, CSV_ROW_BYTES);
    csv_out_init(&export.out, &export.row);
    enum err err = transfer_service_export(&req->task, &answer->source, &answer->filter, place_of(answer), &sink);
    buf_free(&export.row);
    return err;
}

/* HEAD learns from the first row what GET would. */
static enum err answer_export(struct request *req, struct response *res, struct answer *answer) {
    struct export_arg *arg = arena_alloc(req->task.arena, sizeof *arg);
    if (arg == NULL) return task_fail_memory(&req->task);
    if (req->method == HTTP_HEAD) {
        enum err err = transfer_service_page(&req->task, &answer->source, &answer->transfers, &answer->filter,
                                             place_of(answer), 1);
        if (err != ERR_OK) return err;
        set_block_headers(res, &answer->transfers.block);
    }
    *arg = (struct export_arg){answer, res};
    conditional_no_store(res);
    response_stream(res, csv_type, write_export, arg);
    return ERR_OK;
}

/* --- which of them --- */

static bool wants_csv(const struct request *req, struct response *res) {
    const char *accept = request_header(req, "Accept");
    response_vary(res, "Accept");
    return accept != NULL && accept_prefers(accept, strlen(accept), "text/csv", "application/json");
}

static enum err answer_list(struct request *req, struct response *res, struct answer *answer) {
    uint8_t filter[TRANSFER_FILTER_BYTES];
    struct slice limit;
    bool csv = wants_csv(req, res);
    transfer_filter_write(filter, &answer->filter);
    enum err err =
        page_read(req, &answer->page, &answer->source, CURSOR_TRANSFERS, filter, sizeof filter, PAGE_LOG_PLACE_BYTES);
    if (err != ERR_OK) return err;
    page_log_place_read(&answer->after, &answer->page);
    bool all = csv && !request_query(req, &limit, "limit");
    return all ? answer_export(req, res, answer) : answer_page(req, res, answer, csv);
}

/* In: read_path, what the filter takes from the path; NULL: nothing. */
static enum err answer_filtered(struct request *req, struct response *res,
                                enum err (*read_path)(struct request *, struct transfer_filter *)) {
    struct answer *answer = arena_alloc(req->task.arena, sizeof *answer);
    if (answer == NULL) return task_fail_memory(&req->task);
    enum err err = params_source(req, &answer->source);
    if (err == ERR_OK) err = transfer_query_read(req, &answer->filter);
    if (err == ERR_OK && read_path != NULL) err = read_path(req, &answer->filter);
    return err != ERR_OK ? err : answer_list(req, res, answer);
}

enum err route_transfers(struct request *req, struct response *res) {
    return answer_filtered(req, res, NULL);
}

enum err route_transfers_of_address(struct request *req, struct response *res) {
    return answer_filtered(req, res, transfer_query_read_party);
}

enum err route_transfers_of_token(struct request *req, struct response *res) {
    return answer_filtered(req, res, transfer_query_read_token);
}
