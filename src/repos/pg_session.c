/* Makes sessions and lets their coroutine wait for what libpq has to say. A session owns its connection until it is
 * lost.
 * On the reactor's thread. */
#include <stdio.h>
#include <stdlib.h>

#include "pg_cancel.h"
#include "pg_session_internal.h"

/* With nobody waiting it is the end of the connection, or the beginning of rows that are taken later: the next call
 * tells. */
static void on_readiness(void *arg, int events) {
    (void)events;
    struct pg_session *session = arg;
    if (session->waiting != NULL) {
        waiter_wake(session->waiting, ERR_OK);
    } else {
        fd_watch_want(session->watch, 0);
    }
}

struct pg_session *pg_session_new(struct reactor *reactor) {
    struct pg_session *session = calloc(1, sizeof *session);
    if (session == NULL) abort();
    session->reactor = reactor;
    return session;
}

static void take_over(struct pg_session *session, PGconn *conn) {
    session->conn = conn;
    session->watch = fd_watch_new(session->reactor, PQsocket(conn), on_readiness, session);
    if (session->watch == NULL) pg_session_lose(session);
}

void pg_session_lose(struct pg_session *session) {
    if (session->conn == NULL) return;
    fd_watch_free(session->watch);
    session->watch = NULL;
    PQfinish(session->conn);
    session->conn = NULL;
    pg_prepared_free(&session->prepared);
}

void pg_session_close(struct pg_session *session) {
    if (session == NULL) return;
    pg_session_lose(session);
    free(session);
}

void pg_session_cut_short(struct pg_session *session) {
    if (session->waiting != NULL) waiter_wake(session->waiting, ERR_TIMEOUT);
}

bool pg_session_is_lost(const struct pg_session *session) {
    return session->conn == NULL;
}

const char *pg_session_sqlstate(const struct pg_session *session) {
    return session->sqlstate;
}

enum err pg_session_break(struct task *task, struct pg_session *session, enum err err) {
    pg_session_lose(session);
    return pg_error_fail(task, err);
}

void pg_session_abandon(struct pg_session *session) {
    if (session->conn == NULL) return;
    pg_cancel_start(session->conn);
    pg_session_lose(session);
}

enum err pg_session_refuse(struct task *task, struct pg_session *session, const PGresult *result,
                           const char *statement) {
    const char *sqlstate = pg_error_sqlstate(result);
    enum err err = pg_error_of(sqlstate);
    pg_error_log_result(result, statement);
    (void)snprintf(session->sqlstate, sizeof session->sqlstate, "%s", sqlstate);
    return err == ERR_INTERNAL ? pg_error_fail(task, err) : pg_session_break(task, session, err);
}

static enum err wait_for(struct task *task, struct pg_session *session, int events) {
    struct waiter waiter;
    waiter_init(&waiter, session->reactor);
    session->waiting = &waiter;
    fd_watch_want(session->watch, events);
    enum err err = waiter_wait(&waiter, task->deadline_ms);
    session->waiting = NULL;
    if (err == ERR_OK) return ERR_OK;
    pg_session_abandon(session);
    return pg_error_fail(task, ERR_TIMEOUT);
}

/* One wait, then what has come is taken in. In: flushing, what PQflush returned. */
static enum err wait_and_read(struct task *task, struct pg_session *session, int flushing) {
    if (flushing < 0) return pg_session_break(task, session, ERR_INDEX_UNAVAILABLE);
    enum err err = wait_for(task, session, FD_READABLE | (flushing > 0 ? FD_WRITABLE : 0));
    if (err == ERR_OK && PQconsumeInput(session->conn) == 0) {
        pg_error_log_loss(session->conn);
        return pg_session_break(task, session, ERR_INDEX_UNAVAILABLE);
    }
    return err;
}

enum err pg_session_flush(struct task *task, struct pg_session *session) {
    int flushing;
    while ((flushing = PQflush(session->conn)) != 0) {
        enum err err = wait_and_read(task, session, flushing);
        if (err != ERR_OK) return err;
    }
    return ERR_OK;
}

enum err pg_session_next_result(struct task *task, struct pg_session *session, PGresult **result) {
    *result = NULL;
    int flushing = PQflush(session->conn);
    while (PQisBusy(session->conn)) {
        enum err err = wait_and_read(task, session, flushing);
        if (err != ERR_OK) return err;
        flushing = PQflush(session->conn);
    }
    *result = PQgetResult(session->conn);
    return ERR_OK;
}

/* An attempt to connect, and the coroutine that waits for it. */
struct opening {
    struct waiter waiter;
    bool done;
    PGconn *conn;
};

static void on_connection(void *arg, PGconn *conn) {
    struct opening *opening = arg;
    opening->conn = conn;
    opening->done = true;
    waiter_wake(&opening->waiter, ERR_OK);
}

/* Out: conn. */
static enum err wait_for_connection(struct task *task, struct pg_session *session, PGconn **conn,
                                    const struct pg_connector_options *how) {
    struct opening opening = {.conn = NULL};
    waiter_init(&opening.waiter, task->reactor);
    struct pg_connector *connector = pg_connector_start(task->reactor, how, on_connection, &opening);
    session->waiting = &opening.waiter;
    enum err err = waiter_wait(&opening.waiter, task->deadline_ms);
    session->waiting = NULL;
    if (err != ERR_OK) {
        if (!opening.done) pg_connector_cancel(connector);
        PQfinish(opening.conn); /* that came in the turn in which the deadline passed */
        return pg_error_fail(task, ERR_TIMEOUT);
    }
    *conn = opening.conn;
    return opening.conn != NULL ? ERR_OK : pg_error_fail(task, ERR_INDEX_UNAVAILABLE);
}

enum err pg_session_connect(struct task *task, struct pg_session *session, const struct pg_connector_options *how) {
    PGconn *conn;
    enum err err = wait_for_connection(task, session, &conn, how);
    if (err == ERR_OK) take_over(session, conn);
    return err;
}

enum err pg_session_open(struct task *task, struct pg_session **out, const struct pg_session_options *options) {
    const struct pg_connector_options how = {.url = options->url,
                                             .application_name = options->application_name,
                                             .statement_timeout_ms = options->statement_timeout_ms,
                                             .timeout_ms = options->connect_timeout_ms,
                                             .log_level = LOG_WARN};
    *out = pg_session_new(task->reactor);
    enum err err = pg_session_connect(task, *out, &how);
    if (err == ERR_OK) return ERR_OK;
    pg_session_close(*out);
    *out = NULL;
    return err;
}
