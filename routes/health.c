/* How the process and its chains are: for load balancers, operators and Prometheus. The request's coroutine. */

#include "app.h"
#include "core/clock.h"
#include "core/metrics.h"
#include "handlers.h"

enum { READY_MAX_REASONS = 8 };

enum err route_health(struct request *req, struct response *res) {
    static const char body[] = "{\"status\":\"ok\"}\n";
    (void)req;
    response_static(res, "application/json", body, sizeof body - 1);
    return ERR_OK;
}

struct reason {
    const char *chain;
    const char *code;
    const char *detail;
};

struct readiness {
    bool ready;
    bool draining;
    struct reason reasons[READY_MAX_REASONS];
    size_t n_reasons;
};

static void render_ready(struct json_out *out, const void *view) {
    const struct readiness *readiness = view;
    json_out_object_begin(out);
    json_out_key_bool(out, "ready", readiness->ready);
    json_out_key(out, "reasons");
    json_out_array_begin(out);
    for (size_t i = 0; i < readiness->n_reasons; i++) {
        const struct reason *reason = &readiness->reasons[i];
        json_out_object_begin(out);
        if (reason->chain != NULL) json_out_key_str(out, "chain", reason->chain);
        json_out_key_str(out, "code", reason->code);
        json_out_key_str(out, "detail", reason->detail);
        json_out_object_end(out);
    }
    json_out_array_end(out);
    json_out_object_end(out);
}

static void add_reason(struct readiness *readiness, const char *chain, const char *code, const char *detail) {
    readiness->ready = false;
    if (readiness->n_reasons == READY_MAX_REASONS) return;
    readiness->reasons[readiness->n_reasons++] = (struct reason){.chain = chain, .code = code, .detail = detail};
}

struct probe {
    const struct app *app;
    struct fault *faults; /* one for each chain */
};

static void probe_chain(struct task *task, void *arg, size_t i) {
    const struct probe *probe = arg;
    const struct block_spec latest = {.kind = BLOCK_LATEST};
    struct block_ref block;
    if (chain_resolve(task, probe->app->chains[i], &block, &latest) != ERR_OK) probe->faults[i] = task->fault;
}

enum err route_ready(struct request *req, struct response *res) {
    const struct app *app = req->app;
    struct readiness *readiness = arena_alloc(req->task.arena, sizeof *readiness);
    struct fault *faults = arena_alloc(req->task.arena, app->n_chains * sizeof *faults);
    if (readiness == NULL || faults == NULL) {
        return task_fail(&req->task, ERR_OVERLOADED, "the request needs too much memory");
    }
    struct probe probe = {.app = app, .faults = faults};
    readiness->ready = true;
    task_parallel(&req->task, app->n_chains, probe_chain, &probe);
    for (size_t i = 0; i < app->n_chains; i++) {
        if (faults[i].code == ERR_OK) continue;
        add_reason(readiness, chain_name(app->chains[i]), err_info(faults[i].code)->code, faults[i].detail);
    }
    if (atomic_load(&app->draining)) {
        add_reason(readiness, NULL, err_info(ERR_SHUTTING_DOWN)->code, err_info(ERR_SHUTTING_DOWN)->title);
    }
    res->status = readiness->ready ? 200 : 503;
    if (!readiness->ready) response_header(res, "Retry-After", "1"); /* ask again soon: a probe costs little */
    response_json(res, render_ready, readiness);
    return ERR_OK;
}

static void render_status(struct json_out *out, const void *view) {
    const struct app *app = view;
    struct cache_stats cache = cache_stats(app->cache);
    json_out_object_begin(out);
    json_out_key_str(out, "version", DAPPD_VERSION);
    json_out_key_u64(out, "uptime_s", (clock_now_us() - app->started_us) / 1000000);
    json_out_key_u64(out, "threads", app->threads);
    json_out_key_u64(out, "connections", (uint64_t)metrics_value(METRIC_HTTP_CONNECTIONS, 0, 0));
    json_out_key_u64(out, "requests_in_flight", (uint64_t)metrics_value(METRIC_HTTP_IN_FLIGHT, 0, 0));
    json_out_key(out, "cache");
    json_out_object_begin(out);
    json_out_key_u64(out, "entries", cache.entries);
    json_out_key_u64(out, "bytes", cache.bytes);
    json_out_key_u64(out, "max_bytes", app->config->cache_bytes);
    json_out_object_end(out);
    json_out_key(out, "chains");
    json_out_array_begin(out);
    for (size_t i = 0; i < app->n_chains; i++) chain_render_status(app->chains[i], out);
    json_out_array_end(out);
    json_out_object_end(out);
}

enum err route_status(struct request *req, struct response *res) {
    response_json(res, render_status, req->app);
    return ERR_OK;
}

enum err route_metrics(struct request *req, struct response *res) {
    (void)req;
    res->content_type = "text/plain; version=0.0.4; charset=utf-8";
    metrics_render(&res->body);
    return ERR_OK;
}
