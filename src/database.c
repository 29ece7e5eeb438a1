/* Brings the database to the schema that this dappd works with: at start, by `dappd migrate`, and later when it could
 * not be reached at start. Owns the session for that time.
 * The main thread before others start, or the index thread. */
#include "database.h"

#include "repos/migrate.h"

enum {
    LIMIT_MS = 20 * 1000, /* beside the time to connect: for a look at the schema, and the wait for another instance */
    ARENA_BYTES = 1024 * 1024
};

enum err database_migrate(struct task *task, struct pg_session **session, unsigned *applied,
                          const struct config *config) {
    const struct pg_session_options options = {.url = config->database_url,
                                               .application_name = "dappd migrate",
                                               .connect_timeout_ms = config->database_connect_timeout_ms};
    *applied = 0;
    task->deadline_ms = reactor_now_ms(task->reactor) + config->database_connect_timeout_ms + LIMIT_MS;
    enum err err = pg_session_open(task, session, &options);
    if (err == ERR_OK) err = migrate_run(task, *session, applied);
    pg_session_close(*session);
    *session = NULL;
    return err;
}

bool database_may_come(enum err err) {
    return err == ERR_INDEX_UNAVAILABLE || err == ERR_TIMEOUT;
}

/* A migration on a coroutine of a reactor of its own. */
struct attempt {
    struct task task;
    const struct config *config;
    enum err err;
    unsigned applied;
};

static void run(void *arg) {
    struct attempt *attempt = arg;
    struct pg_session *session = NULL;
    attempt->err = database_migrate(&attempt->task, &session, &attempt->applied, attempt->config);
}

enum err database_migrate_now(struct fault *fault, unsigned *applied, const struct config *config) {
    struct reactor *reactor = reactor_new(0);
    struct attempt attempt = {.config = config};
    attempt.task = (struct task){.reactor = reactor, .arena = arena_new(ARENA_BYTES), .name = "migrate"};
    reactor_spawn(reactor, run, &attempt);
    reactor_stop(reactor); /* it ends when the coroutine has */
    reactor_run(reactor);
    *fault = attempt.task.fault;
    *applied = attempt.applied;
    arena_free(attempt.task.arena);
    reactor_free(reactor);
    return attempt.err;
}
