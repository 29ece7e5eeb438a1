/* How the process and its chains are, for operators and Prometheus: GET /health, /status and /metrics. The request's
 * coroutine. */
#include "app.h"
#include "core/clock.h"
#include "core/metrics.h"
#include "handlers.h"
#include "services/index_service.h"

enum err route_health(struct request *req, struct response *res) {
    static const char body[] = "{\"status\":\"ok\"}\n";
    (void)req;
    response_static(res, "application/json", body, sizeof body - 1);
    return ERR_OK;
}

static void render_chain(const struct app *app, size_t i, struct json_out *out) {
    json_out_object_begin(out);
    chain_render_status(app->chains[i], out);
    json_out_key(out, "index");
    index_service_render_status(app->index_status != NULL ? app->index_status[i] : NULL, out);
    json_out_key(out, "transactions");
    index_service_render_followed(app->tx_status != NULL ? app->tx_status[i] : NULL, out);
    json_out_object_end(out);
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
    for (size_t i = 0; i < app->n_chains; i++) render_chain(app, i, out);
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
