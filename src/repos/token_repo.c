/* Rows of tokens, turned into structs. What is given lives in the task's arena.
 * The task's coroutine. */
#include "repos/token_repo.h"

#include "index_columns.h"
#include "repos/pg.h"
#include "token_repo_sql.h"

/* In: limit, the most tokens to take; a row more means that there are more. */
static enum err read_page(struct task *task, struct token_page *out, enum token_repo_statement statement,
                          const struct pg_params *params, size_t limit) {
    struct pg_rows rows;
    *out = (struct token_page){0};
    enum err err = pg_read(task, &rows, &token_repo_statements[statement], params);
    if (err != ERR_OK) return err;
    size_t n = index_count_rows(&rows, TIP_N_COLUMNS);
    out->has_tip = index_read_tip(&out->tip, &rows);
    out->more = n > limit;
    out->n_tokens = out->more ? limit : n;
    out->tokens = arena_alloc(task->arena, out->n_tokens * sizeof *out->tokens);
    if (out->tokens == NULL) return task_fail_memory(task);
    for (size_t i = 0; i < out->n_tokens; i++) (void)index_read_token(&out->tokens[i], &rows, i, TIP_N_COLUMNS);
    return pg_rows_check(task, &rows);
}

enum err token_repo_tip(struct task *task, struct token_page *out, uint64_t chain_id) {
    struct pg_params params = {0};
    struct pg_rows rows;
    *out = (struct token_page){0};
    pg_param_i64(&params, (int64_t)chain_id);
    enum err err = pg_read(task, &rows, &token_repo_statements[TOKEN_REPO_TIP], &params);
    if (err != ERR_OK) return err;
    out->has_tip = index_read_tip(&out->tip, &rows);
    return pg_rows_check(task, &rows);
}

enum err token_repo_page(struct task *task, struct token_page *out, uint64_t chain_id, const address *after,
                         size_t limit) {
    struct pg_params params = {0};
    pg_param_i64(&params, (int64_t)chain_id);
    if (after != NULL) {
        pg_param_address(&params, after);
    } else {
        pg_param_bytes(&params, "", 0);
    }
    pg_param_i64(&params, (int64_t)limit + 1);
    return read_page(task, out, TOKEN_REPO_PAGE, &params, limit);
}

enum err token_repo_get(struct task *task, struct token_page *out, uint64_t chain_id, const address *token) {
    struct pg_params params = {0};
    pg_param_i64(&params, (int64_t)chain_id);
    pg_param_address(&params, token);
    return read_page(task, out, TOKEN_REPO_GET, &params, 1);
}

enum err token_repo_find(struct task *task, struct token_page *out, uint64_t chain_id, const address *tokens,
                         size_t n) {
    struct pg_params params = {0};
    pg_param_i64(&params, (int64_t)chain_id);
    if (!pg_param_bytes_array(task, &params, tokens, n, sizeof *tokens)) return task_fail_memory(task);
    return read_page(task, out, TOKEN_REPO_FIND, &params, n);
}
