/* The thread of the index: waits for the database where it was not there at start, then indexes what of each chain is
 * configured or registered to be, or watches what other instances make of them, follows the transactions that were
 * handed over, registers the contracts of the configuration, and sweeps what accounts no longer need. Owns the
 * indexers, watches, followers, registrar and sweeper, and its reactor. Everything here runs on that thread unless it
 * says otherwise. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/log.h"
#include "core/metrics.h"
#include "database.h"
#include "indexer/indexer.h"
#include "indexer/tx_follower.h"
#include "repos/pg.h"
#include "rpc/rpc.h"
#include "registrar.h"
#include "runtime.h"
#include "sweeper.h"

enum { FIRST_PAUSE_MS = 500, LAST_PAUSE_MS = 15 * 1000, CUT_MS = 20, ARENA_BYTES = 1024 * 1024, LANES = 1 };
enum { READS_AT_ONCE = 10 /* of the watch and the follower of one chain */ };

struct index_thread {
    struct runtime *runtime;
    struct reactor *reactor;
    struct reactor_rpc *rpc;
    struct pg *pg;
    struct indexer **indexers;      /* of each chain, or NULL */
    struct index_watch **watches;   /* likewise */
    struct tx_follower **followers; /* likewise */
    struct sweeper *sweeper;        /* NULL before the database is ready */
    struct registrar *registrar;    /* likewise */
    struct pg_session *migrating;
    struct waiter pause; /* between two tries to reach the database */
    bool preparing;
    bool ending;
    uv_thread_t thread;
};

static void set_phase(struct index_status *status, enum index_phase phase) {
    struct index_report report = index_status_get(status);
    report.phase = phase;
    index_status_set(status, &report);
}

static bool is_configured(const struct config *config, size_t i) {
    return config->indexes[i].every || config->indexes[i].n_tokens > 0;
}

/* `dappd index` is there for nothing else. */
static bool indexes_here(const struct runtime *runtime) {
    return !runtime->serves || strcmp(runtime->app.config->index, "on") == 0;
}

/* Before the threads start, so that no request sees less. Where no token is configured, nothing is to be indexed until
 * a contract is found to be registered. */
static void announce_phases(const struct runtime *runtime) {
    const struct app *app = &runtime->app;
    for (size_t i = 0; i < app->n_chains; i++) {
        bool off = indexes_here(runtime) && !is_configured(app->config, i);
        set_phase(app->index_status[i], off ? INDEX_OFF : INDEX_CONNECTING);
    }
}

static struct indexer *start_indexer(struct index_thread *thread, size_t i) {
    const struct app *app = &thread->runtime->app;
    const struct indexer_options options = {
        .chain = app->chains[i],
        .config = &app->config->indexes[i],
        .database_url = app->config->database_url,
        .connect_timeout_ms = app->config->database_connect_timeout_ms,
        .workers = (unsigned)app->config->index_workers,
        .label = i,
        .progress = isatty(STDERR_FILENO) != 0,
        .status = app->index_status[i],
    };
    return indexer_start(thread->reactor, &options);
}

static struct tx_follower *start_follower(struct index_thread *thread, size_t i) {
    const struct app *app = &thread->runtime->app;
    const struct tx_follower_options options = {
        .chain = app->chains[i],
        .database_url = app->config->database_url,
        .connect_timeout_ms = app->config->database_connect_timeout_ms,
        .nodes = (unsigned)app->config->tx_nodes,
        .resend_s = app->config->tx_resend_s,
        .grace_s = app->config->request_timeout_ms / 1000 + 1,
        .drop_after_s = app->config->tx_drop_after_s,
        .label = i,
        .status = app->tx_status[i],
    };
    return tx_follower_start(thread->reactor, &options);
}

static void start_chains(struct index_thread *thread) {
    const struct app *app = &thread->runtime->app;
    for (size_t i = 0; i < app->n_chains; i++) {
        if (indexes_here(thread->runtime)) thread->followers[i] = start_follower(thread, i);
        if (!indexes_here(thread->runtime)) {
            thread->watches[i] = index_watch_start(thread->reactor, app->chains[i], app->index_status[i]);
        } else {
            thread->indexers[i] = start_indexer(thread, i);
        }
    }
}

static void attach_database(struct index_thread *thread) {
    const struct config *config = thread->runtime->app.config;
    const struct pg_options options = {.url = config->database_url,
                                       .lanes = LANES,
                                       .sessions = 2, /* of the sweeper and the registrar */
                                       .max_waiting = READS_AT_ONCE * config->n_chains + 1,
                                       .statement_timeout_ms = config->database_statement_timeout_ms,
                                       .connect_timeout_ms = config->database_connect_timeout_ms};
    thread->pg = pg_attach(thread->reactor, &options);
}

/* Until the end is near, or for that long. */
static void rest(struct index_thread *thread, uint64_t ms) {
    waiter_init(&thread->pause, thread->reactor);
    enum err err = waiter_wait(&thread->pause, reactor_now_ms(thread->reactor) + ms);
    (void)err;
}

/* Returns true once the database can be used; false when the end has come before. */
static bool wait_for_database(struct index_thread *thread) {
    struct task task = {.reactor = thread->reactor, .name = "migrate"};
    uint64_t pause_ms = FIRST_PAUSE_MS;
    while (!thread->ending) {
        unsigned applied;
        task.arena = arena_new(ARENA_BYTES);
        enum err err = database_migrate(&task, &thread->migrating, &applied, thread->runtime->app.config);
        arena_free(task.arena);
        if (err == ERR_OK) return !thread->ending;
        if (thread->ending) break;
        log_write(LOG_DB, database_may_come(err) ? LOG_WARN : LOG_ERROR, "the database is not ready",
                  LOG_STR("reason", task.fault.detail), LOG_U64("retry_ms", pause_ms));
        rest(thread, pause_ms);
        pause_ms = 2 * pause_ms < LAST_PAUSE_MS ? 2 * pause_ms : LAST_PAUSE_MS;
    }
    return false;
}

static void prepare(void *arg) {
    struct index_thread *thread = arg;
    struct runtime *runtime = thread->runtime;
    bool ready = runtime->migrated || wait_for_database(thread);
    if (ready) {
        attach_database(thread);
        if (!runtime->migrated) workers_attach_database(runtime);
        start_chains(thread);
        thread->sweeper = sweeper_start(thread->reactor);
        thread->registrar = registrar_start(thread->reactor, &runtime->app);
    }
    thread->preparing = false;
}

/* On a coroutine: until the wait for the database is over. */
static void cut_short(void *arg) {
    struct index_thread *thread = arg;
    while (thread->preparing) {
        if (thread->migrating != NULL) pg_session_cut_short(thread->migrating);
        waiter_wake(&thread->pause, ERR_OK);
        reactor_sleep_ms(thread->reactor, CUT_MS);
    }
}

static void end(void *arg) {
    struct index_thread *thread = arg;
    thread->ending = true;
    reactor_spawn(thread->reactor, cut_short, thread);
    for (size_t i = 0; i < thread->runtime->app.n_chains; i++) {
        if (thread->indexers[i] != NULL) indexer_stop(thread->indexers[i]);
        if (thread->watches[i] != NULL) index_watch_stop(thread->watches[i]);
        if (thread->followers[i] != NULL) tx_follower_stop(thread->followers[i]);
    }
    if (thread->sweeper != NULL) sweeper_stop(thread->sweeper);
    if (thread->registrar != NULL) registrar_stop(thread->registrar);
    reactor_stop(thread->reactor);
}

static void run(void *arg) {
    struct index_thread *thread = arg;
    struct runtime *runtime = thread->runtime;
    size_t n = runtime->app.n_chains;
    metrics_use_shard(runtime->app.threads);
    thread->reactor = reactor_new(runtime->app.threads);
    thread->rpc = rpc_attach(thread->reactor);
    waiter_init(&thread->pause, thread->reactor);
    thread->preparing = true;
    (void)uv_barrier_wait(&runtime->started);
    reactor_spawn(thread->reactor, prepare, thread);
    reactor_run(thread->reactor);
    for (size_t i = 0; i < n; i++) indexer_free(thread->indexers[i]);
    for (size_t i = 0; i < n; i++) index_watch_free(thread->watches[i]);
    for (size_t i = 0; i < n; i++) tx_follower_free(thread->followers[i]);
    sweeper_free(thread->sweeper);
    registrar_free(thread->registrar);
    if (thread->pg != NULL) pg_detach(thread->pg);
    rpc_detach(thread->rpc);
    atomic_fetch_sub(&runtime->draining, 1);
}

struct index_thread *index_thread_start(struct runtime *runtime) {
    struct index_thread *thread = calloc(1, sizeof *thread);
    if (thread == NULL) abort();
    size_t n = runtime->app.n_chains;
    thread->runtime = runtime;
    thread->indexers = calloc(n, sizeof *thread->indexers);
    thread->watches = calloc(n, sizeof *thread->watches);
    thread->followers = calloc(n, sizeof *thread->followers);
    if (thread->indexers == NULL || thread->watches == NULL || thread->followers == NULL) abort();
    announce_phases(runtime);
    if (uv_thread_create(&thread->thread, run, thread) != 0) abort();
    return thread;
}

void index_thread_end(struct index_thread *thread) {
    reactor_post(thread->reactor, end, thread);
}

void index_thread_join(struct index_thread *thread) {
    (void)uv_thread_join(&thread->thread);
}

void index_thread_free(struct index_thread *thread) {
    reactor_free(thread->reactor);
    free(thread->indexers);
    free(thread->watches);
    free(thread->followers);
    free(thread);
}
