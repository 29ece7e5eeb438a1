/* One request from its first line to its last byte: reads it under the limits, runs it on a coroutine, hands the answer
 * back. Owned by the server, which keeps a few for reuse; the server's thread. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/clock.h"
#include "core/metrics.h"
#include "server_internal.h"
#include "target.h"

enum {
    MAX_IDLE_EXCHANGES = 64,
    ARENA_BYTES = 32 * 1024 * 1024,
    MAX_RESPONSE_BYTES = 64 * 1024 * 1024,
    MAX_OVERRUN = 4 /* a body that is too long is read to this many times its limit, then cut off */
};

static struct exchange *exchange_new(struct server *server) {
    struct exchange *exchange = server->idle_exchanges;
    struct arena *arena;
    if (exchange != NULL) {
        server->idle_exchanges = exchange->next;
        server->n_idle_exchanges--;
        arena = exchange->req.task.arena;
    } else {
        exchange = malloc(sizeof *exchange);
        if (exchange == NULL) abort();
        arena = arena_new(ARENA_BYTES);
    }
    memset(exchange, 0, sizeof *exchange);
    exchange->server = server;
    exchange->req.task =
        (struct task){.reactor = server->reactor, .arena = arena, .deadline_ms = UINT64_MAX, .name = "request"};
    exchange->req.app = server->options.app;
    exchange->res = (struct response){.arena = arena, .status = 200};
    buf_init(&exchange->res.body, MAX_RESPONSE_BYTES);
    buf_init(&exchange->body, server->options.limits.max_body_bytes);
    return exchange;
}

static void exchange_release(struct exchange *exchange) {
    struct server *server = exchange->server;
    buf_free(&exchange->res.body);
    buf_free(&exchange->body);
    if (server->n_idle_exchanges >= MAX_IDLE_EXCHANGES) {
        arena_free(exchange->req.task.arena);
        free(exchange);
        return;
    }
    arena_reset(exchange->req.task.arena);
    exchange->next = server->idle_exchanges;
    server->idle_exchanges = exchange;
    server->n_idle_exchanges++;
}

void exchange_free_idle(struct server *server) {
    while (server->idle_exchanges != NULL) {
        struct exchange *exchange = server->idle_exchanges;
        server->idle_exchanges = exchange->next;
        arena_free(exchange->req.task.arena);
        free(exchange);
    }
}

/* Keeps the target without scheme and host; of one that is too long, enough for the log. */
static void set_target(struct exchange *exchange, const char *uri) {
    struct request *req = &exchange->req;
    size_t len = strlen(uri), max = exchange->server->options.limits.max_uri_bytes;
    size_t skip = target_authority_len(uri, len);
    if (len > max) {
        (void)task_fail(&req->task, ERR_URI_TOO_LONG, "the request target has %zu bytes; at most %zu are allowed", len,
                        max);
        len = max;
        skip = 0;
    }
    req->target = (struct slice){arena_strndup(req->task.arena, uri + skip, len - skip), len - skip};
}

void *exchange_on_uri(void *cls, const char *uri, struct MHD_Connection *mhd) {
    struct server *server = cls;
    struct exchange *exchange = exchange_new(server);
    server->n_exchanges++;
    server->last_request_ms = reactor_now_ms(server->reactor);
    exchange->connection = connection_of(mhd);
    exchange->req.connection = mhd;
    exchange->req.started_us = clock_now_us();
    set_target(exchange, uri);
    return exchange;
}

static enum http_method parse_method(const char *name) {
    static const struct {
        const char *name;
        enum http_method method;
    } table[] = {{"GET", HTTP_GET},     {"HEAD", HTTP_HEAD},     {"POST", HTTP_POST},      {"PUT", HTTP_PUT},
                 {"PATCH", HTTP_PATCH}, {"DELETE", HTTP_DELETE}, {"OPTIONS", HTTP_OPTIONS}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (strcmp(table[i].name, name) == 0) return table[i].method;
    }
    return HTTP_OTHER;
}

static enum err fail_body(struct exchange *exchange) {
    return task_fail(&exchange->req.task, ERR_BODY_TOO_LARGE, "the request body is larger than %zu bytes",
                     exchange->server->options.limits.max_body_bytes);
}

/* Bodies being read are bounded in number, and so in memory, as requests being worked on are. */
static bool begin_body(struct exchange *exchange) {
    struct server *server = exchange->server;
    if (server->n_receiving >= server->options.limits.max_in_flight) {
        (void)task_fail(&exchange->req.task, ERR_OVERLOADED, "too many request bodies are being read");
        return false;
    }
    exchange->receiving = true;
    server->n_receiving++;
    return true;
}

static void end_body(struct exchange *exchange) {
    if (exchange->receiving) exchange->server->n_receiving--;
    exchange->receiving = false;
}

static enum MHD_Result count_framing(void *cls, enum MHD_ValueKind kind, const char *name, const char *value) {
    unsigned *n = cls;
    (void)kind;
    (void)value;
    if (strcasecmp(name, "Content-Length") == 0 || strcasecmp(name, "Transfer-Encoding") == 0) (*n)++;
    return MHD_YES;
}

/* Two lengths, or a length and chunks: a proxy in front may read other requests out of the same bytes than we do.
 * Source: RFC 9112, section 6.3. */
static bool is_ambiguous(const struct request *req) {
    unsigned n = 0;
    (void)MHD_get_connection_values(req->connection, MHD_HEADER_KIND, count_framing, &n);
    return n > 1;
}

/* A client that is cut off while it sends sees a broken connection instead of the answer, so a body that is a little
 * too long is read to its end, and dropped. One that waits for leave to send needs no such care. */
static bool is_worth_reading(struct exchange *exchange, const char *length) {
    exchange->body.failed = true;
    bool is_short = strtoull(length, NULL, 10) / MAX_OVERRUN < exchange->body.max;
    return is_short && request_header(&exchange->req, "Expect") == NULL;
}

/* Reads the head; returns false when the body is not wanted. */
static bool accept_head(struct exchange *exchange, const char *method, const char *version) {
    struct request *req = &exchange->req;
    const struct server_limits *limits = &exchange->server->options.limits;
    req->method_name = arena_strndup(req->task.arena, method, strlen(method));
    req->method = parse_method(method);
    if (req->task.fault.code != ERR_OK) return true;
    size_t head = MHD_get_connection_info(req->connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE)->header_size;
    if (head > limits->max_header_bytes) {
        (void)task_fail(&req->task, ERR_HEADERS_TOO_LARGE, "the request head has %zu bytes; at most %zu are allowed",
                        head, limits->max_header_bytes);
        return true;
    }
    if (strcmp(version, "HTTP/1.1") == 0 && request_header(req, "Host") == NULL) {
        (void)task_fail(&req->task, ERR_BAD_REQUEST, "HTTP/1.1 needs a Host header");
        return true;
    }
    const char *length = request_header(req, "Content-Length");
    bool has_body = length != NULL || request_header(req, "Transfer-Encoding") != NULL;
    if (has_body && is_ambiguous(req)) {
        (void)task_fail(&req->task, ERR_BAD_REQUEST, "the length of the request body is given twice");
        exchange->must_close = true;
        return false;
    }
    if (length != NULL && strtoull(length, NULL, 10) > limits->max_body_bytes) {
        (void)fail_body(exchange);
        return is_worth_reading(exchange, length);
    }
    return !has_body || begin_body(exchange);
}

/* Returns false when the client goes on sending far past the limit. */
static bool accept_body(struct exchange *exchange, const char *data, size_t len) {
    struct buf *body = &exchange->body;
    if (!body->failed) buf_append(body, data, len);
    if (!body->failed) return true;
    if (exchange->req.task.fault.code == ERR_OK) (void)fail_body(exchange);
    body->len += len; /* counts only: nothing is stored once it has failed */
    return body->len / MAX_OVERRUN < body->max;
}

static void run(void *arg) {
    struct exchange *exchange = arg;
    struct server *server = exchange->server;
    server->options.handle(&exchange->req, &exchange->res);
    response_realize(&exchange->res);
    server->n_in_flight--;
    metrics_add(METRIC_HTTP_IN_FLIGHT, 0, 0, -1);
    exchange->state = EXCHANGE_ANSWERED;
    if (exchange->suspended) {
        MHD_resume_connection(exchange->req.connection);
        server->run_due = true;
    }
}

static enum MHD_Result answer(struct exchange *exchange) {
    connection_set_timeout(exchange->connection, exchange->server, exchange->server->options.limits.send_timeout_ms);
    return reply_queue(exchange);
}

static bool has_room(const struct server *server) {
    return server->n_in_flight < server->options.limits.max_in_flight && reactor_has_room(server->reactor);
}

static enum MHD_Result start(struct exchange *exchange) {
    struct server *server = exchange->server;
    struct request *req = &exchange->req;
    end_body(exchange);
    if (!exchange->body.failed) req->body = (struct slice){exchange->body.data, exchange->body.len};
    bool room = has_room(server);
    if (!room && req->task.fault.code == ERR_OK) {
        (void)task_fail(&req->task, ERR_OVERLOADED, "too many requests are being worked on");
    }
    connection_clear_timeout(exchange->connection);
    server->n_in_flight++;
    metrics_add(METRIC_HTTP_IN_FLIGHT, 0, 0, 1);
    exchange->state = EXCHANGE_RUNNING;
    if (room) {
        reactor_spawn(server->reactor, run, exchange);
    } else {
        run(exchange); /* what has failed already never waits, so it needs no coroutine */
    }
    if (exchange->state == EXCHANGE_ANSWERED) return answer(exchange);
    exchange->suspended = true;
    MHD_suspend_connection(req->connection);
    return MHD_YES;
}

enum MHD_Result exchange_on_access(void *cls, struct MHD_Connection *mhd, const char *url, const char *method,
                                   const char *version, const char *upload, size_t *upload_len, void **con_cls) {
    struct exchange *exchange = *con_cls;
    (void)cls;
    (void)mhd;
    (void)url;
    (void)version;
    switch (exchange->state) {
    case EXCHANGE_HEAD:
        /* Answering in this first call closes the connection: right for a body nobody will read, wrong for all else. */
        if (!accept_head(exchange, method, version)) return start(exchange);
        exchange->state = EXCHANGE_BODY;
        connection_set_timeout(exchange->connection, exchange->server,
                               exchange->server->options.limits.receive_timeout_ms);
        return MHD_YES;
    case EXCHANGE_BODY:
        if (*upload_len == 0) return start(exchange);
        if (!accept_body(exchange, upload, *upload_len)) return MHD_NO;
        *upload_len = 0;
        return MHD_YES;
    case EXCHANGE_ANSWERED:
        return answer(exchange);
    case EXCHANGE_RUNNING:
        break;
    }
    abort(); /* libmicrohttpd does not call about a suspended request */
}

void exchange_on_completed(void *cls, struct MHD_Connection *mhd, void **con_cls,
                           enum MHD_RequestTerminationCode code) {
    struct server *server = cls;
    struct exchange *exchange = *con_cls;
    (void)mhd;
    (void)code;
    if (exchange == NULL) return;
    assert(exchange->state != EXCHANGE_RUNNING);
    *con_cls = NULL;
    end_body(exchange);
    server->n_exchanges--;
    server->last_request_ms = reactor_now_ms(server->reactor);
    connection_set_timeout(exchange->connection, server, server->options.limits.idle_timeout_ms);
    exchange_release(exchange);
}
