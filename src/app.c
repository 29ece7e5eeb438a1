/* Builds everything in order, runs the threads, and takes it all down in reverse. Owns every long-lived object.
 * The main thread. */
#include "app.h"

#include <curl/curl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/metrics.h"
#include "database.h"
#include "eth/signature.h"
#include "http/listener.h"
#include "repos/pg.h"
#include "runtime.h"

enum { ABI_STORE_BYTES = 64 * 1024 * 1024 };

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

static void make_statuses(struct app *app) {
    if (app->config->database_url[0] == '\0') return;
    app->index_status = calloc(app->n_chains, sizeof *app->index_status);
    app->tx_status = calloc(app->n_chains, sizeof *app->tx_status);
    if (app->index_status == NULL || app->tx_status == NULL) abort();
    for (size_t i = 0; i < app->n_chains; i++) {
        app->index_status[i] = index_status_new();
        app->tx_status[i] = tx_status_new();
    }
}

static void free_chains(struct app *app) {
    for (size_t i = 0; i < app->n_chains; i++) {
        if (app->index_status != NULL) index_status_free(app->index_status[i]);
        if (app->tx_status != NULL) tx_status_free(app->tx_status[i]);
        chain_free(app->chains[i]);
    }
    free(app->index_status);
    free(app->tx_status);
    free(app->chains);
}

static enum err identify(struct task *task, void *arg, struct principal *out, const char *credentials, size_t len,
                         bool verify) {
    return auth_identify(task, arg, out, credentials, len, verify);
}

/* Returns false when there are no keys to sign sessions with. */
static bool make_auth(struct app *app) {
    const struct config *config = app->config;
    const struct auth_settings settings = {.domains = config->auth_domains,
                                           .keys = config->auth_keys,
                                           .data_dir = config->data_dir,
                                           .admins = config->admins,
                                           .access_ttl_s = config->access_token_ttl_s,
                                           .refresh_ttl_s = config->refresh_token_ttl_s,
                                           .nonce_ttl_s = config->nonce_ttl_s};
    char problem[KEY_RING_PROBLEM_BYTES];
    if (auth_new(&app->auth, problem, &settings, app->chains, app->n_chains, app->cache, app->index_status != NULL) !=
        ERR_OK) {
        log_write(LOG_APP, LOG_ERROR, problem);
        return false;
    }
    app->authenticator = (struct authenticator){identify, app->auth};
    return true;
}

/* What stands between a client and the handlers. */
static void make_gates(struct app *app) {
    const struct config *config = app->config;
    app->trusted_proxies = trusted_proxies_new(config->trusted_proxies);
    if (strcmp(config->rate_limit, "on") == 0) app->buckets = buckets_new(config->rate_limit_bytes);
}

static void free_gates(struct app *app) {
    if (app->buckets != NULL) buckets_free(app->buckets);
    trusted_proxies_free(app->trusted_proxies);
}

/* Reactors are freed when all threads have ended, since they post to one another. */
static void run_threads(struct runtime *runtime) {
    unsigned n = runtime->app.threads + (runtime->app.index_status != NULL ? 1 : 0);
    if (uv_barrier_init(&runtime->started, n) != 0) abort();
    atomic_store(&runtime->draining, n);
    if (runtime->app.index_status != NULL) runtime->index_thread = index_thread_start(runtime);
    workers_run(runtime->workers);
    if (runtime->index_thread != NULL) index_thread_join(runtime->index_thread);
    workers_free(runtime->workers);
    if (runtime->index_thread != NULL) index_thread_free(runtime->index_thread);
    uv_barrier_destroy(&runtime->started);
}

static bool make_workers(struct runtime *runtime) {
    const char *listen = runtime->app.config->listen;
    char problem[LISTENER_PROBLEM_BYTES];
    int *fds = calloc(runtime->app.threads, sizeof *fds);
    if (fds == NULL) abort();
    if (listen_address_parse(&runtime->address, listen, strlen(listen)) != ERR_OK) abort(); /* config_load checked it */
    bool ok = !runtime->serves || listener_open(fds, runtime->app.threads, &runtime->address, problem) == ERR_OK;
    if (ok) {
        runtime->workers = workers_new(runtime, runtime->serves ? fds : NULL);
    } else {
        log_write(LOG_APP, LOG_ERROR, problem);
    }
    free(fds);
    return ok;
}

/* Returns false when it could not start. */
static bool run(struct runtime *runtime) {
    struct app *app = &runtime->app;
    metrics_start(app->threads + 2); /* the index thread, and all that is no reactor's */
    signature_start();
    labels_set(app->config);
    app->cache = cache_new(app->config->cache_bytes);
    app->abis = abi_store_new(ABI_STORE_BYTES);
    make_chains(app);
    make_statuses(app);
    make_gates(app);
    bool starts = (!runtime->serves || make_auth(app)) && make_workers(runtime);
    if (starts) run_threads(runtime);
    auth_free(app->auth);
    free_gates(app);
    free_chains(app);
    abi_store_free(app->abis);
    cache_free(app->cache);
    signature_stop();
    metrics_stop();
    return starts;
}

/* Returns false when the database must not be used. One that cannot be reached may come back: until then dappd answers
 * live. */
static bool prepare_database(struct runtime *runtime) {
    struct fault fault;
    unsigned applied;
    if (runtime->app.config->database_url[0] == '\0') return true;
    enum err err = database_migrate_now(&fault, &applied, runtime->app.config);
    runtime->migrated = err == ERR_OK;
    if (runtime->migrated) return true;
    bool goes_on = database_may_come(err);
    log_write(LOG_DB, goes_on ? LOG_WARN : LOG_ERROR,
              goes_on ? "the database is not ready: answers are live only until it is" : "the database cannot be used",
              LOG_STR("reason", fault.detail));
    return goes_on;
}

static unsigned count_threads(const struct config *config) {
    return config->threads > 0 ? (unsigned)config->threads : uv_available_parallelism();
}

static int run_app(const struct config *config, bool serves) {
    struct runtime *runtime = calloc(1, sizeof *runtime);
    if (runtime == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) abort();
    (void)signal(SIGPIPE, SIG_IGN);
    runtime->serves = serves;
    runtime->app.config = config;
    runtime->app.threads = serves ? count_threads(config) : 1;
    runtime->app.started_us = clock_now_us();
    runtime->connections = descriptors_allow(runtime);
    bool starts = runtime->connections > 0 && prepare_database(runtime) && run(runtime);
    if (starts) log_write(LOG_APP, LOG_INFO, "stopped");
    pg_finish();
    free(runtime);
    curl_global_cleanup();
    return starts ? 0 : 1;
}

int app_serve(const struct config *config) {
    return run_app(config, true);
}

int app_index(const struct config *config) {
    return run_app(config, false);
}

int app_migrate(const struct config *config) {
    struct fault fault;
    unsigned applied;
    enum err err = database_migrate_now(&fault, &applied, config);
    pg_finish();
    if (err != ERR_OK) {
        (void)fprintf(stderr, "dappd: %s\n", fault.detail);
        return 1;
    }
    (void)printf("The database is ready: %u migration%s applied.\n", applied, applied == 1 ? "" : "s");
    return 0;
}
