/* Rows of transfers, turned into structs. What is given lives in the task's arena.
 * The task's coroutine. */
#include "repos/transfer_repo.h"

#include <stdlib.h>

#include "index_columns.h"
#include "repos/pg.h"
#include "transfer_repo_sql.h"

enum {
    MOVED_COLUMN = TIP_N_COLUMNS,
    TOKEN_MISSING_COLUMN,
    BLOCK_NUMBER_COLUMN,
    LOG_INDEX_COLUMN,
    KIND_COLUMN,
    AMOUNT_COLUMN,
    FROM_COLUMN,
    TO_COLUMN,
    TX_HASH_COLUMN,
    BLOCK_HASH_COLUMN,
    TIMESTAMP_COLUMN,
    TOKEN_COLUMN
};

static const struct pg_statement *choose(const struct transfer_filter *filter) {
    enum transfer_repo_statement statement = TRANSFER_REPO_ALL;
    if (filter->has_party) {
        statement = TRANSFER_REPO_EITHER;
    } else if (filter->has_from && filter->has_to) {
        statement = TRANSFER_REPO_BETWEEN;
    } else if (filter->has_from) {
        statement = TRANSFER_REPO_FROM;
    } else if (filter->has_to) {
        statement = TRANSFER_REPO_TO;
    }
    return &transfer_repo_statements[statement + (filter->has_token ? TRANSFER_REPO_TOKEN_STEP : 0)];
}

static void add_time(struct pg_params *params, bool given, uint64_t seconds) {
    if (given) {
        pg_param_u64(params, seconds);
    } else {
        pg_param_null(params);
    }
}

/* In: limit, 0 for all. */
static void add_params(struct pg_params *params, const struct transfer_filter *filter, const struct list_place *after,
                       size_t limit) {
    pg_param_u64(params, filter->chain_id);
    index_param_place(params, after, true);
    pg_param_u64(params, filter->from_block);
    pg_param_u64(params, filter->to_block);
    add_time(params, filter->has_since, filter->since);
    add_time(params, filter->has_until, filter->until);
    if (limit > 0) {
        pg_param_i64(params, (int64_t)limit);
    } else {
        pg_param_null(params);
    }
    if (filter->has_party) pg_param_address(params, &filter->party);
    if (filter->has_from) pg_param_address(params, &filter->from);
    if (filter->has_to) pg_param_address(params, &filter->to);
    if (filter->has_token) pg_param_address(params, &filter->token);
}

static void read_head(struct transfer_page *out, struct pg_rows *rows) {
    *out = (struct transfer_page){0};
    out->has_tip = index_read_tip(&out->block, rows);
    if (!out->has_tip) return;
    out->place_moved = pg_bool(rows, 0, MOVED_COLUMN);
    out->token_missing = pg_bool(rows, 0, TOKEN_MISSING_COLUMN);
}

static void read_row(struct transfer_row *out, struct pg_rows *rows, size_t row) {
    int16_t kind = pg_i16(rows, row, KIND_COLUMN);
    if (kind < TRANSFER_EVENT || kind > TRANSFER_WITHDRAWAL) rows->broken = true;
    out->log = (struct transfer_log){
        .place = {.block_number = (uint64_t)pg_i64(rows, row, BLOCK_NUMBER_COLUMN),
                  .log_index = (uint32_t)pg_i32(rows, row, LOG_INDEX_COLUMN),
                  .block_hash = pg_hash32(rows, row, BLOCK_HASH_COLUMN),
                  .tx_hash = pg_hash32(rows, row, TX_HASH_COLUMN),
                  .timestamp = (uint64_t)pg_i64(rows, row, TIMESTAMP_COLUMN)},
        .kind = (enum transfer_kind)kind,
        .from = pg_address(rows, row, FROM_COLUMN),
        .to = pg_address(rows, row, TO_COLUMN),
        .amount = pg_u256(rows, row, AMOUNT_COLUMN, NULL),
    };
    if (!index_read_token(&out->token, rows, row, TOKEN_COLUMN)) rows->broken = true;
    out->log.token = out->token.address;
}

static bool is_below(const struct log_place *a, const struct log_place *b) {
    return a->block_number < b->block_number || (a->block_number == b->block_number && a->log_index < b->log_index);
}

/* A list whose order is wrong would be cut in the wrong place by its cursor. */
static enum err check_order(struct task *task, const struct log_place *row, const struct log_place *before) {
    if (is_below(row, before)) return ERR_OK;
    return task_fail(task, ERR_INTERNAL, "the index gave transfers in another order than newest first");
}

static enum err read_rows(struct task *task, struct transfer_page *out, struct pg_rows *rows) {
    size_t n = index_count_rows(rows, BLOCK_NUMBER_COLUMN);
    out->rows = arena_alloc(task->arena, n * sizeof *out->rows);
    if (out->rows == NULL) return task_fail_memory(task);
    for (size_t i = 0; i < n; i++) read_row(&out->rows[i], rows, i);
    out->n_rows = n;
    return pg_rows_check(task, rows);
}

/* One filter beside another may walk through many rows for each that it finds: that must not hold up others' reads. */
static bool may_take_long(const struct transfer_filter *filter) {
    return filter->has_party + filter->has_from + filter->has_to + filter->has_token > 1;
}

enum err transfer_repo_page(struct task *task, struct transfer_page *out, const struct transfer_filter *filter,
                            const struct list_place *after, size_t limit) {
    struct pg_params params = {0};
    struct pg_rows rows;
    *out = (struct transfer_page){0};
    add_params(&params, filter, after, limit + 1);
    enum err err = index_read(task, &rows, choose(filter), &params, may_take_long(filter));
    if (err != ERR_OK) return err;
    read_head(out, &rows);
    err = read_rows(task, out, &rows);
    for (size_t i = 1; err == ERR_OK && i < out->n_rows; i++) {
        err = check_order(task, &out->rows[i].log.place, &out->rows[i - 1].log.place);
    }
    out->more = out->n_rows > limit;
    if (out->more) out->n_rows = limit;
    return err;
}

struct export {
    const struct transfer_sink *sink;
    bool begun;
    bool any;
    struct log_place last;
};

static enum err begin_export(struct task *task, struct export *export, struct pg_rows *rows) {
    struct transfer_page head;
    export->begun = true;
    read_head(&head, rows);
    enum err err = pg_rows_check(task, rows);
    return err != ERR_OK ? err : export->sink->begin(task, export->sink->arg, &head);
}

static enum err export_row(struct task *task, void *arg, struct pg_rows *rows) {
    struct export *export = arg;
    struct transfer_row row;
    enum err err = export->begun ? ERR_OK : begin_export(task, export, rows);
    if (err != ERR_OK || pg_is_null(rows, 0, BLOCK_NUMBER_COLUMN)) return err;
    read_row(&row, rows, 0);
    err = pg_rows_check(task, rows);
    if (err == ERR_OK && export->any) err = check_order(task, &row.log.place, &export->last);
    export->any = true;
    export->last = row.log.place;
    return err != ERR_OK ? err : export->sink->row(task, export->sink->arg, &row);
}

enum err transfer_repo_export(struct task *task, const struct transfer_filter *filter, const struct list_place *after,
                              const struct transfer_sink *sink) {
    struct export export = {.sink = sink};
    struct pg_params params = {0};
    struct pg_session *session;
    add_params(&params, filter, after, 0);
    enum err err = pg_lease_for_long(task, &session);
    if (err != ERR_OK) return err;
    err = pg_session_stream(task, session, choose(filter), &params, export_row, &export);
    pg_release(task, session);
    if (err != ERR_OK || export.begun) return err;
    const struct transfer_page nothing = {.has_tip = false};
    return sink->begin(task, sink->arg, &nothing);
}

static int compare_places(const void *a, const void *b) {
    const struct transfer_row *left = a, *right = b;
    return is_below(&left->log.place, &right->log.place) ? -1 : is_below(&right->log.place, &left->log.place);
}

enum err transfer_repo_of_tx(struct task *task, struct transfer_page *out, uint64_t chain_id, const hash32 *tx) {
    struct pg_params params = {0};
    struct pg_rows rows;
    *out = (struct transfer_page){0};
    pg_param_u64(&params, chain_id);
    pg_param_hash32(&params, tx);
    enum err err = pg_read(task, &rows, &transfer_repo_statements[TRANSFER_REPO_OF_TX], &params);
    if (err != ERR_OK) return err;
    read_head(out, &rows);
    err = read_rows(task, out, &rows);
    if (err == ERR_OK && out->n_rows > 1) qsort(out->rows, out->n_rows, sizeof *out->rows, compare_places);
    return err;
}
