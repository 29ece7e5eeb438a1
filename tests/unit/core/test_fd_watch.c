/* What a watch tells of a descriptor, until it is freed. The other end of each socket is the test's own.
 * Each test makes and frees its reactor.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/fd_watch.h"

enum { PATIENCE_MS = 30000, QUIET_MS = 20 };

static struct reactor *reactor;
static int ends[2]; /* ours, the other one's */

static struct {
    struct fd_watch *watch;
    struct waiter waiter;
    int events; /* of the last call */
    int calls;
    int stop_at; /* frees the watch at that call */
} seen;

static void on_events(void *arg, int events) {
    (void)arg;
    seen.events = events;
    if (++seen.calls == seen.stop_at) {
        fd_watch_free(seen.watch);
        seen.watch = NULL;
    }
    waiter_wake(&seen.waiter, ERR_OK);
}

/* Returns the events of the next call, 0 when none comes. */
static int next_events(uint64_t ms) {
    waiter_init(&seen.waiter, reactor);
    return waiter_wait(&seen.waiter, reactor_now_ms(reactor) + ms) == ERR_OK ? seen.events : 0;
}

/* What the coroutine found, in order. */
static int story[8];

static void play(coroutine_fn fn) {
    memset(&seen, 0, sizeof seen);
    memset(story, 0, sizeof story);
    reactor = reactor_new(0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    waiter_init(&seen.waiter, reactor);
    seen.watch = fd_watch_new(reactor, ends[0], on_events, NULL);
    assert_non_null(seen.watch);
    reactor_spawn(reactor, fn, NULL);
    reactor_stop(reactor);
    reactor_run(reactor);
    fd_watch_free(seen.watch);
    (void)close(ends[0]);
    if (ends[1] >= 0) (void)close(ends[1]);
    reactor_free(reactor);
}

static void want_in_turn(void *arg) {
    (void)arg;
    story[0] = next_events(QUIET_MS); /* nothing is wanted yet */
    fd_watch_want(seen.watch, FD_WRITABLE);
    story[1] = next_events(PATIENCE_MS);
    fd_watch_want(seen.watch, FD_READABLE);
    story[2] = next_events(QUIET_MS); /* nothing has come yet */
    if (write(ends[1], "x", 1) == 1) story[3] = next_events(PATIENCE_MS);
    fd_watch_want(seen.watch, FD_READABLE | FD_WRITABLE);
    story[4] = next_events(PATIENCE_MS);
    fd_watch_want(seen.watch, 0);
    story[5] = next_events(QUIET_MS);
}

static void test_what_is_wanted_is_told(void **state) {
    (void)state;
    static const int expected[8] = {0, FD_WRITABLE, 0, FD_READABLE, FD_READABLE | FD_WRITABLE, 0};
    play(want_in_turn);
    assert_memory_equal(story, expected, sizeof expected);
}

static void hang_up(void *arg) {
    (void)arg;
    fd_watch_want(seen.watch, FD_READABLE | FD_WRITABLE);
    (void)close(ends[1]);
    ends[1] = -1;
    story[0] = next_events(PATIENCE_MS);
}

static void test_a_hang_up_is_both(void **state) {
    (void)state;
    play(hang_up);
    assert_int_equal(story[0], FD_READABLE | FD_WRITABLE);
}

/* The other end has said its last words, and has not read ours: the connection is reset, the words are still there. */
static void reset(void *arg) {
    (void)arg;
    char last[16];
    if (write(ends[0], "unread", 6) != 6 || write(ends[1], "last", 4) != 4) return;
    (void)close(ends[1]);
    ends[1] = -1;
    fd_watch_want(seen.watch, FD_READABLE);
    story[0] = next_events(PATIENCE_MS);
    for (int i = 1; i < 4; i++) {
        story[i] = (int)read(ends[0], last, sizeof last);
        if (story[i] == 0) break;
        if (next_events(PATIENCE_MS) == 0) story[7] = 1; /* it was told no more */
    }
}

static void test_after_an_error_it_goes_on(void **state) {
    (void)state;
    play(reset);
    assert_int_equal(story[0], FD_READABLE | FD_WRITABLE);
    assert_int_equal(story[7], 0);
    assert_true(story[1] == 4 || story[2] == 4);
}

static void free_in_the_call(void *arg) {
    (void)arg;
    seen.stop_at = 1;
    fd_watch_want(seen.watch, FD_WRITABLE);
    story[0] = next_events(PATIENCE_MS);
    story[1] = next_events(QUIET_MS);
    seen.watch = fd_watch_new(reactor, ends[0], on_events, NULL); /* the same number again, at once */
    fd_watch_want(seen.watch, FD_WRITABLE);
    story[2] = next_events(PATIENCE_MS);
}

static void test_it_may_be_freed_in_its_call(void **state) {
    (void)state;
    play(free_in_the_call);
    assert_int_equal(story[0], FD_WRITABLE);
    assert_int_equal(story[1], 0);
    assert_int_equal(story[2], FD_WRITABLE);
}

static void test_what_cannot_be_watched_has_no_watch(void **state) {
    (void)state;
    reactor = reactor_new(0);
    assert_null(fd_watch_new(reactor, 1023, on_events, NULL));
    reactor_free(reactor);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_wanted_is_told),
        cmocka_unit_test(test_a_hang_up_is_both),
        cmocka_unit_test(test_after_an_error_it_goes_on),
        cmocka_unit_test(test_it_may_be_freed_in_its_call),
        cmocka_unit_test(test_what_cannot_be_watched_has_no_watch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
