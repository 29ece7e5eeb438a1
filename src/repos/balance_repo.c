/* Rows of balances, turned into structs. What is given lives in the task's arena.
 * The task's coroutine. */
#include "repos/balance_repo.h"

#include "balance_repo_sql.h"
#include "index_columns.h"
#include "repos/pg.h"

enum { AMOUNT_COLUMN = TIP_N_COLUMNS + TOKEN_N_COLUMNS, HOLDER_COLUMN = AMOUNT_COLUMN, HOLDER_AMOUNT_COLUMN };

/* Of a portfolio. */
enum { PLACE_GONE_COLUMN = TIP_N_COLUMNS, ROW_COLUMN, ROW_AMOUNT_COLUMN = ROW_COLUMN + TOKEN_N_COLUMNS };

/* The statements give null for what no balance can be. */
static u256 read_amount(struct pg_rows *rows, size_t row, int column, struct token_summary *token) {
    if (!pg_is_null(rows, row, column)) return pg_u256(rows, row, column, NULL);
    if (token->drift == NULL) token->drift = "impossible_balance";
    return (u256){{0}};
}

enum err balance_repo_get(struct task *task, struct balance_point *out, uint64_t chain_id, const address *token,
                          const address *holder) {
    struct pg_params params = {0};
    struct pg_rows rows;
    *out = (struct balance_point){0};
    pg_param_i64(&params, (int64_t)chain_id);
    pg_param_address(&params, token);
    pg_param_address(&params, holder);
    enum err err = pg_read(task, &rows, &balance_repo_statements[BALANCE_REPO_GET], &params);
    if (err != ERR_OK || rows.n == 0) return err;
    out->has_tip = index_read_tip(&out->tip, &rows);
    out->has_token = index_read_token(&out->token, &rows, 0, TIP_N_COLUMNS);
    if (out->has_token) out->amount = read_amount(&rows, 0, AMOUNT_COLUMN, &out->token);
    return pg_rows_check(task, &rows);
}

static enum err take_portfolio(struct task *task, struct portfolio_page *out, struct pg_rows *rows, size_t limit) {
    size_t n = index_count_rows(rows, ROW_COLUMN);
    out->has_tip = index_read_tip(&out->tip, rows);
    out->place_gone = rows->n > 0 && pg_bool(rows, 0, PLACE_GONE_COLUMN);
    out->more = n > limit;
    out->n_rows = out->more ? limit : n;
    out->rows = arena_alloc(task->arena, out->n_rows * sizeof *out->rows);
    if (out->rows == NULL) return task_fail_memory(task);
    for (size_t i = 0; i < out->n_rows; i++) {
        (void)index_read_token(&out->rows[i].token, rows, i, ROW_COLUMN);
        out->rows[i].amount = read_amount(rows, i, ROW_AMOUNT_COLUMN, &out->rows[i].token);
    }
    return pg_rows_check(task, rows);
}

enum err balance_repo_portfolio(struct task *task, struct portfolio_page *out, uint64_t chain_id, const address *holder,
                                const address *after, size_t limit) {
    struct pg_params params = {0};
    struct pg_rows rows;
    *out = (struct portfolio_page){0};
    pg_param_i64(&params, (int64_t)chain_id);
    pg_param_address(&params, holder);
    if (after != NULL) {
        pg_param_address(&params, after);
    } else {
        pg_param_null(&params);
    }
    pg_param_i64(&params, (int64_t)limit + 1);
    enum err err = pg_read(task, &rows, &balance_repo_statements[BALANCE_REPO_PORTFOLIO], &params);
    return err != ERR_OK ? err : take_portfolio(task, out, &rows, limit);
}

static void add_place(struct pg_params *params, const struct holder_place *after) {
    if (after == NULL) {
        pg_param_null(params);
        pg_param_null(params);
        return;
    }
    pg_param_u256(params, &after->amount);
    pg_param_address(params, &after->holder);
}

static enum err take_holders(struct task *task, struct holder_page *out, struct pg_rows *rows, size_t limit) {
    size_t n = index_count_rows(rows, HOLDER_COLUMN);
    out->has_tip = index_read_tip(&out->tip, rows);
    out->has_token = rows->n > 0 && index_read_token(&out->token, rows, 0, TIP_N_COLUMNS);
    out->more = n > limit;
    out->n_rows = out->more ? limit : n;
    out->rows = arena_alloc(task->arena, out->n_rows * sizeof *out->rows);
    if (out->rows == NULL) return task_fail_memory(task);
    for (size_t i = 0; i < out->n_rows; i++) {
        out->rows[i].holder = pg_address(rows, i, HOLDER_COLUMN);
        out->rows[i].amount = read_amount(rows, i, HOLDER_AMOUNT_COLUMN, &out->token);
    }
    return pg_rows_check(task, rows);
}

enum err balance_repo_holders(struct task *task, struct holder_page *out, uint64_t chain_id, const address *token,
                              const struct holder_place *after, size_t limit) {
    struct pg_params params = {0};
    struct pg_rows rows;
    *out = (struct holder_page){0};
    pg_param_i64(&params, (int64_t)chain_id);
    pg_param_address(&params, token);
    add_place(&params, after);
    pg_param_i64(&params, (int64_t)limit + 1);
    enum err err = pg_read(task, &rows, &balance_repo_statements[BALANCE_REPO_HOLDERS], &params);
    return err != ERR_OK ? err : take_holders(task, out, &rows, limit);
}
