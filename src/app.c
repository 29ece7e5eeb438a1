/* Builds everything in order, runs a reactor per thread, and takes it all down in reverse. Owns every long-lived
 * object. Reactor 0 runs on the main thread: it takes the signals and follows the chains.
 *
 * Shutdown: a signal starts drain() on every reactor; each stops accepting and waits for its requests; when the last
 * has none left, reactor 0 ends the chains' followers and stops all loops. */
#include "app.h"

#include <curl/curl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/listen_address.h"
#include "core/log.h"
#include "core/metrics.h"
#include "http/listener.h"
#include "http/router.h"
#include "http/server.h"
#include "http/status.h"
#include "middleware/middleware.h"
#include "repos/pg.h"
#include "rpc/rpc.h"
#include "rpc/state.h"

enum {
    DRAIN_POLL_MS = 10,
    DRAIN_SLACK_MS = 1000,
    MAX_COROUTINES = 24000, /* all reactors together */
    LOOP_DESCRIPTORS = 12,  /* a reactor's own: epoll, wake-up, listening socket */
    NODE_DESCRIPTORS = 80,  /* its connections to nodes */
    OTHER_DESCRIPTORS = 16  /* standard streams, libraries */
};

struct worker {
    struct runtime *runtime;
    unsigned index;
    int listen_fd;
    struct reactor *reactor;
    struct reactor_rpc *rpc;
    struct server *server;
    uint64_t drain_limit_ms;
    uv_thread_t thread; /* of all but worker 0 */
};

struct runtime {
    struct app app;
    struct listen_address address;
    struct worker *workers;
    size_t max_connections;
    uv_barrier_t started; /* all reactors exist: posts may begin */
    atomic_uint draining; /* workers that still have requests */
    uv_signal_t signals[2];
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
    const struct server_options options = {
        .app = &worker->runtime->app,
        .listen_fd = worker->listen_fd,
        .handle = middleware_run,
        .limits = {.max_uri_bytes = config->max_uri_bytes,
                   .max_header_bytes = config->max_header_bytes,
                   .max_body_bytes = config->max_body_bytes,
                   .max_bodies_bytes = max_size(share(config->max_bodies_bytes, app->threads), config->max_body_bytes),
                   .max_connections = share(worker->runtime->max_connections, app->threads),
                   .max_in_flight = share(config->max_in_flight, app->threads),
                   .idle_timeout_ms = config->idle_timeout_ms,
                   .receive_timeout_ms = config->receive_timeout_ms,
                   .send_timeout_ms = config->send_timeout_ms},
    };
    worker->server = server_start(worker->reactor, &options);
    if (worker->server == NULL) abort(); /* out of descriptors before the first request */
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
    while (!server_is_drained(worker->server) && reactor_now_ms(worker->reactor) < end_ms) {
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
    server_quiesce(worker->server, worker->drain_limit_ms);
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
    listener_cleanup(&runtime->address); /* while the path is still ours: a successor may take it from here on */
    for (unsigned i = 0; i < runtime->app.threads; i++) {
        reactor_post(runtime->workers[i].reactor, begin_drain, &runtime->workers[i]);
    }
}

static void take_signals(struct runtime *runtime) {
    static const int numbers[] = {SIGTERM, SIGINT};
    uv_loop_t *loop = reactor_loop(runtime->workers[0].reactor);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        uv_signal_t *handle = &runtime->signals[i];
        if (uv_signal_init(loop, handle) != 0 || uv_signal_start(handle, on_signal, numbers[i]) != 0) abort();
        handle->data = runtime;
    }
}

static void announce(struct runtime *runtime) {
    char text[LISTEN_TEXT_BYTES];
    log_write(LOG_APP, LOG_INFO, "listening", LOG_STR("address", listen_address_format(text, &runtime->address)),
              LOG_STR("version", DAPPD_VERSION), LOG_U64("threads", runtime->app.threads),
              LOG_U64("chains", runtime->app.n_chains), LOG_STR("config", runtime->app.config->file),
              LOG_US_AS_MS("start_ms", clock_now_us() - runtime->app.started_us));
}

static void run_worker(void *arg) {
    struct worker *worker = arg;
    struct runtime *runtime = worker->runtime;
    metrics_use_shard(worker->index);
    worker->reactor = reactor_new(worker->index);
    reactor_set_room(worker->reactor, share(MAX_COROUTINES, runtime->app.threads));
    worker->rpc = rpc_attach(worker->reactor);
    start_server(worker);
    if (worker->index == 0) take_signals(runtime);
    (void)uv_barrier_wait(&runtime->started);
    if (worker->index == 0) {
        for (size_t i = 0; i < runtime->app.n_chains; i++) chain_follow(runtime->app.chains[i], worker->reactor);
        announce(runtime);
    }
    reactor_run(worker->reactor);
    server_stop(worker->server);
    rpc_detach(worker->rpc);
}

/* Worker 0 is this thread. Reactors are freed when all have stopped, since they post to one another. */
static void run_workers(struct runtime *runtime) {
    unsigned n = runtime->app.threads;
    if (uv_barrier_init(&runtime->started, n) != 0) abort();
    atomic_store(&runtime->draining, n);
    for (unsigned i = 1; i < n; i++) {
        if (uv_thread_create(&runtime->workers[i].thread, run_worker, &runtime->workers[i]) != 0) abort();
    }
    run_worker(&runtime->workers[0]);
    for (unsigned i = 1; i < n; i++) (void)uv_thread_join(&runtime->workers[i].thread);
    for (unsigned i = 0; i < n; i++) reactor_free(runtime->workers[i].reactor);
    uv_barrier_destroy(&runtime->started);
}

static void make_chains(struct app *app) {
    const struct config *config = app->config;
    const struct rpc_limits limits = {.connect_timeout_ms = config->rpc_connect_timeout_ms,
                                      .attempt_timeout_ms = config->rpc_attempt_timeout_ms,
                                      .max_reply_bytes = config->rpc_max_reply_bytes,
                                      .max_batch = config->rpc_max_batch};
    app->chains = calloc(config->n_chains, sizeof *app->chains);
    if (app->chains == NULL) abort();
    size_t upstream_label = 0;
    for (size_t i = 0; i < config->n_chains; i++) {
        app->chains[i] = chain_new(&config->chains[i], &limits, app->cache, i, upstream_label);
        upstream_label += config->chains[i].n_upstreams;
    }
    app->n_chains = config->n_chains;
}

static void set_metric_labels(const struct config *config) {
    static const char *const kinds[CACHE_KIND_COUNT] = {
        [CACHE_AMOUNT] = "amount", [CACHE_TOKEN] = "token", [CACHE_BLOCK] = "block", [CACHE_CODE] = "code"};
    const char *outcomes[RPC_OUTCOME_COUNT];
    for (size_t i = 0; i < RPC_OUTCOME_COUNT; i++) outcomes[i] = rpc_outcome_name((enum rpc_outcome)i);
    size_t n_upstreams = 0;
    for (size_t i = 0; i < config->n_chains; i++) n_upstreams += config->chains[i].n_upstreams;
    const char **chains = calloc(config->n_chains, sizeof *chains);
    const char **upstreams = calloc(n_upstreams, sizeof *upstreams);
    if (chains == NULL || upstreams == NULL) abort();
    size_t u = 0;
    for (size_t i = 0; i < config->n_chains; i++) {
        chains[i] = config->chains[i].name;
        for (size_t j = 0; j < config->chains[i].n_upstreams; j++) upstreams[u++] = config->chains[i].upstreams[j].name;
    }
    router_set_metric_labels();
    status_set_metric_labels();
    state_set_metric_labels();
    pg_set_metric_labels();
    metrics_set_label_values(METRIC_LABEL_CACHE, kinds, CACHE_KIND_COUNT);
    metrics_set_label_values(METRIC_LABEL_OUTCOME, outcomes, RPC_OUTCOME_COUNT);
    metrics_set_label_values(METRIC_LABEL_CHAIN, chains, config->n_chains);
    metrics_set_label_values(METRIC_LABEL_UPSTREAM, upstreams, n_upstreams);
    free(chains);
    free(upstreams);
}

/* Each connection is a descriptor: takes all that the system allows, and leaves so many to each reactor for its loop
 * and its connections to nodes that clients can never use them all up. Returns how many connections that allows, 0: too
 * few to start. */
static size_t allowed_connections(const struct config *config, unsigned threads) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return config->max_connections;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0 && getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
    size_t wanted = config->max_connections, all = limit.rlim_cur;
    size_t needed = threads * LOOP_DESCRIPTORS + OTHER_DESCRIPTORS;
    size_t for_nodes = threads * NODE_DESCRIPTORS < all / 4 ? threads * NODE_DESCRIPTORS : all / 4;
    if (all <= needed + for_nodes) {
        log_write(LOG_APP, LOG_ERROR, "the limit of open files is too low", LOG_U64("limit", all),
                  LOG_U64("needed", needed + for_nodes + 1));
        return 0;
    }
    size_t possible = all - needed - for_nodes;
    if (possible >= wanted) return wanted;
    log_write(LOG_APP, LOG_WARN, "the limit of open files allows fewer connections than max_connections",
              LOG_U64("limit", all), LOG_U64("connections", possible));
    return possible;
}

static bool open_listeners(struct runtime *runtime) {
    unsigned n = runtime->app.threads;
    const char *listen = runtime->app.config->listen;
    char problem[LISTENER_PROBLEM_BYTES];
    int *fds = calloc(n, sizeof *fds);
    if (fds == NULL) abort();
    if (listen_address_parse(&runtime->address, listen, strlen(listen)) != ERR_OK) abort(); /* config_load checked it */
    bool ok = listener_open(fds, n, &runtime->address, problem) == ERR_OK;
    for (unsigned i = 0; ok && i < n; i++) runtime->workers[i].listen_fd = fds[i];
    if (!ok) log_write(LOG_APP, LOG_ERROR, problem);
    free(fds);
    return ok;
}

static unsigned count_threads(const struct config *config) {
    return config->threads > 0 ? (unsigned)config->threads : uv_available_parallelism();
}

static void serve(struct runtime *runtime) {
    struct app *app = &runtime->app;
    metrics_start(app->threads + 1);
    set_metric_labels(app->config);
    app->cache = cache_new(app->config->cache_bytes);
    make_chains(app);
    run_workers(runtime);
    for (size_t i = 0; i < app->n_chains; i++) chain_free(app->chains[i]);
    free(app->chains);
    cache_free(app->cache);
    metrics_stop();
}

int app_serve(const struct config *config) {
    struct runtime *runtime = calloc(1, sizeof *runtime);
    if (runtime == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) abort();
    (void)signal(SIGPIPE, SIG_IGN);
    runtime->app.config = config;
    runtime->app.threads = count_threads(config);
    runtime->app.started_us = clock_now_us();
    runtime->workers = calloc(runtime->app.threads, sizeof *runtime->workers);
    if (runtime->workers == NULL) abort();
    for (unsigned i = 0; i < runtime->app.threads; i++) {
        runtime->workers[i].runtime = runtime;
        runtime->workers[i].index = i;
    }
    runtime->max_connections = allowed_connections(config, runtime->app.threads);
    bool opened = runtime->max_connections > 0 && open_listeners(runtime);
    if (opened) {
        serve(runtime);
        log_write(LOG_APP, LOG_INFO, "stopped");
    }
    free(runtime->workers);
    free(runtime);
    curl_global_cleanup();
    return opened ? 0 : 1;
}
