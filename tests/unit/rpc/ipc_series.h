/* Posts to a fake node on a Unix socket, one after the other, and what they came to. The socket's folder belongs to the
 * test program. Plain values otherwise; one thread. */
#ifndef DAPPD_TESTS_IPC_SERIES_H
#define DAPPD_TESTS_IPC_SERIES_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "fake_ipc.h"
#include "post.h"

enum { MAX_POSTS = 4 };

static char directory[] = "/tmp/dappd-test-ipc-XXXXXX";
static char path[64];
static char url[128];

static inline int make_directory(void **state) {
    (void)state;
    if (mkdtemp(directory) == NULL) return -1;
    (void)snprintf(path, sizeof path, "%s/node.ipc", directory);
    (void)snprintf(url, sizeof url, "ipc:%s", path);
    return 0;
}

static inline int remove_directory(void **state) {
    (void)state;
    return rmdir(directory);
}

/* The replies to some posts, one after the other. */
struct series {
    size_t n;
    struct post_options options[MAX_POSTS];
    struct posted posted[MAX_POSTS];
    struct fake_ipc *node;
    atomic_uint *awaited; /* NULL, or what has to reach 1 behind the first post */
};

static inline void run_series(struct task *task, const struct endpoint *node, void *arg) {
    struct series *series = arg;
    for (size_t i = 0; i < series->n; i++) {
        series->posted[i] = post_with(task, node, "{\"id\":1}", series->options[i]);
        if (i == 0 && series->awaited != NULL && !post_until(task, series->awaited, 1)) return;
    }
}

/* Posts to a node that does this. Out: the node's counts. */
static inline void post_series(struct series *series, struct fake_ipc *node, ipc_serve serve) {
    ipc_start(node, path, serve);
    series->node = node;
    post_on_node(url, NULL, 0, run_series, series);
    ipc_stop(node);
}

static inline void assert_reply(const struct posted *posted, const char *body, bool new_connection) {
    assert_int_equal(posted->reply.outcome, RPC_OK);
    assert_int_equal(posted->reply.status, 200);
    assert_true(posted->reply.sent);
    assert_null(posted->reply.problem);
    assert_int_equal(posted->reply.new_connection, new_connection);
    assert_string_equal(posted->body + strspn(posted->body, "\r\n "), body); /* behind the end of the line before */
}

static inline void assert_failure(const struct posted *posted, enum rpc_outcome outcome, const char *problem) {
    assert_int_equal(posted->reply.outcome, outcome);
    assert_true(posted->reply.sent);
    assert_false(posted->reply.new_connection); /* nothing was read from whoever is there */
    assert_true(posted->in_time);
    assert_int_equal(posted->reply.body_len, 0);
    if (problem == NULL) {
        assert_null(posted->reply.problem);
    } else {
        assert_string_equal(posted->reply.problem, problem);
    }
}

static inline void echo(struct ipc_request *request) {
    ipc_write(request, request->line, request->len);
    ipc_say(request, "\n");
}

static inline void echo_bytewise(struct ipc_request *request) {
    for (size_t i = 0; i < request->len; i++) ipc_write(request, request->line + i, 1);
}

static inline void closes_in_reply(struct ipc_request *request) {
    ipc_say(request, "{\"id\":1,\"res");
    request->close = true;
}

#endif
