/* A server on a reactor's thread of its own whose every answer is a body written as the plan says, and clients on plain
 * sockets. Each test has one server; what both threads touch is atomic. */
#ifndef DAPPD_TESTS_UNIT_HTTP_STREAM_SERVER_H
#define DAPPD_TESTS_UNIT_HTTP_STREAM_SERVER_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/metrics.h"
#include "http/listener.h"
#include "http/problem.h"
#include "http/server.h"
#include "http/stream.h"

enum { NEVER_MS = 3600 * 1000, WAIT_MS = 30 * 1000, PIECE_BYTES = 1000 };

/* What the writer does. */
struct plan {
    size_t total;         /* bytes it writes */
    size_t fail_at;       /* ERR_INDEX_UNAVAILABLE before this byte; SIZE_MAX: never */
    size_t hang_at;       /* waits for its deadline before this byte; SIZE_MAX: never */
    unsigned pause_every; /* sleeps 1 ms after so many pieces; 0: never */
    uint64_t deadline_ms; /* of the request */
};

struct stream_server {
    struct plan plan;
    struct server_limits limits;
    struct listen_address address;
    int listen_fd;
    pthread_t thread;
    pthread_barrier_t started;
    struct reactor *reactor;
    struct server *server;
    uint64_t drain_ms;
    atomic_uint writers, writers_ended, begun, ended;
    atomic_size_t written, taken;
    atomic_int last_err;
};

static struct stream_server under_test;

/* The body: byte i is a letter that follows from i. */
static char letter_at(size_t i) {
    return (char)('a' + (i / 7 + i) % 26);
}

static enum err write_plan(struct request *req, struct stream *stream) {
    const struct plan *plan = &under_test.plan;
    unsigned pieces = 0;
    for (size_t at = 0; at < plan->total;) {
        char piece[PIECE_BYTES];
        size_t n = plan->total - at < sizeof piece ? plan->total - at : sizeof piece;
        if (plan->fail_at - at < n) return task_fail(&req->task, ERR_INDEX_UNAVAILABLE, "as planned");
        if (plan->hang_at - at < n) {
            struct waiter nobody;
            waiter_init(&nobody, req->task.reactor);
            enum err err = waiter_wait(&nobody, req->task.deadline_ms);
            return task_fail(&req->task, err, "as planned");
        }
        for (size_t i = 0; i < n; i++) piece[i] = letter_at(at + i);
        enum err err = stream_write(stream, piece, n);
        if (err != ERR_OK) return err;
        at += n;
        atomic_fetch_add(&under_test.written, n);
        if (plan->pause_every > 0 && ++pieces % plan->pause_every == 0) reactor_sleep_ms(req->task.reactor, 1);
        if (reactor_now_ms(req->task.reactor) >= req->task.deadline_ms) {
            return task_fail(&req->task, ERR_TIMEOUT, "the writer took too long");
        }
    }
    return ERR_OK;
}

static enum err write_body(struct request *req, struct stream *stream, void *arg) {
    assert_ptr_equal(arg, &under_test);
    atomic_fetch_add(&under_test.writers, 1);
    enum err err = write_plan(req, stream);
    atomic_store(&under_test.last_err, (int)err);
    atomic_fetch_add(&under_test.writers_ended, 1);
    return err;
}

static void on_begins(struct request *req, struct response *res) {
    (void)req;
    response_headerf(res, "X-Begun", "%u", atomic_fetch_add(&under_test.begun, 1) + 1);
}

static void on_ended(struct request *req, struct response *res, uint64_t bytes) {
    (void)res;
    (void)request_header(req, "Host"); /* the connection is still there */
    atomic_store(&under_test.taken, bytes);
    atomic_fetch_add(&under_test.ended, 1);
}

static void handle(struct request *req, struct response *res) {
    static const struct response_watch watch = {on_begins, on_ended};
    req->task.deadline_ms = reactor_now_ms(req->task.reactor) + under_test.plan.deadline_ms;
    res->etag = "\"none\"";
    response_stream(res, "text/plain", write_body, &under_test);
    res->watch = &watch;
}

static void run_server(void) {
    struct server_options options = {.listen_fd = under_test.listen_fd, .limits = under_test.limits, .handle = handle};
    under_test.reactor = reactor_new(0);
    under_test.server = server_start(under_test.reactor, &options);
    (void)pthread_barrier_wait(&under_test.started);
    reactor_run(under_test.reactor);
    server_stop(under_test.server);
    reactor_free(under_test.reactor);
}

static void *server_thread(void *arg) {
    (void)arg;
    run_server();
    return NULL;
}

/* In: plan, what every request gets; send_timeout_ms of the client. */
static void begin_server(const struct plan *plan, uint64_t send_timeout_ms) {
    char problem[LISTENER_PROBLEM_BYTES];
    memset(&under_test, 0, sizeof under_test);
    under_test.plan = *plan;
    under_test.drain_ms = NEVER_MS;
    under_test.limits = (struct server_limits){.max_uri_bytes = 4096,
                                               .max_header_bytes = 8192,
                                               .max_body_bytes = 4096,
                                               .max_bodies_bytes = 65536,
                                               .max_connections = 200,
                                               .max_in_flight = 200,
                                               .idle_timeout_ms = NEVER_MS,
                                               .receive_timeout_ms = NEVER_MS,
                                               .send_timeout_ms = send_timeout_ms};
    assert_int_equal(listen_address_parse(&under_test.address, "127.0.0.1:0", 11), ERR_OK);
    assert_int_equal(listener_open(&under_test.listen_fd, 1, &under_test.address, problem), ERR_OK);
    assert_int_equal(pthread_barrier_init(&under_test.started, NULL, 2), 0);
    assert_int_equal(pthread_create(&under_test.thread, NULL, server_thread, NULL), 0);
    (void)pthread_barrier_wait(&under_test.started);
}

static void drain(void *arg) {
    (void)arg;
    while (!server_is_drained(under_test.server)) reactor_sleep_ms(under_test.reactor, 5);
    reactor_stop(under_test.reactor);
}

static void begin_drain(void *arg) {
    (void)arg;
    server_quiesce(under_test.server, reactor_now_ms(under_test.reactor) + under_test.drain_ms);
    reactor_spawn(under_test.reactor, drain, NULL);
}

static void quiesce_server(uint64_t drain_ms) {
    under_test.drain_ms = drain_ms;
    reactor_post(under_test.reactor, begin_drain, NULL);
}

static void join_server(void) {
    assert_int_equal(pthread_join(under_test.thread, NULL), 0);
    assert_int_equal(pthread_barrier_destroy(&under_test.started), 0);
    assert_int_equal(under_test.writers, under_test.writers_ended);
    assert_int_equal(under_test.begun, under_test.ended);
}

static void end_server(void) {
    quiesce_server(NEVER_MS);
    join_server();
}

/* --- clients --- */

static int open_client(void) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int small = 4096; /* so that little of a body fits on the way */
    assert_true(fd >= 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small), 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&under_test.address.addr, under_test.address.addr_len), 0);
    return fd;
}

static void ask(int fd, const char *method, const char *version) {
    char head[128];
    int len = snprintf(head, sizeof head, "%s / HTTP/%s\r\nHost: x\r\n\r\n", method, version);
    assert_int_equal(send(fd, head, (size_t)len, MSG_NOSIGNAL), len);
}

/* Waits for more; 0 at the end, or when the connection was cut. */
static size_t receive(int fd, char *out, size_t cap) {
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    assert_int_equal(poll(&poll_fd, 1, WAIT_MS), 1);
    ssize_t n = recv(fd, out, cap, 0);
    if (n < 0) assert_int_equal(errno, ECONNRESET);
    return n > 0 ? (size_t)n : 0;
}

static char receive_char(int fd, bool *more) {
    char c = '\0';
    *more = receive(fd, &c, 1) == 1;
    return c;
}

/* Reads up to and including the empty line. */
static void receive_head(int fd, char *out, size_t cap) {
    size_t n = 0;
    bool more = true;
    while (more && (n < 4 || memcmp(out + n - 4, "\r\n\r\n", 4) != 0)) {
        assert_true(n + 1 < cap);
        out[n++] = receive_char(fd, &more);
    }
    assert_true(more);
    out[n] = '\0';
}

static size_t receive_exactly(int fd, char *out, size_t n) {
    size_t have = 0, got = 1;
    while (have < n && got > 0) {
        got = receive(fd, out + have, n - have);
        have += got;
    }
    return have;
}

/* Reads one chunk; its length goes to *len. Returns false when the connection ended before the chunk did. */
static bool receive_chunk(int fd, char *out, size_t cap, size_t *len) {
    char line[32], end[2];
    size_t n = 0;
    bool more = true;
    while (more && (n < 2 || memcmp(line + n - 2, "\r\n", 2) != 0)) {
        assert_true(n + 1 < sizeof line);
        line[n++] = receive_char(fd, &more);
    }
    line[n] = '\0';
    *len = more ? strtoul(line, NULL, 16) : 0;
    assert_true(*len <= cap);
    return more && receive_exactly(fd, out, *len) == *len && receive_exactly(fd, end, 2) == 2;
}

/* Reads a chunked body and compares it. Returns whether its end came; *total is how much there was. */
static bool receive_body(int fd, size_t *total) {
    static char chunk[256 * 1024];
    for (*total = 0;;) {
        size_t len;
        if (!receive_chunk(fd, chunk, sizeof chunk, &len)) return false;
        if (len == 0) return true;
        for (size_t i = 0; i < len; i++) {
            if (chunk[i] != letter_at(*total + i)) fail_msg("byte %zu is wrong", *total + i);
        }
        *total += len;
    }
}

static void wait_for(atomic_uint *counter, unsigned value) {
    for (int i = 0; i < WAIT_MS && atomic_load(counter) < value; i++) (void)poll(NULL, 0, 1);
    assert_true(atomic_load(counter) >= value);
}

#endif
