/* COPY ... FROM STDIN: pieces go out as fast as the server takes them, and no faster. The session belongs to the
 * caller.
 * On the reactor's thread, in a coroutine. */
#include <errno.h>
#include <stdlib.h>

#include "core/clock.h"
#include "pg_cost.h"
#include "pg_session_internal.h"

enum { PIECE_BYTES = 256 * 1024 }; /* what libpq holds back at most while the server is slow */

enum err pg_session_copy_begin(struct task *task, struct pg_session *session, const char *sql) {
    uint64_t started_us = clock_now_us();
    PGresult *result;
    if (session->conn == NULL) return pg_error_fail(task, ERR_INDEX_UNAVAILABLE);
    if (PQsendQuery(session->conn, sql) == 0) return pg_session_break(task, session, ERR_INDEX_UNAVAILABLE);
    enum err err = pg_session_finish(task, session, &result, NULL);
    pg_cost_add(task, started_us, err);
    if (err != ERR_OK) return err;
    bool copying = PQresultStatus(result) == PGRES_COPY_IN;
    PQclear(result);
    return copying ? ERR_OK : task_fail(task, ERR_INTERNAL, "the command copies nothing");
}

/* When the server refuses a row it throws away what follows; the end of the copy tells. */
static enum err write_piece(struct task *task, struct pg_session *session, const char *data, size_t len) {
    if (PQputCopyData(session->conn, data, (int)len) != 1) {
        return pg_session_break(task, session, ERR_INDEX_UNAVAILABLE);
    }
    return pg_session_flush(task, session);
}

enum err pg_session_copy_write(struct task *task, struct pg_session *session, const void *data, size_t len) {
    uint64_t started_us = clock_now_us();
    const char *at = data;
    enum err err = session->conn == NULL ? pg_error_fail(task, ERR_INDEX_UNAVAILABLE) : ERR_OK;
    while (err == ERR_OK && len > 0) {
        size_t n = len < PIECE_BYTES ? len : PIECE_BYTES;
        err = write_piece(task, session, at, n);
        at += n;
        len -= n;
    }
    pg_cost_add_time(task, started_us);
    return err;
}

enum err pg_session_copy_end(struct task *task, struct pg_session *session, uint64_t *rows) {
    uint64_t started_us = clock_now_us();
    PGresult *result;
    *rows = 0;
    if (session->conn == NULL) return pg_error_fail(task, ERR_INDEX_UNAVAILABLE);
    if (PQputCopyEnd(session->conn, NULL) != 1) return pg_session_break(task, session, ERR_INDEX_UNAVAILABLE);
    enum err err = pg_session_finish(task, session, &result, NULL);
    pg_cost_add_time(task, started_us);
    if (err != ERR_OK) return err;
    *rows = strtoull(PQcmdTuples(result), NULL, 10);
    PQclear(result);
    return ERR_OK;
}
