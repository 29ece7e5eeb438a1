/* What is known of tokens besides their transfers: what they say of themselves, whether they wrap the native coin, and
 * whether their balances are to be believed. Each call is one statement, hence one transaction.
 * The indexer's coroutine. */
#include <assert.h>

#include "eth/erc20.h"
#include "index_writer_internal.h"

enum err index_writer_undescribed(struct task *task, struct index_writer *writer, struct index_token *out, size_t *n,
                                  size_t cap, uint64_t max_age_s) {
    struct pg_params params;
    struct pg_rows rows;
    *n = 0;
    index_params_begin(&params, writer);
    pg_param_i64(&params, (int64_t)max_age_s);
    pg_param_i64(&params, (int64_t)cap);
    enum err err = index_query(task, writer, &rows, INDEX_UNDESCRIBED, &params);
    if (err != ERR_OK) return err;
    for (size_t i = 0; i < rows.n && i < cap; i++, (*n)++) {
        out[i] = (struct index_token){pg_i32(&rows, i, 0), pg_address(&rows, i, 1), pg_bool(&rows, i, 2)};
    }
    return pg_rows_check(task, &rows);
}

static void param_text_or_null(struct pg_params *params, bool has, const char *text) {
    if (has) {
        pg_param_text(params, text);
    } else {
        pg_param_null(params);
    }
}

enum err index_writer_describe(struct task *task, struct index_writer *writer, int32_t token_id,
                               const struct erc20_metadata *metadata) {
    struct pg_params params;
    index_params_begin(&params, writer);
    pg_param_i32(&params, token_id);
    param_text_or_null(&params, metadata->has_name, metadata->name);
    param_text_or_null(&params, metadata->has_symbol, metadata->symbol);
    if (metadata->decimals >= 0) {
        pg_param_i16(&params, metadata->decimals);
    } else {
        pg_param_null(&params);
    }
    return index_run(task, writer, INDEX_DESCRIBE, &params);
}

enum err index_writer_get_wraps(struct task *task, struct index_writer *writer, const address *token, bool *known,
                                bool *wraps) {
    struct pg_params params;
    struct pg_rows rows;
    index_params_begin(&params, writer);
    pg_param_address(&params, token);
    enum err err = index_query(task, writer, &rows, INDEX_GET_WRAPS, &params);
    if (err != ERR_OK) return err;
    *known = rows.n == 1 && !pg_is_null(&rows, 0, 0);
    *wraps = *known && pg_bool(&rows, 0, 0);
    return pg_rows_check(task, &rows);
}

enum err index_writer_set_wraps(struct task *task, struct index_writer *writer, const address *token, bool wraps) {
    struct pg_params params;
    index_params_begin(&params, writer);
    pg_param_address(&params, token);
    pg_param_bool(&params, wraps);
    return index_run(task, writer, INDEX_SET_WRAPS, &params);
}

static void take_sample(struct index_sample *out, struct pg_rows *rows, size_t row) {
    *out = (struct index_sample){.token_id = pg_i32(rows, row, 3), .token = pg_address(rows, row, 4)};
    out->odd_logs = pg_bool(rows, row, 5);
    out->is_checked = pg_bool(rows, row, 9);
    out->drifts = pg_bool(rows, row, 10);
    out->has_holder = !pg_is_null(rows, row, 6);
    if (!out->has_holder) return;
    out->holder = pg_address(rows, row, 6);
    out->amount = pg_u256(rows, row, 7, &out->negative);
    out->too_wide = pg_bool(rows, row, 8);
}

/* Half of a token's samples are its largest holders but for the one that is furthest below zero and the one that was
 * wrong before; the others come in pairs, both sides of a transfer. */
static void param_sizes(struct pg_params *params, size_t max_tokens, size_t per_token) {
    assert(per_token >= 4);
    pg_param_i64(params, (int64_t)max_tokens);
    pg_param_i64(params, (int64_t)(per_token / 2 - 2));
    pg_param_i64(params, 1);
    pg_param_i64(params, (int64_t)(per_token / 4));
}

enum err index_writer_samples(struct task *task, struct index_writer *writer, struct block_ref *tip,
                              struct index_sample *out, size_t *n, size_t max_tokens, size_t per_token) {
    struct pg_params params;
    struct pg_rows rows;
    *n = 0;
    index_params_begin(&params, writer);
    param_sizes(&params, max_tokens, per_token);
    enum err err = index_query(task, writer, &rows, INDEX_SAMPLES, &params);
    if (err != ERR_OK || rows.n == 0) return err;
    *tip = (struct block_ref){.number = (uint64_t)pg_i64(&rows, 0, 0), .hash = pg_hash32(&rows, 0, 1)};
    tip->timestamp = (uint64_t)pg_i64(&rows, 0, 2);
    for (; *n < rows.n && *n < max_tokens * per_token; (*n)++) take_sample(&out[*n], &rows, *n);
    return pg_rows_check(task, &rows);
}

enum err index_writer_checked(struct task *task, struct index_writer *writer, int32_t token_id, const char *drift,
                              const address *holder, uint64_t block) {
    struct pg_params params;
    index_params_begin(&params, writer);
    pg_param_i32(&params, token_id);
    pg_param_i64(&params, (int64_t)block);
    param_text_or_null(&params, drift != NULL, drift);
    if (holder != NULL) {
        pg_param_address(&params, holder);
    } else {
        pg_param_null(&params);
    }
    return index_run(task, writer, INDEX_CHECKED, &params);
}

enum err index_writer_drifted(struct task *task, struct index_writer *writer, uint64_t *n) {
    struct pg_params params;
    struct pg_rows rows;
    *n = 0;
    index_params_begin(&params, writer);
    enum err err = index_query(task, writer, &rows, INDEX_DRIFTED, &params);
    if (err != ERR_OK) return err;
    if (rows.n == 1) *n = (uint64_t)pg_i64(&rows, 0, 0);
    return pg_rows_check(task, &rows);
}
