/* Waiting on a Unix socket without blocking the loop. The other end is a socket of the test's own, without a thread:
 * what it says is written before or between the waits.
 * Each test makes and takes down its own reactor.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/local_socket.h"

enum { FAR_MS = 60000 };

static char directory[] = "/tmp/dappd-test-local-socket-XXXXXX";
static char path[108];

static int make_directory(void **state) {
    (void)state;
    if (mkdtemp(directory) == NULL) return -1;
    (void)snprintf(path, sizeof path, "%s/s", directory);
    return 0;
}

static int remove_directory(void **state) {
    (void)state;
    return rmdir(directory);
}

/* A connection and its other end. */
struct pair {
    struct reactor *reactor;
    struct local_socket *socket;
    int listener, other;
    int errors[4];
    char text[16];
    size_t n;
    size_t sent, received;
};

static struct pair *connect_pair(void) {
    struct pair *pair = calloc(1, sizeof *pair);
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    memcpy(at.sun_path, path, sizeof at.sun_path);
    pair->reactor = reactor_new(0);
    pair->listener = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(pair->listener, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(pair->listener, 1), 0);
    assert_int_equal(local_socket_open(&pair->socket, pair->reactor, path), 0);
    pair->other = accept(pair->listener, NULL, NULL);
    assert_true(pair->other >= 0);
    return pair;
}

static void run(struct pair *pair, coroutine_fn one, coroutine_fn other) {
    reactor_spawn(pair->reactor, one, pair);
    if (other != NULL) reactor_spawn(pair->reactor, other, pair);
    reactor_stop(pair->reactor);
    reactor_run(pair->reactor);
}

static void disconnect(struct pair *pair) {
    local_socket_close(pair->socket);
    reactor_free(pair->reactor);
    if (pair->other >= 0) assert_int_equal(close(pair->other), 0);
    assert_int_equal(close(pair->listener), 0);
    assert_int_equal(unlink(path), 0);
    free(pair);
}

static uint64_t far_ms(const struct pair *pair) {
    return reactor_now_ms(pair->reactor) + FAR_MS;
}

static void read_once(void *arg) {
    struct pair *pair = arg;
    pair->errors[0] = local_socket_read(pair->socket, &pair->n, pair->text, sizeof pair->text, far_ms(pair));
}

static void say_hello(void *arg) {
    struct pair *pair = arg;
    pair->sent = (size_t)send(pair->other, "hello", 5, 0);
}

static void test_read_waits_for_what_comes(void **state) {
    (void)state;
    struct pair *pair = connect_pair();
    run(pair, read_once, say_hello);
    assert_int_equal(pair->errors[0], 0);
    assert_int_equal(pair->n, 5);
    assert_memory_equal(pair->text, "hello", 5);
    disconnect(pair);
}

static void hang_up(void *arg) {
    struct pair *pair = arg;
    (void)close(pair->other);
    pair->other = -1;
}

static void write_after_close(void *arg) {
    struct pair *pair = arg;
    read_once(pair);
    pair->errors[1] = local_socket_write(pair->socket, "x", 1, far_ms(pair));
}

static void test_the_other_side_closes(void **state) {
    (void)state;
    struct pair *pair = connect_pair();
    run(pair, write_after_close, hang_up);
    assert_int_equal(pair->errors[0], ECONNRESET);
    assert_int_equal(pair->errors[1], ECONNRESET); /* and no SIGPIPE */
    disconnect(pair);
}

static void read_what_is_there(void *arg) {
    struct pair *pair = arg;
    pair->errors[0] = local_socket_read(pair->socket, &pair->n, pair->text, sizeof pair->text, 0);
    say_hello(pair);
    pair->errors[1] = local_socket_read(pair->socket, &pair->n, pair->text, 3, 0);
    pair->errors[2] = local_socket_read(pair->socket, &pair->n, pair->text, sizeof pair->text, 0);
    pair->errors[3] =
        local_socket_read(pair->socket, &pair->n, pair->text, sizeof pair->text, reactor_now_ms(pair->reactor) + 20);
}

static void test_deadlines(void **state) {
    (void)state;
    struct pair *pair = connect_pair();
    run(pair, read_what_is_there, NULL);
    assert_int_equal(pair->errors[0], ETIMEDOUT);
    assert_int_equal(pair->errors[1], 0);
    assert_int_equal(pair->errors[2], 0);
    assert_int_equal(pair->errors[3], ETIMEDOUT);
    assert_int_equal(pair->n, 2);
    assert_memory_equal(pair->text, "lo", 2);
    disconnect(pair);
}

static void cancel(void *arg) {
    struct pair *pair = arg;
    local_socket_cancel(pair->socket);
}

static void read_twice(void *arg) {
    read_once(arg);
    struct pair *pair = arg;
    pair->errors[1] = local_socket_read(pair->socket, &pair->n, pair->text, sizeof pair->text, far_ms(pair));
}

static void test_cancel_ends_this_wait_and_the_next(void **state) {
    (void)state;
    struct pair *pair = connect_pair();
    uint64_t end_ms = far_ms(pair);
    run(pair, read_twice, cancel);
    assert_int_equal(pair->errors[0], ETIMEDOUT);
    assert_int_equal(pair->errors[1], ETIMEDOUT);
    assert_true(reactor_now_ms(pair->reactor) < end_ms);
    disconnect(pair);
}

enum { LONG_BYTES = 1000000 }; /* far more than the kernel keeps for the other side */

static void write_long(void *arg) {
    struct pair *pair = arg;
    char *text = malloc(LONG_BYTES);
    for (size_t i = 0; i < LONG_BYTES; i++) text[i] = (char)(i % 251);
    pair->errors[0] = local_socket_write(pair->socket, text, LONG_BYTES, far_ms(pair));
    free(text);
}

/* Counts the bytes that are as they should be. */
static void drain(void *arg) {
    struct pair *pair = arg;
    char piece[4096];
    for (size_t at = 0; at < LONG_BYTES;) {
        ssize_t n = recv(pair->other, piece, sizeof piece, MSG_DONTWAIT);
        if (n <= 0) {
            reactor_sleep_ms(pair->reactor, 1); /* the writer's turn */
            continue;
        }
        for (ssize_t i = 0; i < n; i++, at++) pair->received += piece[i] == (char)(at % 251) ? 1 : 0;
    }
}

static void test_write_waits_for_room(void **state) {
    (void)state;
    struct pair *pair = connect_pair();
    run(pair, write_long, drain);
    assert_int_equal(pair->errors[0], 0);
    assert_int_equal(pair->received, LONG_BYTES);
    disconnect(pair);
}

static void write_in_vain(void *arg) {
    struct pair *pair = arg;
    char *text = calloc(1, LONG_BYTES);
    pair->errors[0] = local_socket_write(pair->socket, text, LONG_BYTES, reactor_now_ms(pair->reactor) + 20);
    free(text);
}

static void test_write_gives_up_at_the_deadline(void **state) {
    (void)state;
    struct pair *pair = connect_pair();
    run(pair, write_in_vain, NULL);
    assert_int_equal(pair->errors[0], ETIMEDOUT);
    disconnect(pair);
}

static void test_open_fails_at_once(void **state) {
    (void)state;
    struct reactor *reactor = reactor_new(0);
    struct local_socket *socket;
    assert_int_equal(local_socket_open(&socket, reactor, path), ENOENT);
    assert_null(socket);
    assert_int_equal(local_socket_open(&socket, reactor, directory), ECONNREFUSED);
    assert_null(socket);
    reactor_free(reactor);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read_waits_for_what_comes),
        cmocka_unit_test(test_the_other_side_closes),
        cmocka_unit_test(test_deadlines),
        cmocka_unit_test(test_cancel_ends_this_wait_and_the_next),
        cmocka_unit_test(test_write_waits_for_room),
        cmocka_unit_test(test_write_gives_up_at_the_deadline),
        cmocka_unit_test(test_open_fails_at_once),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
