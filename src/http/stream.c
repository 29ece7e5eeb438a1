/* Bodies written while they are sent: one bounded buffer between the writer's coroutine and libmicrohttpd, which comes
 * for it whenever the socket takes more. Owned by the exchange, in its arena; the server's thread.
 *
 * Whoever finds the buffer not to its liking waits for the other: the writer while it is full, suspending its
 * coroutine; libmicrohttpd while it is empty, its connection suspended. */
#include "http/stream.h"

#include <string.h>

#include "core/log.h"
#include "http/problem.h"
#include "server_internal.h"

enum { REPLY_BLOCK_BYTES = 4096 };

struct stream {
    struct exchange *exchange;
    struct waiter room;   /* wakes the writer */
    uint64_t patience_ms; /* what the writer may take for one buffer; UINT64_MAX: as long as it likes */
    uint64_t taken;       /* bytes of the body that libmicrohttpd has */
    bool begun;           /* the reply is on its way */
    bool ended;           /* the writer has returned */
    bool failed;          /* with an error */
    bool abandoned;       /* there is nobody to send to */
    size_t from, to;      /* what of data is still to be sent */
    char data[STREAM_BUFFER_BYTES];
};

void response_stream(struct response *res, const char *content_type, stream_fn fn, void *arg) {
    res->content_type = content_type;
    res->static_body = NULL;
    res->render = NULL;
    res->etag = NULL;
    res->stream = fn;
    res->stream_arg = arg;
}

bool stream_is_written(const struct exchange *exchange) {
    return exchange != NULL && exchange->stream != NULL && !exchange->stream->ended;
}

bool stream_is_abandoned(const struct exchange *exchange) {
    return exchange->stream != NULL && exchange->stream->abandoned;
}

static void tell_begins(struct exchange *exchange) {
    const struct response_watch *watch = exchange->res.watch;
    if (watch != NULL) watch->begins(&exchange->req, &exchange->res);
}

static void tell_ended(struct exchange *exchange, uint64_t bytes) {
    const struct response_watch *watch = exchange->res.watch;
    if (watch != NULL) watch->ended(&exchange->req, &exchange->res, bytes);
}

bool stream_abandon(struct exchange *exchange) {
    struct stream *stream = exchange->stream;
    if (stream == NULL) return false;
    tell_ended(exchange, stream->taken);
    exchange->req.connection = NULL;
    stream->abandoned = true;
    if (stream->ended) return false;
    waiter_wake(&stream->room, ERR_TIMEOUT);
    return true;
}

/* --- the side of libmicrohttpd --- */

static ssize_t nothing_to_take(struct stream *stream) {
    struct exchange *exchange = stream->exchange;
    if (stream->ended) return stream->failed ? MHD_CONTENT_READER_END_WITH_ERROR : MHD_CONTENT_READER_END_OF_STREAM;
    connection_clear_timeout(exchange->connection); /* now the client waits for us */
    exchange->suspended = true;
    MHD_suspend_connection(exchange->req.connection);
    return 0;
}

static ssize_t take(void *cls, uint64_t pos, char *out, size_t max) {
    struct stream *stream = cls;
    (void)pos;
    size_t n = stream->to - stream->from;
    if (n == 0) return nothing_to_take(stream);
    if (n > max) n = max;
    memcpy(out, stream->data + stream->from, n);
    stream->from += n;
    stream->taken += n;
    if (stream->from == stream->to) {
        stream->from = stream->to = 0;
        waiter_wake(&stream->room, ERR_OK);
    }
    return (ssize_t)n;
}

struct MHD_Response *stream_make_reply(struct exchange *exchange) {
    struct MHD_Response *reply =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, REPLY_BLOCK_BYTES, take, exchange->stream, NULL);
    /* To HEAD, which nobody writes a body for, libmicrohttpd 0.9.75 would send the last chunk of one. Without chunks
     * the connection is closed behind the head. */
    if (reply != NULL && exchange->stream == NULL) {
        (void)MHD_set_response_options(reply, MHD_RF_HTTP_1_0_COMPATIBLE_STRICT, MHD_RO_END);
    }
    return reply;
}

/* --- the side of the writer --- */

static enum err fail_abandoned(struct stream *stream) {
    return task_fail(&stream->exchange->req.task, ERR_TIMEOUT, "the client has gone or reads too slowly");
}

static void extend_deadline(const struct stream *stream) {
    const struct server *server = stream->exchange->server;
    if (stream->patience_ms == UINT64_MAX) return;
    uint64_t deadline_ms = reactor_now_ms(server->reactor) + stream->patience_ms;
    stream->exchange->req.task.deadline_ms =
        deadline_ms < server->drain_limit_ms ? deadline_ms : server->drain_limit_ms;
}

/* The client gets its time for each buffer, not for each byte: one that takes a byte now and then is too slow. */
static void offer(struct stream *stream) {
    struct exchange *exchange = stream->exchange;
    connection_set_timeout(exchange->connection, exchange->server, exchange->server->options.limits.send_timeout_ms);
    exchange_proceed(exchange);
}

/* Waits without a deadline of its own: the connection has one, and its end wakes the writer. */
static enum err wait_for_room(struct stream *stream) {
    if (!stream->begun) tell_begins(stream->exchange);
    stream->begun = true;
    waiter_init(&stream->room, stream->exchange->server->reactor);
    offer(stream);
    if (waiter_wait(&stream->room, UINT64_MAX) != ERR_OK) return fail_abandoned(stream);
    extend_deadline(stream);
    return ERR_OK;
}

enum err stream_write(struct stream *stream, const void *data, size_t len) {
    const char *bytes = data;
    if (stream->abandoned) return fail_abandoned(stream);
    while (len > 0) {
        size_t n = STREAM_BUFFER_BYTES - stream->to;
        if (n == 0) {
            enum err err = wait_for_room(stream);
            if (err != ERR_OK) return err;
            continue;
        }
        if (n > len) n = len;
        memcpy(stream->data + stream->to, bytes, n);
        stream->to += n;
        bytes += n;
        len -= n;
    }
    return ERR_OK;
}

/* Nothing has left yet: the answer is like any other. In: stream, NULL when there was no memory for it. */
static void answer_at_once(struct exchange *exchange, const struct stream *stream, enum err err) {
    struct response *res = &exchange->res;
    exchange->stream = NULL;
    res->stream = NULL;
    if (err == ERR_OK) {
        buf_append(&res->body, stream->data, stream->to);
    } else {
        problem_from_fault(&exchange->req, res);
    }
    tell_begins(exchange);
    tell_ended(exchange, res->body.len);
}

static void log_cut(const struct exchange *exchange) {
    const struct fault *fault = &exchange->req.task.fault;
    enum log_level level = exchange->stream->abandoned ? LOG_DEBUG : LOG_WARN;
    log_write(LOG_HTTP, level, "answer cut short", LOG_STR("code", err_info(fault->code)->code),
              LOG_STR("detail", fault->detail), LOG_STR("file", fault->file), LOG_I64("line", fault->line),
              LOG_STR("request_id", exchange->req.id));
}

static struct stream *stream_new(struct exchange *exchange) {
    struct task *task = &exchange->req.task;
    struct stream *stream = arena_alloc(task->arena, sizeof *stream);
    if (stream == NULL) return NULL;
    uint64_t now_ms = reactor_now_ms(task->reactor);
    stream->exchange = exchange;
    stream->patience_ms = task->deadline_ms;
    if (task->deadline_ms != UINT64_MAX) {
        stream->patience_ms = task->deadline_ms > now_ms ? task->deadline_ms - now_ms : 0;
    }
    waiter_init(&stream->room, task->reactor);
    return stream;
}

static enum err write_body(struct exchange *exchange, struct stream *stream) {
    struct request *req = &exchange->req;
    if (stream == NULL) return task_fail_memory(&req->task);
    exchange->stream = stream;
    enum err err = exchange->res.stream(req, stream, exchange->res.stream_arg);
    stream->ended = true;
    stream->failed = err != ERR_OK;
    return err;
}

void stream_run(struct exchange *exchange) {
    if (exchange->req.method == HTTP_HEAD) {
        tell_begins(exchange);
        tell_ended(exchange, 0);
        return;
    }
    struct stream *stream = stream_new(exchange);
    enum err err = write_body(exchange, stream);
    if (stream == NULL || !stream->begun) {
        answer_at_once(exchange, stream, err);
        return;
    }
    if (err != ERR_OK) log_cut(exchange);
    if (!stream->abandoned) offer(stream);
}
