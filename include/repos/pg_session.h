/* One connection to PostgreSQL that belongs to one task at a time, from a coroutine. Whoever opened or leased it owns
 * it; the reactor's thread. Errors as in repos/pg.h; after any but ERR_INTERNAL the session is lost. */
#ifndef DAPPD_REPOS_PG_SESSION_H
#define DAPPD_REPOS_PG_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/task.h"
#include "repos/pg_value.h"

/* One row of a repo's table of SQL. It is prepared on a connection when it is first needed there. */
struct pg_statement {
    const char *name; /* of the prepared statement: unique among all repos */
    int n_params;
    const char *sql;
};

/* The statements of every repo; a lint prepares each on the migrated schema. */
struct pg_statement_table {
    const char *repo;
    const struct pg_statement *statements;
    size_t n;
};
extern const struct pg_statement_table pg_statement_tables[];
extern const size_t pg_statement_tables_count;

struct pg_session;

struct pg_session_options {
    const char *url;              /* secret */
    const char *application_name; /* in pg_stat_activity */
    uint64_t connect_timeout_ms;
    uint64_t statement_timeout_ms; /* 0: none but the task's deadline */
};

/* A connection outside the reactor's pool, for work that holds on to it: the indexer, migrations. Out: the session,
 * from the beginning, so that another coroutine can cut the opening short; NULL when it fails. */
enum err pg_session_open(struct task *task, struct pg_session **out,
                         const struct pg_session_options *options) MUST_CHECK;
void pg_session_close(struct pg_session *session);

/* From another coroutine of its reactor: what is being waited for ends with ERR_TIMEOUT, and the session is lost. */
void pg_session_cut_short(struct pg_session *session);

/* Nothing more can be done with it. */
bool pg_session_is_lost(const struct pg_session *session);

enum err pg_session_query(struct task *task, struct pg_session *session, struct pg_rows *rows,
                          const struct pg_statement *statement, const struct pg_params *params) MUST_CHECK;

/* One or more commands as text, without parameters: BEGIN, COMMIT, DDL. */
enum err pg_session_execute(struct task *task, struct pg_session *session, const char *sql) MUST_CHECK;

/* Rows one after the other, never all in memory. The row is number 0 of rows. fn may wait; an error of its ends the
 * stream and is returned. */
typedef enum err (*pg_row_fn)(struct task *task, void *arg, struct pg_rows *rows);
enum err pg_session_stream(struct task *task, struct pg_session *session, const struct pg_statement *statement,
                           const struct pg_params *params, pg_row_fn fn, void *arg) MUST_CHECK;

/* COPY ... FROM STDIN: begin, write in pieces of any size, end. Out: rows, how many were copied. */
enum err pg_session_copy_begin(struct task *task, struct pg_session *session, const char *sql) MUST_CHECK;
enum err pg_session_copy_write(struct task *task, struct pg_session *session, const void *data, size_t len) MUST_CHECK;
enum err pg_session_copy_end(struct task *task, struct pg_session *session, uint64_t *rows) MUST_CHECK;

/* SQLSTATE of what was refused last, "" before; also when that has lost the session. */
const char *pg_session_sqlstate(const struct pg_session *session);

#endif
