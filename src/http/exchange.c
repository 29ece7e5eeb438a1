/* One request from its first line to its last byte: reads it under the limits, runs it on a coroutine, hands the answer
 * back. Owned by the server, which keeps a few for reuse; the server's thread. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/clock.h"
#include "core/metrics.h"
#include "http/problem.h"
#include "server_internal.h"
#include "target.h"

enum { MAX_IDLE_EXCHANGES = 64, ARENA_BYTES = 32 * 1024 * 1024, MAX_RESPONSE_BYTES = 64 * 1024 * 1024 };

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
    exchange->req.task = (struct task){
        .reactor = server->reactor, .arena = arena, .deadline_ms = server->drain_limit_ms, .name = "request"};
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
    exchange_drop(connection_of(mhd)->exchange);
    connection_of(mhd)->exchange = exchange;
    server->n_exchanges++;
    server->last_request_ms = reactor_now_ms(server->reactor);
    exchange->connection = connection_of(mhd);
    exchange->req.connection = mhd;
    connection_set_timeout(exchange->connection, server, server->options.limits.receive_timeout_ms);
    exchange->req.started_us = clock_now_us();
    set_target(exchange, uri);
    return exchange;
}

/* Bodies are bounded in sum until their requests are answered: what a request costs in memory grows with its body. */
static bool fits_budget(const struct server *server, size_t len) {
    return len <= server->options.limits.max_bodies_bytes - server->body_bytes;
}

static void give_budget_back(struct exchange *exchange) {
    exchange->server->body_bytes -= exchange->body_reserved;
    exchange->body_reserved = 0;
}

/* What has come so far is dropped, and the rest is only counted. */
static void refuse_body(struct exchange *exchange, bool too_large) {
    size_t len = exchange->body.len;
    struct task *task = &exchange->req.task;
    if (too_large && task->fault.code == ERR_OK) (void)head_fail_body(exchange);
    if (task->fault.code == ERR_OK) {
        (void)task_fail(task, ERR_OVERLOADED, "too many request bodies are being worked on");
    }
    buf_free(&exchange->body);
    exchange->body.failed = true;
    exchange->body.len = len;
    give_budget_back(exchange);
}

/* Returns false when the client goes on sending far past the limit. */
static bool accept_body(struct exchange *exchange, const char *data, size_t len) {
    struct buf *body = &exchange->body;
    bool fits = fits_budget(exchange->server, len);
    if (!body->failed && fits) {
        exchange->server->body_bytes += len;
        exchange->body_reserved += len;
        buf_append(body, data, len);
        if (!body->failed) return true;
        refuse_body(exchange, true);
    } else if (!body->failed) {
        refuse_body(exchange, false);
    }
    body->len += len;
    return body->len / BODY_MAX_OVERRUN < body->max;
}

void exchange_proceed(struct exchange *exchange) {
    exchange->state = EXCHANGE_ANSWERED;
    if (!exchange->suspended) return;
    exchange->suspended = false;
    MHD_resume_connection(exchange->req.connection);
    exchange->server->run_due = true;
}

static void run(void *arg) {
    struct exchange *exchange = arg;
    struct server *server = exchange->server;
    server->options.handle(&exchange->req, &exchange->res);
    if (exchange->res.stream != NULL) stream_run(exchange);
    if (exchange->res.body.failed) {
        (void)task_fail(&exchange->req.task, ERR_OVERLOADED, "the answer is larger than %d bytes", MAX_RESPONSE_BYTES);
        problem_from_fault(&exchange->req, &exchange->res);
    }
    server->n_in_flight--;
    metrics_add(METRIC_HTTP_IN_FLIGHT, 0, 0, -1);
    if (stream_is_abandoned(exchange)) {
        exchange_release(exchange);
    } else {
        exchange_proceed(exchange);
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
    if (reactor_now_ms(server->reactor) >= server->drain_limit_ms) return MHD_NO; /* the process is about to end */
    if (!exchange->body.failed) req->body = (struct slice){exchange->body.data, exchange->body.len};
    bool room = has_room(server);
    req->may_not_wait = !room;
    if (req->task.deadline_ms > server->drain_limit_ms) req->task.deadline_ms = server->drain_limit_ms;
    connection_clear_timeout(exchange->connection);
    if (++server->n_in_flight > server->peak_in_flight) server->peak_in_flight = server->n_in_flight;
    metrics_add(METRIC_HTTP_IN_FLIGHT, 0, 0, 1);
    exchange->state = EXCHANGE_RUNNING;
    if (room) {
        reactor_spawn(server->reactor, run, exchange);
    } else {
        run(exchange); /* what may not wait needs no coroutine */
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
        if (!head_accept(exchange, method, version)) return start(exchange);
        exchange->state = EXCHANGE_BODY;
        return MHD_YES;
    case EXCHANGE_BODY:
        if (*upload_len == 0) return start(exchange);
        if (!accept_body(exchange, upload, *upload_len)) return MHD_NO;
        *upload_len = 0;
        connection_notice_end(exchange->connection, exchange->server);
        return MHD_YES;
    case EXCHANGE_ANSWERED:
        return answer(exchange);
    case EXCHANGE_RUNNING:
        break;
    }
    abort(); /* libmicrohttpd does not call about a suspended request */
}

void exchange_drop(struct exchange *exchange) {
    if (exchange == NULL) return;
    assert(exchange->state != EXCHANGE_RUNNING);
    struct server *server = exchange->server;
    bool is_written = stream_abandon(exchange);
    exchange->connection->exchange = NULL;
    give_budget_back(exchange);
    server->n_exchanges--;
    server->last_request_ms = reactor_now_ms(server->reactor);
    if (!is_written) exchange_release(exchange); /* else its coroutine does */
}

void exchange_on_completed(void *cls, struct MHD_Connection *mhd, void **con_cls,
                           enum MHD_RequestTerminationCode code) {
    struct server *server = cls;
    struct exchange *exchange = *con_cls;
    (void)mhd;
    (void)code;
    if (exchange == NULL) return;
    *con_cls = NULL;
    connection_set_timeout(exchange->connection, server, server->options.limits.idle_timeout_ms);
    exchange_drop(exchange);
}
