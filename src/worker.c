/* The threads that take requests, one reactor each. Worker 0 is the main thread: it takes the signals and follows the
 * chains; when dappd only indexes it is the only one, and has no server. Owns the reactors and what is on them.
 *
 * Shutdown: a signal ends the index thread and starts drain() on every worker; each stops accepting and waits for its
 * requests; when nobody has anything left, worker 0 ends the chains' followers and stops all loops. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/metrics.h"
#include "http/listener.h"
#include "http/server.h"
#include "middleware/middleware.h"
#include "repos/pg.h"
#include "rpc/rpc.h"
#include "runtime.h"

enum {
    DRAIN_POLL_MS = 10,
    DRAIN_SLACK_MS = 1000,
    MAX_COROUTINES = 24000 /* all reactors together */
};

struct worker {
    struct runtime *runtime;
    unsigned index;
    int listen_fd;
    struct reactor *reactor;
    struct reactor_rpc *rpc;
    struct pg *pg;         /* NULL without a database, or before it is ready */
    struct server *server; /* NULL when dappd only indexes */
    uint64_t drain_limit_ms;
    uv_signal_t signals[2]; /* of worker 0 */
    uv_thread_t thread;     /* of all but worker 0 */
};

static size_t share(uint64_t total, unsigned threads) {
    return (size_t)((total + threads - 1) / threads);
}

static size_t max_size(size_t a, size_t b) {
    return a > b ? a : b;
}

static void start_server(struct worker *worker) {
    const struct app *app = &worker->runtime->app;
    const struct config *config = app->config;
    if (!worker->runtime->serves) return;
    const struct server_options options = {
        .app = &worker->runtime->app,
        .listen_fd = worker->listen_fd,
        .handle = middleware_run,
        .limits = {.max_uri_bytes = config->max_uri_bytes,
                   .max_header_bytes = config->max_header_bytes,
                   .max_body_bytes = config->max_body_bytes,
                   .max_bodies_bytes = max_size(share(config->max_bodies_bytes, app->threads), config->max_body_bytes),
                   .max_connections = share(worker->runtime->connections, app->threads),
                   .max_in_flight = share(config->max_in_flight, app->threads),
                   .idle_timeout_ms = config->idle_timeout_ms,
                   .receive_timeout_ms = config->receive_timeout_ms,
                   .send_timeout_ms = config->send_timeout_ms},
    };
    worker->server = server_start(worker->reactor, &options);
    if (worker->server == NULL) abort(); /* out of descriptors before the first request */
}

static void attach_database(void *arg) {
    struct worker *worker = arg;
    const struct app *app = &worker->runtime->app;
    const struct config *config = app->config;
    const struct pg_options options = {.url = config->database_url,
                                       .lanes = (unsigned)config->database_lanes,
                                       .sessions = (unsigned)config->database_sessions,
                                       .max_waiting = share(config->max_in_flight, app->threads),
                                       .statement_timeout_ms = config->database_statement_timeout_ms,
                                       .connect_timeout_ms = config->database_connect_timeout_ms};
    if (worker->runtime->serves) worker->pg = pg_attach(worker->reactor, &options);
}

void workers_attach_database(struct runtime *runtime) {
    for (unsigned i = 0; i < runtime->app.threads; i++) {
        reactor_post(runtime->workers[i].reactor, attach_database, &runtime->workers[i]);
    }
}

static void stop_everything(struct runtime *runtime) {
    struct app *app = &runtime->app;
    for (size_t i = 0; i < app->n_chains; i++) chain_stop(app->chains[i]);
    for (unsigned i = 0; i < app->threads; i++) reactor_stop(runtime->workers[i].reactor);
}

/* On a coroutine of each reactor. The server refuses what comes after the limit and no request takes longer, so a
 * moment behind it the last answers are on their way. */
static void drain(void *arg) {
    struct worker *worker = arg;
    struct runtime *runtime = worker->runtime;
    uint64_t end_ms = worker->drain_limit_ms + DRAIN_SLACK_MS;
    while (worker->server != NULL && !server_is_drained(worker->server) && reactor_now_ms(worker->reactor) < end_ms) {
        reactor_sleep_ms(worker->reactor, DRAIN_POLL_MS);
    }
    atomic_fetch_sub(&runtime->draining, 1);
    if (worker->index != 0) return;
    while (atomic_load(&runtime->draining) > 0) reactor_sleep_ms(worker->reactor, DRAIN_POLL_MS);
    stop_everything(runtime);
}

static void begin_drain(void *arg) {
    struct worker *worker = arg;
    worker->drain_limit_ms = reactor_now_ms(worker->reactor) + worker->runtime->app.config->request_timeout_ms;
    if (worker->server != NULL) server_quiesce(worker->server, worker->drain_limit_ms);
    reactor_spawn(worker->reactor, drain, worker);
}

static void on_signal(uv_signal_t *handle, int number) {
    struct runtime *runtime = handle->data;
    if (atomic_exchange(&runtime->app.draining, true)) {
        log_write(LOG_APP, LOG_WARN, "second signal: exiting at once", LOG_I64("signal", number));
        log_stop();
        _exit(1);
    }
    log_write(LOG_APP, LOG_INFO, "shutting down", LOG_I64("signal", number));
    if (runtime->serves) listener_cleanup(&runtime->address); /* while the path is ours: a successor may take it */
    if (runtime->index_thread != NULL) index_thread_end(runtime->index_thread);
    for (unsigned i = 0; i < runtime->app.threads; i++) {
        reactor_post(runtime->workers[i].reactor, begin_drain, &runtime->workers[i]);
    }
}

static void take_signals(struct worker *worker) {
    static const int numbers[] = {SIGTERM, SIGINT};
    uv_loop_t *loop = reactor_loop(worker->reactor);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        uv_signal_t *handle = &worker->signals[i];
        if (uv_signal_init(loop, handle) != 0 || uv_signal_start(handle, on_signal, numbers[i]) != 0) abort();
        handle->data = worker->runtime;
    }
}

static void announce(struct runtime *runtime) {
    char text[LISTEN_TEXT_BYTES];
    const char *where = runtime->serves ? listen_address_format(text, &runtime->address) : NULL;
    log_write(LOG_APP, LOG_INFO, runtime->serves ? "listening" : "indexing only", LOG_STR("address", where),
              LOG_STR("version", DAPPD_VERSION), LOG_U64("threads", runtime->app.threads),
              LOG_U64("chains", runtime->app.n_chains), LOG_STR("config", runtime->app.config->file),
              LOG_US_AS_MS("start_ms", clock_now_us() - runtime->app.started_us));
    const struct config *config = runtime->app.config;
    if (runtime->index_thread == NULL) {
        log_write(LOG_APP, LOG_INFO, "live only: without database_url nothing is indexed");
    } else if (strcmp(config->index, "on") == 0 && !config_indexes_any(config)) {
        log_write(LOG_APP, LOG_INFO, "without index_tokens nothing is indexed here");
    }
}

/* What worker 0 does for all, once all reactors exist. */
static void lead(struct worker *worker) {
    struct runtime *runtime = worker->runtime;
    for (size_t i = 0; i < runtime->app.n_chains; i++) chain_follow(runtime->app.chains[i], worker->reactor);
    announce(runtime);
}

static void run(void *arg) {
    struct worker *worker = arg;
    struct runtime *runtime = worker->runtime;
    metrics_use_shard(worker->index);
    worker->reactor = reactor_new(worker->index);
    reactor_set_room(worker->reactor, share(MAX_COROUTINES, runtime->app.threads));
    worker->rpc = rpc_attach(worker->reactor);
    if (runtime->migrated) attach_database(worker);
    start_server(worker);
    if (worker->index == 0) take_signals(worker);
    (void)uv_barrier_wait(&runtime->started);
    if (worker->index == 0) lead(worker);
    reactor_run(worker->reactor);
    if (worker->server != NULL) server_stop(worker->server);
    if (worker->pg != NULL) pg_detach(worker->pg);
    rpc_detach(worker->rpc);
}

struct worker *workers_new(struct runtime *runtime, const int *fds) {
    struct worker *workers = calloc(runtime->app.threads, sizeof *workers);
    if (workers == NULL) abort();
    for (unsigned i = 0; i < runtime->app.threads; i++) {
        workers[i].runtime = runtime;
        workers[i].index = i;
        workers[i].listen_fd = fds != NULL ? fds[i] : -1;
    }
    return workers;
}

void workers_run(struct worker *workers) {
    unsigned n = workers->runtime->app.threads;
    for (unsigned i = 1; i < n; i++) {
        if (uv_thread_create(&workers[i].thread, run, &workers[i]) != 0) abort();
    }
    run(&workers[0]);
    for (unsigned i = 1; i < n; i++) (void)uv_thread_join(&workers[i].thread);
}

void workers_free(struct worker *workers) {
    unsigned n = workers->runtime->app.threads;
    for (unsigned i = 0; i < n; i++) reactor_free(workers[i].reactor);
    free(workers);
}
