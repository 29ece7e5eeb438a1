/* Requests to one node over a transport, for tests of what lies between. Plain values.
 * Bodies run in a coroutine, where cmocka must not assert: they note what they see and the test asserts afterwards. */
#ifndef DAPPD_TESTS_POST_H
#define DAPPD_TESTS_POST_H

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "rpc/endpoint.h"
#include "rpc/transport.h"

enum { POST_SHOWN_BYTES = 256, POST_PATIENCE_MS = 60000, POST_MAX_REPLY = 1024 * 1024 };

/* A reply, kept past its transfer. */
struct posted {
    struct transport_reply reply;
    char body[POST_SHOWN_BYTES]; /* its beginning */
    bool in_time;                /* it came before the task's deadline */
};

struct post_options {
    uint64_t attempt_timeout_ms; /* 0: far away */
    size_t max_reply_bytes;      /* 0: POST_MAX_REPLY */
    bool distrust;
};

static inline struct posted post_with(struct task *task, const struct endpoint *node, const char *body,
                                      struct post_options options) {
    struct posted posted;
    struct transport_request request = {
        .node = node,
        .body = body,
        .body_len = strlen(body),
        .connect_timeout_ms = POST_PATIENCE_MS,
        .attempt_timeout_ms = options.attempt_timeout_ms != 0 ? options.attempt_timeout_ms : POST_PATIENCE_MS,
        .max_reply_bytes = options.max_reply_bytes != 0 ? options.max_reply_bytes : POST_MAX_REPLY,
    };
    memset(&posted, 0, sizeof posted);
    struct transfer *transfer = transport_post(task, &posted.reply, &request);
    if (posted.reply.body != NULL) {
        snprintf(posted.body, sizeof posted.body, "%.*s", (int)posted.reply.body_len, posted.reply.body);
    }
    posted.reply.body = NULL; /* it dies with the transfer */
    posted.in_time = reactor_now_ms(task->reactor) < task->deadline_ms;
    if (options.distrust) transport_distrust(transfer);
    transport_release(task, transfer);
    return posted;
}

static inline struct posted post(struct task *task, const struct endpoint *node, const char *body) {
    return post_with(task, node, body, (struct post_options){0});
}

typedef void (*post_body)(struct task *task, const struct endpoint *node, void *arg);

struct post_run {
    struct reactor *reactor;
    const struct endpoint *node;
    post_body body;
    void *arg;
};

static inline void post_run_body(void *arg) {
    struct post_run *run = arg;
    struct task task = {
        .reactor = run->reactor,
        .arena = arena_new(1024 * 1024),
        .deadline_ms = reactor_now_ms(run->reactor) + 2 * POST_PATIENCE_MS,
        .name = "test",
    };
    run->body(&task, run->node, run->arg);
    arena_free(task.arena);
    reactor_stop(run->reactor);
}

/* Runs a body on a reactor of its own, with a node behind this URL. */
static inline void post_on_node(const char *url, const struct header_config *headers, size_t n_headers, post_body body,
                                void *arg) {
    struct endpoint *node = endpoint_new(url, headers, n_headers);
    struct post_run run = {.reactor = reactor_new(0), .node = node, .body = body, .arg = arg};
    struct reactor_rpc *rpc = rpc_attach(run.reactor);
    reactor_spawn(run.reactor, post_run_body, &run);
    reactor_run(run.reactor);
    rpc_detach(rpc);
    reactor_free(run.reactor);
    endpoint_free(node);
}

/* Waits, in a coroutine, until a counter of another thread has reached n. Returns false when it never does. */
static inline bool post_until(struct task *task, atomic_uint *counter, unsigned n) {
    for (int left = POST_PATIENCE_MS; left > 0; left--) {
        if (atomic_load(counter) >= n) return true;
        reactor_sleep_ms(task->reactor, 1);
    }
    return false;
}

#endif
