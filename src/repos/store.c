/* Each transaction leases a session for as long as it takes; killing dappd at any point closes the connection, and
 * PostgreSQL then rolls back what was not committed. Owns nothing. The task's coroutine. */
#include "store.h"

#include <string.h>

enum { TRIES = 2 };

/* What is said of the store where the index would be named. The codes of the repos' own pass. */
static enum err tell(struct task *task, const struct store *store, enum err err) {
    int retry_after_s = task->fault.retry_after_s;
    if (err == ERR_TIMEOUT) return task_fail(task, err, "the database did not answer in time");
    if (err == ERR_INTERNAL) return task_fail(task, err, "the database cannot answer this");
    if (err != ERR_INDEX_UNAVAILABLE) return err;
    (void)task_fail(task, store->unavailable, "%s", store->detail);
    task->fault.retry_after_s = retry_after_s;
    return store->unavailable;
}

enum err store_read(struct task *task, const struct store *store, struct pg_rows *rows,
                    const struct pg_statement *statement, const struct pg_params *params) {
    return tell(task, store, pg_read(task, rows, statement, params));
}

enum err store_query(struct task *task, const struct store *store, struct pg_session *session, struct pg_rows *rows,
                     const struct pg_statement *statement, const struct pg_params *params) {
    return tell(task, store, pg_session_query(task, session, rows, statement, params));
}

/* Two transactions waited for each other, or the operator has made PostgreSQL stricter than it needs to be. */
static bool gave_way(const struct pg_session *session, enum err err) {
    const char *sqlstate = pg_session_sqlstate(session);
    return err == ERR_INDEX_UNAVAILABLE && (strcmp(sqlstate, "40001") == 0 || strcmp(sqlstate, "40P01") == 0);
}

static enum err with_session(struct task *task, const struct store *store, store_body body, void *arg) {
    enum err err = ERR_OK;
    bool again = true;
    for (int i = 0; i < TRIES && again; i++) {
        struct pg_session *session;
        err = pg_lease(task, &session);
        if (err != ERR_OK) break;
        err = body(task, session, arg);
        again = gave_way(session, err);
        pg_release(task, session); /* rolls back what is open */
    }
    return tell(task, store, err);
}

struct transaction {
    store_body body;
    void *arg;
};

/* The timeout is for a machine that vanishes without closing its connections: its locks would stay for hours. */
static enum err run_transaction(struct task *task, struct pg_session *session, void *arg) {
    const struct transaction *transaction = arg;
    static const char begin[] = "BEGIN ISOLATION LEVEL READ COMMITTED;"
                                "SET LOCAL idle_in_transaction_session_timeout = '10s'";
    enum err err = pg_session_execute(task, session, begin);
    if (err == ERR_OK) err = transaction->body(task, session, transaction->arg);
    return err == ERR_OK ? pg_session_execute(task, session, "COMMIT") : err;
}

enum err store_transaction(struct task *task, const struct store *store, store_body body, void *arg) {
    struct transaction transaction = {.body = body, .arg = arg};
    return with_session(task, store, run_transaction, &transaction);
}

struct change {
    struct pg_rows *rows;
    const struct pg_statement *statement;
    const struct pg_params *params;
};

static enum err run_change(struct task *task, struct pg_session *session, void *arg) {
    const struct change *change = arg;
    return pg_session_query(task, session, change->rows, change->statement, change->params);
}

enum err store_change(struct task *task, const struct store *store, struct pg_rows *rows,
                      const struct pg_statement *statement, const struct pg_params *params) {
    struct change change = {.rows = rows, .statement = statement, .params = params};
    return with_session(task, store, run_change, &change);
}
