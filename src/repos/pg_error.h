/* What goes wrong between dappd and PostgreSQL, in dappd's words to clients and in PostgreSQL's words to the log. Owns
 * nothing; the task's coroutine. */
#ifndef DAPPD_REPOS_PG_ERROR_H
#define DAPPD_REPOS_PG_ERROR_H

#include <libpq-fe.h>

#include "core/log.h"
#include "core/task.h"

enum { PG_SQLSTATE_BYTES = 6, PG_RETRY_AFTER_S = 1 };

/* In: SQLSTATE, NULL or "" where PostgreSQL has said nothing: the connection broke. */
enum err pg_error_of(const char *sqlstate);

/* SQLSTATE of a result; "" when it has none. */
const char *pg_error_sqlstate(const PGresult *result);

/* Records an error of repos/pg.h with its public detail. Returns it. */
enum err pg_error_fail(struct task *task, enum err err);

/* In: statement, its name, NULL for commands. */
void pg_error_log_result(const PGresult *result, const char *statement);

/* Why there is no connection. In: problem, NULL: what libpq says of conn, without addresses, which are secret. */
void pg_error_log_connection(PGconn *conn, const char *problem, enum log_level level);

/* A connection that there was has broken. */
void pg_error_log_loss(PGconn *conn);

#endif
