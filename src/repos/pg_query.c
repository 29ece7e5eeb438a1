/* What a session is asked, from the statement to its rows. A result belongs to the task's arena once it is handed out.
 * On the reactor's thread, in a coroutine. */
#include "core/clock.h"
#include "pg_cost.h"
#include "pg_session_internal.h"

enum { RESULT_BINARY = 1 };

static void release_result(void *result) {
    PQclear(result);
}

enum err pg_rows_keep(struct task *task, struct pg_rows *rows, PGresult *result) {
    bool fits = arena_charge(task->arena, PQresultMemorySize(result));
    if (!fits) PQclear(result);
    if (!fits || !arena_defer(task->arena, release_result, result)) {
        return task_fail(task, ERR_INTERNAL, "the answer of the index is too large");
    }
    *rows = (struct pg_rows){.result = (const struct pg_result *)result, .n = (size_t)PQntuples(result)};
    return ERR_OK;
}

static bool is_error(const PGresult *result) {
    ExecStatusType status = PQresultStatus(result);
    return status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE || status == PGRES_NONFATAL_ERROR;
}

enum err pg_session_finish(struct task *task, struct pg_session *session, PGresult **result, const char *statement) {
    PGresult *last = NULL, *next = NULL;
    enum err err;
    while ((err = pg_session_next_result(task, session, &next)) == ERR_OK && next != NULL) {
        if (last != NULL && is_error(last)) {
            PQclear(next);
        } else {
            PQclear(last);
            last = next;
        }
        if (PQresultStatus(last) == PGRES_COPY_IN) break; /* the next one comes when the copy ends */
    }
    if (err == ERR_OK && last != NULL && is_error(last)) {
        err = pg_session_refuse(task, session, last, statement);
    }
    if (err != ERR_OK || result == NULL) {
        PQclear(last);
        last = NULL;
    }
    if (result != NULL) *result = last;
    return err;
}

static enum err prepare(struct task *task, struct pg_session *session, const struct pg_statement *statement) {
    if (pg_prepared_has(&session->prepared, statement)) return ERR_OK;
    if (PQsendPrepare(session->conn, statement->name, statement->sql, statement->n_params, NULL) == 0) {
        return pg_session_break(task, session, ERR_INDEX_UNAVAILABLE);
    }
    enum err err = pg_session_finish(task, session, NULL, statement->name);
    if (err == ERR_OK) pg_prepared_add(&session->prepared, statement);
    return err;
}

enum err pg_session_send(struct task *task, struct pg_session *session, const struct pg_statement *statement,
                         const struct pg_params *params) {
    static const struct pg_params none = {.n = 0};
    if (session->conn == NULL) return pg_error_fail(task, ERR_INDEX_UNAVAILABLE);
    if (params == NULL) params = &none;
    enum err err = prepare(task, session, statement);
    if (err != ERR_OK) return err;
    if (PQsendQueryPrepared(session->conn, statement->name, params->n, params->values, params->lengths, params->formats,
                            RESULT_BINARY) == 0) {
        return pg_session_break(task, session, ERR_INDEX_UNAVAILABLE);
    }
    return ERR_OK;
}

enum err pg_session_query(struct task *task, struct pg_session *session, struct pg_rows *rows,
                          const struct pg_statement *statement, const struct pg_params *params) {
    uint64_t started_us = clock_now_us();
    PGresult *result = NULL;
    *rows = (struct pg_rows){.n = 0};
    enum err err = pg_session_send(task, session, statement, params);
    if (err == ERR_OK) err = pg_session_finish(task, session, &result, statement->name);
    pg_cost_add(task, started_us, err);
    return err == ERR_OK ? pg_rows_keep(task, rows, result) : err;
}

enum err pg_session_execute(struct task *task, struct pg_session *session, const char *sql) {
    uint64_t started_us = clock_now_us();
    if (session->conn == NULL) return pg_error_fail(task, ERR_INDEX_UNAVAILABLE);
    if (PQsendQuery(session->conn, sql) == 0) return pg_session_break(task, session, ERR_INDEX_UNAVAILABLE);
    enum err err = pg_session_finish(task, session, NULL, NULL);
    pg_cost_add(task, started_us, err);
    return err;
}

/* Hands a row on. What is no row is the end, or an error that ends it. */
static enum err take_row(struct task *task, struct pg_session *session, PGresult *result, pg_row_fn fn, void *arg,
                         const char *statement) {
    struct pg_rows rows = {.result = (const struct pg_result *)result, .n = 1};
    if (is_error(result)) return pg_session_refuse(task, session, result, statement);
    if (PQresultStatus(result) != PGRES_SINGLE_TUPLE) return ERR_OK;
    enum err err = fn(task, arg, &rows);
    if (err == ERR_OK) err = pg_rows_check(task, &rows);
    if (err != ERR_OK) pg_session_abandon(session);
    return err;
}

static enum err next_row(struct task *task, struct pg_session *session, PGresult **result) {
    uint64_t started_us = clock_now_us();
    enum err err = pg_session_next_result(task, session, result);
    pg_cost_add_time(task, started_us);
    return err;
}

/* Behind an error of the statement nothing comes but the end; behind one of fn the session is lost. */
static enum err take_rows(struct task *task, struct pg_session *session, pg_row_fn fn, void *arg,
                          const char *statement) {
    PGresult *result;
    enum err err;
    while ((err = next_row(task, session, &result)) == ERR_OK && result != NULL) {
        err = take_row(task, session, result, fn, arg, statement);
        PQclear(result);
        if (err == ERR_OK) continue;
        if (session->conn == NULL) return err;
        struct fault fault = task->fault;
        if (pg_session_finish(task, session, NULL, statement) == ERR_OK) task->fault = fault;
        return err;
    }
    return err;
}

enum err pg_session_stream(struct task *task, struct pg_session *session, const struct pg_statement *statement,
                           const struct pg_params *params, pg_row_fn fn, void *arg) {
    uint64_t started_us = clock_now_us();
    enum err err = pg_session_send(task, session, statement, params);
    pg_cost_add(task, started_us, err);
    if (err != ERR_OK) return err;
    if (PQsetSingleRowMode(session->conn) == 0) return pg_session_break(task, session, ERR_INDEX_UNAVAILABLE);
    return take_rows(task, session, fn, arg, statement->name);
}
