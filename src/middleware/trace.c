/* Measures each request around everything inside: trace context, Server-Timing, access log, metrics. Stateless; the
 * request's coroutine. */
#include <string.h>

#include "core/clock.h"
#include "core/hex.h"
#include "core/log.h"
#include "core/metrics.h"
#include "http/route.h"
#include "http/router.h"
#include "http/status.h"
#include "middleware/middleware.h"
#include "traceparent.h"

enum { LOGGED_PATH_BYTES = 256 };

/* Goes on with the caller's trace, as a span of our own, or begins one. */
static void join_trace(struct request *req) {
    struct trace *trace = &req->task.trace;
    const char *given = request_header(req, "traceparent");
    if (given == NULL || !traceparent_parse(trace, given, strlen(given))) {
        clock_random(trace->trace_id, sizeof trace->trace_id);
        trace->flags = 0;
    }
    clock_random(trace->span_id, sizeof trace->span_id);
}

/* The path alone: query strings may hold what people would not want in a log. Of routes that ask who it is not even
 * that: an address in it may be a user's, and is to be gone when the user is. */
static void copy_path(char out[LOGGED_PATH_BYTES], const struct request *req) {
    bool is_personal = req->route != NULL && req->route->access != ACCESS_PUBLIC;
    const char *path = is_personal ? req->route->pattern : req->target.p;
    size_t len = strcspn(path, "?");
    if (len >= LOGGED_PATH_BYTES) len = LOGGED_PATH_BYTES - 1;
    memcpy(out, path, len);
    out[len] = '\0';
}

static void log_access(struct request *req, struct response *res, uint64_t bytes) {
    char client[PEER_ADDRESS_TEXT_BYTES], proxy[PEER_ADDRESS_TEXT_BYTES], user[UUID_TEXT_BYTES], key[UUID_TEXT_BYTES];
    char trace_id[2 * 16 + 1], path[LOGGED_PATH_BYTES];
    struct peer_address peer = request_peer(req);
    const struct principal *who = &req->principal;
    if (!log_enabled(LOG_ACCESS, LOG_INFO)) return;
    copy_path(path, req);
    log_write(LOG_ACCESS, LOG_INFO, "request", LOG_STR("method", req->method_name), LOG_STR("path", path),
              LOG_STR("route", req->route != NULL ? req->route->pattern : NULL), LOG_I64("status", res->status),
              LOG_U64("bytes", bytes), LOG_US_AS_MS("duration_ms", clock_now_us() - req->started_us),
              LOG_US_AS_MS("rpc_ms", req->task.rpc_us), LOG_U64("rpc_calls", req->task.rpc_calls),
              LOG_US_AS_MS("db_ms", req->task.db_us), LOG_U64("db_queries", req->task.db_queries),
              LOG_STR("peer", peer_address_format(client, &req->client)),
              LOG_STR("proxy", peer_address_equal(&peer, &req->client) ? NULL : peer_address_format(proxy, &peer)),
              LOG_STR("user", who->has_user ? uuid_format(user, &who->user) : NULL),
              LOG_STR("key", who->kind == PRINCIPAL_KEY ? uuid_format(key, &who->id) : NULL),
              LOG_STR("request_id", req->id), LOG_STR("trace_id", hex_write(trace_id, req->task.trace.trace_id, 16)));
}

/* The time until the answer begins. */
static void measure(struct request *req, struct response *res) {
    uint64_t duration_us = clock_now_us() - req->started_us;
    response_headerf(res, "Server-Timing", "total;dur=%llu.%03u, rpc;dur=%llu.%03u, db;dur=%llu.%03u",
                     (unsigned long long)(duration_us / 1000), (unsigned)(duration_us % 1000),
                     (unsigned long long)(req->task.rpc_us / 1000), (unsigned)(req->task.rpc_us % 1000),
                     (unsigned long long)(req->task.db_us / 1000), (unsigned)(req->task.db_us % 1000));
    metrics_add(METRIC_HTTP_REQUESTS, router_metric_index(req), status_metric_index(res->status), 1);
    metrics_observe_us(METRIC_HTTP_DURATION, router_metric_index(req), duration_us);
}

void middleware_trace(struct request *req, struct response *res, const struct middleware_next *next) {
    static const struct response_watch watch = {.begins = measure, .ended = log_access};
    join_trace(req);
    middleware_next(req, res, next);
    if (res->stream != NULL) {
        res->watch = &watch;
        return;
    }
    response_realize(res);
    measure(req, res);
    size_t bytes;
    (void)response_body(res, &bytes);
    log_access(req, res, bytes);
}
