/* A transaction of the index writer, and the ways of asking that all of them use. Memory of a transaction is the
 * writer's scratch arena.
 * The indexer's coroutine. */
#include <assert.h>
#include <string.h>

#include "core/log.h"
#include "index_writer_internal.h"

/* What was learned within a transaction that did not end well may not be so. */
static void forget(struct index_writer *writer) {
    token_ids_clear(writer->tokens);
    memset(writer->leaves, 0, sizeof writer->leaves);
}

/* The fault that is told is the first one. */
static void undo(struct task *task, struct index_writer *writer) {
    struct fault fault = task->fault;
    if (!pg_session_is_lost(writer->session) && pg_session_execute(task, writer->session, "ROLLBACK") != ERR_OK) {
        log_write(LOG_INDEX, LOG_WARN, "a transaction could not be rolled back");
    }
    task->fault = fault;
    forget(writer);
}

enum err index_transaction(struct task *task, struct index_writer *writer, index_body body, void *arg) {
    struct task work = task_child(task);
    work.arena = writer->scratch;
    enum err err = pg_session_execute(&work, writer->session, "BEGIN");
    if (err == ERR_OK) err = body(&work, writer, arg);
    if (err == ERR_OK) err = pg_session_execute(&work, writer->session, "COMMIT");
    if (err != ERR_OK) {
        undo(&work, writer);
        task->fault = work.fault;
    }
    task->db_us += work.db_us;
    task->db_queries += work.db_queries;
    arena_reset(writer->scratch);
    return err;
}

void index_params_begin(struct pg_params *params, const struct index_writer *writer) {
    params->n = 0;
    pg_param_i64(params, (int64_t)writer->chain_id);
}

enum err index_query(struct task *task, struct index_writer *writer, struct pg_rows *rows, enum index_sql statement,
                     const struct pg_params *params) {
    return pg_session_query(task, writer->session, rows, &index_writer_sql[statement], params);
}

enum err index_run(struct task *task, struct index_writer *writer, enum index_sql statement,
                   const struct pg_params *params) {
    struct pg_rows rows;
    return index_query(task, writer, &rows, statement, params);
}

enum err index_ask(struct task *task, struct index_writer *writer, bool *answer, enum index_sql statement,
                   const struct pg_params *params) {
    struct pg_rows rows;
    *answer = false;
    enum err err = index_query(task, writer, &rows, statement, params);
    if (err != ERR_OK) return err;
    *answer = rows.n == 1 && pg_bool(&rows, 0, 0);
    return pg_rows_check(task, &rows);
}

enum err index_fence(struct task *task, struct index_writer *writer, const char *why, enum index_sql statement,
                     const struct pg_params *params) {
    bool holds;
    enum err err = index_ask(task, writer, &holds, statement, params);
    if (err != ERR_OK || holds) return err;
    log_write(LOG_INDEX, LOG_ERROR, "the index is not what it was taken for", LOG_STR("why", why),
              LOG_U64("chain_id", writer->chain_id));
    return task_fail(task, ERR_INTERNAL, "the index is not what it was taken for: %s", why);
}

enum err index_out_of_memory(struct task *task) {
    return task_fail(task, ERR_OVERLOADED, "a batch for the index is too large");
}

enum err index_param_streams(struct task *task, struct pg_params *params, const struct index_stream *streams,
                             size_t n) {
    address *names = arena_alloc(task->arena, n * sizeof *names);
    if (names == NULL) return index_out_of_memory(task);
    for (size_t i = 0; i < n; i++) {
        assert(streams[i].kind == streams[0].kind && streams[i].every == streams[0].every);
        names[i] = streams[i].token;
    }
    size_t size = streams[0].every ? 0 : sizeof *names;
    return pg_param_bytes_array(task, params, names, n, size) ? ERR_OK : index_out_of_memory(task);
}

void index_param_tip(struct pg_params *params, const struct block_ref *tip) {
    pg_param_i64(params, (int64_t)tip->number);
    pg_param_hash32(params, &tip->hash);
    pg_param_i64(params, (int64_t)tip->timestamp);
}

enum err index_shift_balances(struct task *task, struct index_writer *writer, uint64_t above, uint64_t to, int sign) {
    struct pg_params params;
    index_params_begin(&params, writer);
    pg_param_i64(&params, (int64_t)above);
    pg_param_i64(&params, (int64_t)to);
    pg_param_i32(&params, sign);
    enum err err = index_run(task, writer, INDEX_SHIFT_BALANCES, &params);
    if (err != ERR_OK) return err;
    index_params_begin(&params, writer);
    pg_param_i64(&params, (int64_t)above);
    pg_param_i64(&params, (int64_t)to);
    return index_run(task, writer, INDEX_MARK_CHANGED, &params);
}
