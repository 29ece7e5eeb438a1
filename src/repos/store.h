/* What dappd keeps that is not an index of the chain: changes that are made as a whole or not at all, and an error of
 * its own for each kind of thing while the database is away. Owns nothing beyond a call; the task's coroutine. */
#ifndef DAPPD_REPOS_STORE_H
#define DAPPD_REPOS_STORE_H

#include "repos/pg.h"

#define SQLSTATE_UNIQUE "23505"
#define SQLSTATE_FOREIGN_KEY "23503"

/* A kind of thing that is kept. */
struct store {
    enum err unavailable; /* the error while its database cannot be reached */
    const char *detail;
};

/* A short read. Errors: those of repos/pg.h, store->unavailable in place of ERR_INDEX_UNAVAILABLE. */
enum err store_read(struct task *task, const struct store *store, struct pg_rows *rows,
                    const struct pg_statement *statement, const struct pg_params *params) MUST_CHECK;

/* A change that is one statement. Where the connection is lost, or the deadline passes, before PostgreSQL has answered,
 * the change may have been made or not, but never in part; the same holds of transactions. What PostgreSQL rolled back
 * in favour of another's transaction is done once more. */
enum err store_change(struct task *task, const struct store *store, struct pg_rows *rows,
                      const struct pg_statement *statement, const struct pg_params *params) MUST_CHECK;

/* Either of them in a session of the caller's, and without another try. */
enum err store_query(struct task *task, const struct store *store, struct pg_session *session, struct pg_rows *rows,
                     const struct pg_statement *statement, const struct pg_params *params) MUST_CHECK;

/* A change of several statements, each of which sees what others have committed before it. An error of the body's rolls
 * it all back and is returned. The body may run a second time, so it sets all that it gives. */
typedef enum err (*store_body)(struct task *task, struct pg_session *session, void *arg);
enum err store_transaction(struct task *task, const struct store *store, store_body body, void *arg) MUST_CHECK;

#endif
