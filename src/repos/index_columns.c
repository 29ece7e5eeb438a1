/* Reads what statements on the index have in common. Owns nothing: texts are the result's, which the task's arena
 * keeps.
 * The task's coroutine. */
#include "index_columns.h"

void index_param_place(struct pg_params *params, const struct list_place *after, bool newest_first) {
    if (after == NULL) {
        pg_param_i64(params, newest_first ? INT64_MAX : -1);
        pg_param_i32(params, newest_first ? INT32_MAX : -1);
        for (int i = 0; i < 3; i++) pg_param_null(params);
        return;
    }
    pg_param_u64(params, after->block_number);
    pg_param_i32(params, after->log_index < INT32_MAX ? (int32_t)after->log_index : INT32_MAX);
    pg_param_hash32(params, &after->block_hash);
    pg_param_u64(params, after->first_number);
    pg_param_hash32(params, &after->first_hash);
}

enum err index_read(struct task *task, struct pg_rows *rows, const struct pg_statement *statement,
                    const struct pg_params *params, bool takes_long) {
    struct pg_session *session;
    if (!takes_long) return pg_read(task, rows, statement, params);
    enum err err = pg_lease(task, &session);
    if (err != ERR_OK) return err;
    err = pg_session_query(task, session, rows, statement, params);
    pg_release(task, session);
    return err;
}

bool index_read_tip(struct block_ref *out, struct pg_rows *rows) {
    if (rows->n == 0 || pg_is_null(rows, 0, 0)) return false;
    *out = (struct block_ref){.number = (uint64_t)pg_i64(rows, 0, 0),
                              .hash = pg_hash32(rows, 0, 1),
                              .timestamp = (uint64_t)pg_i64(rows, 0, 2)};
    return true;
}

bool index_read_token(struct token_summary *out, struct pg_rows *rows, size_t row, int column) {
    if (pg_is_null(rows, row, column)) return false;
    *out = (struct token_summary){
        .id = pg_i32(rows, row, column),
        .address = pg_address(rows, row, column + 1),
        .name = pg_string(rows, row, column + 2),
        .symbol = pg_string(rows, row, column + 3),
        .decimals = pg_is_null(rows, row, column + 4) ? -1 : pg_i16(rows, row, column + 4),
        .live = pg_bool(rows, row, column + 5),
        .checked = !pg_is_null(rows, row, column + 6),
        .drift = pg_string(rows, row, column + 7),
    };
    if (out->checked) out->checked_block = (uint64_t)pg_i64(rows, row, column + 6);
    return true;
}

size_t index_count_rows(const struct pg_rows *rows, int column) {
    return rows->n > 0 && pg_is_null(rows, 0, column) ? 0 : rows->n;
}
