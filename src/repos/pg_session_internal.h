/* What the parts of a session share: the connection, and how its coroutine waits for it. Owned as repos/pg_session.h
 * says; the reactor's thread. */
#ifndef DAPPD_REPOS_PG_SESSION_INTERNAL_H
#define DAPPD_REPOS_PG_SESSION_INTERNAL_H

#include <libpq-fe.h>

#include "core/fd_watch.h"
#include "pg_connector.h"
#include "pg_error.h"
#include "pg_prepared.h"
#include "repos/pg_session.h"

struct pg_session {
    struct reactor *reactor;
    PGconn *conn; /* NULL once it is lost */
    struct fd_watch *watch;
    struct waiter *waiting; /* the coroutine's, while it waits */
    struct pg_prepared prepared;
    char sqlstate[PG_SQLSTATE_BYTES];
    struct pg_session *next; /* in the pool: of those that are idle, or of those that are leased */
    bool for_long;           /* while it is leased: counted in n_for_long */
};

/* Without a connection. */
struct pg_session *pg_session_new(struct reactor *reactor);

/* Waits for an attempt to connect. */
enum err pg_session_connect(struct task *task, struct pg_session *session,
                            const struct pg_connector_options *how) MUST_CHECK;

/* Closes the connection; the session remains for its owner to close. */
void pg_session_lose(struct pg_session *session);

/* Loses it, for the reason given, and records the error. */
enum err pg_session_break(struct task *task, struct pg_session *session, enum err err);

/* The deadline has passed, or nobody wants the rest: has the query cancelled too. */
void pg_session_abandon(struct pg_session *session);

/* Records what a result says and, unless the session can go on, loses it. In: statement, its name, or NULL. */
enum err pg_session_refuse(struct task *task, struct pg_session *session, const PGresult *result,
                           const char *statement);

/* Sends what waits to be sent. */
enum err pg_session_flush(struct task *task, struct pg_session *session) MUST_CHECK;

/* Out: *result, the caller's; NULL behind the last one of a command. */
enum err pg_session_next_result(struct task *task, struct pg_session *session, PGresult **result) MUST_CHECK;

/* Takes all results of what was sent. Out: *result, the caller's: the last one, NULL when one was an error. In: result
 * may be NULL. */
enum err pg_session_finish(struct task *task, struct pg_session *session, PGresult **result,
                           const char *statement) MUST_CHECK;

/* Sends a statement, which is prepared first where it is not. */
enum err pg_session_send(struct task *task, struct pg_session *session, const struct pg_statement *statement,
                         const struct pg_params *params) MUST_CHECK;

/* Gives a result to the task's arena. */
enum err pg_rows_keep(struct task *task, struct pg_rows *rows, PGresult *result) MUST_CHECK;

#endif
