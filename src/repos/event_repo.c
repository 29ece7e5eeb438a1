/* Rows of events, turned into structs. Texts and data are borrowed from the result, which the task's arena keeps.
 * The task's coroutine. */
#include "repos/event_repo.h"

#include "event_repo_sql.h"
#include "index_columns.h"
#include "repos/pg.h"

enum {
    MOVED_COLUMN = TIP_N_COLUMNS,
    DECODED_COLUMN,
    BLOCK_NUMBER_COLUMN,
    LOG_INDEX_COLUMN,
    TX_HASH_COLUMN,
    TOPIC_COLUMN,
    DATA_COLUMN = TOPIC_COLUMN + LOG_MAX_TOPICS,
    NAME_COLUMN,
    ARGS_COLUMN,
    BLOCK_HASH_COLUMN,
    TIMESTAMP_COLUMN,
    FOUND_COLUMN,
    VERSION_COLUMN
};

/* An argument narrows more than the event it is one of does. */
static const struct pg_statement *choose(const struct event_filter *filter) {
    unsigned statement = EVENT_REPO_ALL;
    for (unsigned i = 0; i < LOG_MAX_TOPICS; i++) {
        if (filter->has_topic[i]) statement = EVENT_REPO_TOPIC0 + i;
        if (filter->has_topic[i] && i > 0) break;
    }
    return &event_repo_statements[statement + (filter->newest_first ? EVENT_REPO_NEWEST_STEP : 0)];
}

static enum err add_params(struct task *task, struct pg_params *params, const struct event_filter *filter,
                           const struct list_place *after, size_t limit) {
    pg_param_u64(params, filter->chain_id);
    pg_param_address(params, &filter->contract);
    index_param_place(params, after, filter->newest_first);
    pg_param_u64(params, filter->from_block);
    pg_param_u64(params, filter->to_block);
    pg_param_i64(params, (int64_t)limit + 1);
    for (unsigned i = 0; i < LOG_MAX_TOPICS; i++) {
        if (filter->has_topic[i]) {
            pg_param_hash32(params, &filter->topics[i]);
        } else {
            pg_param_null(params);
        }
    }
    if (filter->n_signatures == 0) {
        pg_param_null(params);
    } else if (!pg_param_bytes_array(task, params, filter->signatures, filter->n_signatures, sizeof(hash32))) {
        return task_fail_memory(task);
    }
    pg_param_text(params, filter->name);
    return ERR_OK;
}

static void read_head(struct event_page *out, struct pg_rows *rows) {
    out->has_tip = index_read_tip(&out->block, rows);
    if (!out->has_tip) return;
    out->place_moved = pg_bool(rows, 0, MOVED_COLUMN);
    out->is_missing = pg_is_null(rows, 0, DECODED_COLUMN);
    if (!out->is_missing) out->decoded = pg_i64(rows, 0, DECODED_COLUMN);
}

static void read_row(struct event_row *out, const address *contract, struct pg_rows *rows, size_t row) {
    struct event_log *log = &out->log;
    *out = (struct event_row){
        .log = {.place = {.block_number = (uint64_t)pg_i64(rows, row, BLOCK_NUMBER_COLUMN),
                          .log_index = (uint32_t)pg_i32(rows, row, LOG_INDEX_COLUMN),
                          .block_hash = pg_hash32(rows, row, BLOCK_HASH_COLUMN),
                          .tx_hash = pg_hash32(rows, row, TX_HASH_COLUMN),
                          .timestamp = (uint64_t)pg_i64(rows, row, TIMESTAMP_COLUMN)},
                .contract = *contract},
        .abi_version = pg_i64(rows, row, VERSION_COLUMN),
        .name = pg_string(rows, row, NAME_COLUMN),
    };
    out->args = pg_text(rows, row, ARGS_COLUMN, &out->args_len);
    out->data = (const uint8_t *)pg_text(rows, row, DATA_COLUMN, &out->data_len);
    while (log->n_topics < LOG_MAX_TOPICS && !pg_is_null(rows, row, TOPIC_COLUMN + (int)log->n_topics)) {
        log->topics[log->n_topics] = pg_hash32(rows, row, TOPIC_COLUMN + (int)log->n_topics);
        log->n_topics++;
    }
}

/* A list whose order is wrong would be cut in the wrong place by its cursor. */
static enum err check_order(struct task *task, const struct event_page *page, bool newest_first) {
    for (size_t i = 1; i < page->n_rows; i++) {
        const struct log_place *a = &page->rows[i - 1].log.place, *b = &page->rows[i].log.place;
        const struct log_place *low = newest_first ? b : a, *high = newest_first ? a : b;
        bool in_order = low->block_number < high->block_number ||
                        (low->block_number == high->block_number && low->log_index < high->log_index);
        if (!in_order) return task_fail(task, ERR_INTERNAL, "the index gave events in another order");
    }
    return ERR_OK;
}

static enum err read_rows(struct task *task, struct event_page *out, const struct event_filter *filter, size_t limit,
                          struct pg_rows *rows) {
    size_t n = index_count_rows(rows, BLOCK_NUMBER_COLUMN);
    size_t found = n > 0 ? (size_t)pg_i64(rows, 0, FOUND_COLUMN) : 0;
    out->rows = arena_alloc(task->arena, n * sizeof *out->rows);
    if (out->rows == NULL) return task_fail_memory(task);
    out->n_rows = n < limit ? n : limit;
    out->more = found > out->n_rows;
    for (size_t i = 0; i < out->n_rows; i++) read_row(&out->rows[i], &filter->contract, rows, i);
    enum err err = pg_rows_check(task, rows);
    return err != ERR_OK ? err : check_order(task, out, filter->newest_first);
}

/* One filter beside another may walk through many rows for each that it finds: that must not hold up others' reads. */
static bool may_take_long(const struct event_filter *filter) {
    unsigned topics = 0;
    for (unsigned i = 0; i < LOG_MAX_TOPICS; i++) topics += filter->has_topic[i];
    return topics > 1 || filter->n_signatures > 0 || filter->name != NULL;
}

enum err event_repo_page(struct task *task, struct event_page *out, const struct event_filter *filter,
                         const struct list_place *after, size_t limit) {
    struct pg_params params = {0};
    struct pg_rows rows;
    *out = (struct event_page){.n_rows = 0};
    enum err err = add_params(task, &params, filter, after, limit);
    if (err == ERR_OK) err = index_read(task, &rows, choose(filter), &params, may_take_long(filter));
    if (err != ERR_OK) return err;
    read_head(out, &rows);
    return read_rows(task, out, filter, limit, &rows);
}
