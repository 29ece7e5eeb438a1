/* What the account repos have in common: changes that are made as a whole or not at all, and the errors of
 * repos/audit_repo.h. Owns nothing beyond a call; the task's coroutine. */
#ifndef DAPPD_REPOS_ACCOUNT_DB_H
#define DAPPD_REPOS_ACCOUNT_DB_H

#include "repos/audit_repo.h"
#include "repos/pg.h"

#define SQLSTATE_UNIQUE "23505"
#define SQLSTATE_FOREIGN_KEY "23503"

/* A short read. */
enum err account_read(struct task *task, struct pg_rows *rows, const struct pg_statement *statement,
                      const struct pg_params *params) MUST_CHECK;

/* A change that is one statement. Where the connection is lost, or the deadline passes, before PostgreSQL has answered,
 * the change may have been made or not, but never in part; the same holds of transactions. What PostgreSQL rolled back
 * in favour of another's transaction is done once more. */
enum err account_change(struct task *task, struct pg_rows *rows, const struct pg_statement *statement,
                        const struct pg_params *params) MUST_CHECK;

/* A change of several statements, each of which sees what others have committed before it. An error of the body's rolls
 * it all back and is returned. The body may run a second time, so it sets all that it gives. */
typedef enum err (*account_body)(struct task *task, struct pg_session *session, void *arg);
enum err account_transaction(struct task *task, account_body body, void *arg) MUST_CHECK;

/* The first four parameters of statements that write to the log: $1 now, by the wall clock of this machine as all times
 * are (no clock of the database's counts), $2 to $4 who does it. */
void account_param_log(struct pg_params *params, const struct audit_actor *by);

#endif
