/* Ids for the tokens of a batch: looked up in memory, then in the database, which is given those that it lacks where
 * every token is indexed.
 * The indexer's coroutine. */
#include <string.h>

#include "index_writer_internal.h"

enum {
    KNOWN_MAX = 500 * 1000, /* tokens kept in memory between batches */
    ASKED_MAX = 4096        /* in one statement */
};

/* Addresses of a batch that are not in memory, each once. */
struct wanted {
    address *tokens;
    size_t n;
};

static enum err collect(struct task *task, struct index_writer *writer, struct wanted *wanted,
                        const struct transfer_log *transfers, size_t n) {
    size_t cap = 0;
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && address_equal(&transfers[i].token, &transfers[i - 1].token)) continue;
        if (token_ids_get(writer->tokens, &transfers[i].token) != TOKEN_ID_NONE) continue;
        if (wanted->n == cap) {
            cap = cap > 0 ? 2 * cap : 256;
            address *grown = arena_alloc(task->arena, cap * sizeof *grown);
            if (grown == NULL) return index_out_of_memory(task);
            if (wanted->n > 0) memcpy(grown, wanted->tokens, wanted->n * sizeof *grown);
            wanted->tokens = grown;
        }
        wanted->tokens[wanted->n++] = transfers[i].token;
        token_ids_set(writer->tokens, &transfers[i].token, TOKEN_ID_WANTED);
    }
    return ERR_OK;
}

static enum err ask(struct task *task, struct index_writer *writer, const address *tokens, size_t n) {
    struct pg_params params;
    struct pg_rows rows;
    index_params_begin(&params, writer);
    if (!pg_param_bytes_array(task, &params, tokens, n, sizeof *tokens)) return index_out_of_memory(task);
    enum err err = index_query(task, writer, &rows, writer->every ? INDEX_MAKE_TOKENS : INDEX_FIND_TOKENS, &params);
    if (err != ERR_OK) return err;
    for (size_t i = 0; i < rows.n; i++) {
        address token = pg_address(&rows, i, 1);
        token_ids_set(writer->tokens, &token, pg_i32(&rows, i, 0));
    }
    if (rows.n != n) return task_fail(task, ERR_INTERNAL, "a transfer is of a token that is not indexed");
    return pg_rows_check(task, &rows);
}

enum err index_tokens_ensure(struct task *task, struct index_writer *writer, const struct transfer_log *transfers,
                             size_t n) {
    struct wanted wanted = {.n = 0};
    if (token_ids_count(writer->tokens) > KNOWN_MAX) token_ids_clear(writer->tokens);
    enum err err = collect(task, writer, &wanted, transfers, n);
    for (size_t at = 0; err == ERR_OK && at < wanted.n; at += ASKED_MAX) {
        size_t left = wanted.n - at;
        err = ask(task, writer, wanted.tokens + at, left < ASKED_MAX ? left : ASKED_MAX);
    }
    return err;
}
