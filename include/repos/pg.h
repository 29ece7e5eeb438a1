/* A reactor's connections to PostgreSQL, from a coroutine: a few pipelined lanes that short reads share, and sessions
 * that are leased for lists, exports and transactions. What is lost is replaced by itself, with back-off. One thread.
 *
 * Errors of everything here: ERR_INDEX_UNAVAILABLE (no database configured, none reachable, or no room to wait: the
 * fault says when to come again), ERR_TIMEOUT (the task's deadline, or the statement's), ERR_INTERNAL (the database
 * refuses the statement: a bug of ours, logged with its SQLSTATE). What PostgreSQL says never reaches a client. */
#ifndef DAPPD_REPOS_PG_H
#define DAPPD_REPOS_PG_H

#include "repos/pg_session.h"
#include "repos/pg_value.h"

/* True when libpq can read the connection string; says nothing about whether there is such a database. */
bool pg_url_is_valid(const char *url);

struct pg;

struct pg_options {
    const char *url;               /* libpq connection string; secret */
    unsigned lanes;                /* connections that short reads share */
    unsigned sessions;             /* connections that may be leased at a time */
    size_t max_waiting;            /* queries waiting on the lanes, or tasks waiting for a session */
    uint64_t statement_timeout_ms; /* of what runs on a lane */
    uint64_t connect_timeout_ms;
};

/* Gives this reactor its connections; they are made when first needed. Once per reactor, before any query on it. */
struct pg *pg_attach(struct reactor *reactor, const struct pg_options *options);
void pg_detach(struct pg *pg);

/* From another coroutine of its reactor: all reads end, with ERR_INDEX_UNAVAILABLE, unless they find another lane, and
 * all waits for a session or on one with ERR_TIMEOUT. */
void pg_cut_short(struct pg *pg);

/* The connections of the task's reactor, or NULL when dappd runs without a database. */
struct pg *pg_of(const struct task *task);

/* A short read on one of the lanes. It must only read: when its connection is lost it is sent once more on another.
 * Out: rows, which live as long as the task's arena and count against its cap. */
enum err pg_read(struct task *task, struct pg_rows *rows, const struct pg_statement *statement,
                 const struct pg_params *params) MUST_CHECK;

/* A session for oneself. Waits for one until the deadline; the caller gives it back. */
enum err pg_lease(struct task *task, struct pg_session **session) MUST_CHECK;

/* The same for what may take as long as a client likes, such as an export: all of these together leave one session to
 * others, where there are several. */
enum err pg_lease_for_long(struct task *task, struct pg_session **session) MUST_CHECK;

/* Rolls back what is open. A session that is lost, or busy with a query nobody waits for any more, is closed. */
void pg_release(struct task *task, struct pg_session *session);

/* True when the last attempts to reach the database failed. */
bool pg_is_down(const struct pg *pg);

/* Before the process ends: gives what is still being cancelled a moment to get to the server. */
void pg_finish(void);

/* Before any thread counts. */
void pg_set_metric_labels(void);

#endif
