/* Reads what statements on the index have in common. Owns nothing: texts are the result's, which the task's arena
 * keeps.
 * The task's coroutine. */
#include "index_columns.h"

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
