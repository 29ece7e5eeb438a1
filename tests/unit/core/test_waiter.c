/* Waiting on a reactor: wakes and deadlines in every order they can come in, and what a late one may not do.
 * Each test makes its reactor, runs it until its coroutines have returned and frees it.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <time.h>

#include "core/clock.h"
#include "core/reactor.h"

static struct reactor *reactor;

static int make_reactor(void **state) {
    (void)state;
    reactor = reactor_new(0);
    return 0;
}

static int free_reactor(void **state) {
    (void)state;
    reactor_free(reactor);
    return 0;
}

/* Runs fn on a coroutine and everything it starts to the end. */
static void run(coroutine_fn fn, void *arg) {
    reactor_spawn(reactor, fn, arg);
    reactor_stop(reactor);
    reactor_run(reactor);
}

static void block_ms(long ms) {
    const struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    (void)nanosleep(&pause, NULL);
}

/* One wait and what came of it. */
struct wait {
    struct waiter waiter;
    uint64_t timeout_ms; /* UINT64_MAX: none */
    enum err result;
    uint64_t took_ms; /* by the reactor's clock, which stands still between turns */
    int returned;
};

static void wait_once(void *arg) {
    struct wait *wait = arg;
    uint64_t start_ms = reactor_now_ms(reactor);
    uint64_t deadline_ms = wait->timeout_ms == UINT64_MAX ? UINT64_MAX : start_ms + wait->timeout_ms;
    wait->result = waiter_wait(&wait->waiter, deadline_ms);
    wait->took_ms = reactor_now_ms(reactor) - start_ms;
    wait->returned++;
}

static void test_a_wake_before_the_wait_is_kept(void **state) {
    (void)state;
    struct wait wait = {.timeout_ms = UINT64_MAX};
    waiter_init(&wait.waiter, reactor);
    waiter_wake(&wait.waiter, ERR_NOT_FOUND);
    reactor_spawn(reactor, wait_once, &wait);
    assert_int_equal(wait.returned, 1); /* without a turn of the loop */
    assert_int_equal(wait.result, ERR_NOT_FOUND);
}

static void test_a_wake_before_the_wait_beats_a_deadline_gone_by(void **state) {
    (void)state;
    struct wait wait = {.timeout_ms = 0};
    waiter_init(&wait.waiter, reactor);
    waiter_wake(&wait.waiter, ERR_OK);
    reactor_spawn(reactor, wait_once, &wait);
    assert_int_equal(wait.result, ERR_OK);
}

static void wake_not_found(void *arg) {
    waiter_wake(&((struct wait *)arg)->waiter, ERR_NOT_FOUND);
}

static void test_a_wake_ends_the_wait(void **state) {
    (void)state;
    static const uint64_t timeouts[] = {60000, UINT64_MAX, UINT64_MAX - 1};
    for (size_t i = 0; i < sizeof timeouts / sizeof *timeouts; i++) {
        struct wait wait = {.timeout_ms = timeouts[i]};
        if (i == 2) wait.timeout_ms -= reactor_now_ms(reactor); /* a deadline of UINT64_MAX - 1 */
        waiter_init(&wait.waiter, reactor);
        reactor_post(reactor, wake_not_found, &wait);
        run(wait_once, &wait);
        assert_int_equal(wait.returned, 1);
        assert_int_equal(wait.result, ERR_NOT_FOUND);
        assert_true(wait.took_ms < 30000);
    }
}

static void test_the_deadline_ends_the_wait(void **state) {
    (void)state;
    struct wait wait = {.timeout_ms = 30};
    waiter_init(&wait.waiter, reactor);
    run(wait_once, &wait);
    assert_int_equal(wait.result, ERR_TIMEOUT);
    assert_true(wait.took_ms >= 30);
}

static void test_a_deadline_gone_by_ends_it_at_once(void **state) {
    (void)state;
    struct wait wait = {.timeout_ms = 0};
    waiter_init(&wait.waiter, reactor);
    reactor_spawn(reactor, wait_once, &wait);
    assert_int_equal(wait.returned, 1);
    assert_int_equal(wait.result, ERR_TIMEOUT);
    waiter_wake(&wait.waiter, ERR_OK); /* too late: nobody there to go on */
    assert_int_equal(wait.waiter.result, ERR_TIMEOUT);
}

static void wake_twice(void *arg) {
    struct wait *wait = arg;
    waiter_wake(&wait->waiter, ERR_NOT_FOUND);
    waiter_wake(&wait->waiter, ERR_INTERNAL);
}

static void test_the_first_of_two_wakes_counts(void **state) {
    (void)state;
    struct wait wait = {.timeout_ms = UINT64_MAX};
    waiter_init(&wait.waiter, reactor);
    reactor_post(reactor, wake_twice, &wait);
    reactor_post(reactor, wake_twice, &wait);
    run(wait_once, &wait);
    assert_int_equal(wait.returned, 1);
    assert_int_equal(wait.result, ERR_NOT_FOUND);
}

/* Waits, then waits for something else: what still comes for the first may not end the second. */
struct two_waits {
    struct wait first, second;
};

static void wait_for_two(void *arg) {
    struct two_waits *waits = arg;
    wait_once(&waits->first);
    waiter_init(&waits->second.waiter, reactor);
    wait_once(&waits->second);
}

static void start_two_waits(struct two_waits *waits, uint64_t first_ms, uint64_t second_ms) {
    *waits = (struct two_waits){.first.timeout_ms = first_ms, .second.timeout_ms = second_ms};
    waiter_init(&waits->first.waiter, reactor);
    reactor_spawn(reactor, wait_for_two, waits);
}

static void wake_first_late(void *arg) {
    struct two_waits *waits = arg;
    reactor_sleep_ms(reactor, 40);
    waiter_wake(&waits->first.waiter, ERR_NOT_FOUND);
}

static void test_a_wake_after_the_deadline_has_no_effect(void **state) {
    (void)state;
    struct two_waits waits;
    start_two_waits(&waits, 10, 100);
    run(wake_first_late, &waits);
    assert_int_equal(waits.first.result, ERR_TIMEOUT);
    assert_int_equal(waits.second.result, ERR_TIMEOUT);
    assert_true(waits.second.took_ms >= 100);
}

static void wake_first(uv_timer_t *timer) {
    struct two_waits *waits = timer->data;
    waiter_wake(&waits->first.waiter, ERR_NOT_FOUND);
    uv_close((uv_handle_t *)timer, NULL);
}

static void start_waker(uv_timer_t *timer, struct two_waits *waits) {
    assert_int_equal(uv_timer_init(reactor_loop(reactor), timer), 0);
    timer->data = waits;
    assert_int_equal(uv_timer_start(timer, wake_first, 20, 0), 0);
}

/* Deadline and event are both due when the loop looks: whichever it sees first counts, and only that one. */
static void test_deadline_and_wake_in_the_same_turn(void **state) {
    (void)state;
    for (int wake_is_first = 0; wake_is_first < 2; wake_is_first++) {
        struct two_waits waits;
        uv_timer_t waker;
        if (wake_is_first) start_waker(&waker, &waits);
        start_two_waits(&waits, 20, 100);
        if (!wake_is_first) start_waker(&waker, &waits);
        block_ms(60);
        reactor_stop(reactor);
        reactor_run(reactor);
        assert_int_equal(waits.first.result, wake_is_first ? ERR_NOT_FOUND : ERR_TIMEOUT);
        assert_int_equal(waits.first.returned, 1);
        assert_int_equal(waits.second.result, ERR_TIMEOUT);
        assert_true(waits.second.took_ms >= 100);
    }
}

static void wait_twice_on_one_waiter(void *arg) {
    struct two_waits *waits = arg;
    wait_once(&waits->first);
    waits->second = waits->first;
    waiter_init(&waits->first.waiter, reactor);
    waits->first.timeout_ms = UINT64_MAX;
    wait_once(&waits->first);
}

static void wake_first_later(void *arg) {
    struct two_waits *waits = arg;
    reactor_sleep_ms(reactor, 150);
    waiter_wake(&waits->first.waiter, ERR_INTERNAL);
}

static void test_a_deadline_no_longer_needed_never_fires(void **state) {
    (void)state;
    struct two_waits waits = {.first.timeout_ms = 50};
    waiter_init(&waits.first.waiter, reactor);
    reactor_spawn(reactor, wait_twice_on_one_waiter, &waits);
    waiter_wake(&waits.first.waiter, ERR_NOT_FOUND);
    run(wake_first_later, &waits);
    assert_int_equal(waits.second.result, ERR_NOT_FOUND); /* the first wait's outcome */
    assert_int_equal(waits.first.result, ERR_INTERNAL);
}

/* More timers at once than the pool keeps: each fires for the wait it was started for. */
enum { MANY = 3000 };

static void test_many_deadlines(void **state) {
    (void)state;
    struct wait *waits = calloc(MANY, sizeof *waits);
    assert_non_null(waits);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < MANY; i++) {
            waits[i] = (struct wait){.timeout_ms = (uint64_t)(i * 7 % 50)};
            waiter_init(&waits[i].waiter, reactor);
            reactor_spawn(reactor, wait_once, &waits[i]);
        }
        reactor_stop(reactor);
        reactor_run(reactor);
        for (int i = 0; i < MANY; i++) {
            assert_int_equal(waits[i].returned, 1);
            assert_int_equal(waits[i].result, ERR_TIMEOUT);
            assert_true(waits[i].took_ms >= waits[i].timeout_ms);
        }
    }
    free(waits);
}

/* A coroutine that passes the wake on, so that all go on in one turn. */
struct relay {
    struct wait wait;
    struct relay *next;
    int *order;
    int place;
};

static void relay(void *arg) {
    struct relay *relay = arg;
    wait_once(&relay->wait);
    relay->place = (*relay->order)++;
    if (relay->next != NULL) waiter_wake(&relay->next->wait.waiter, ERR_OK);
}

static void test_a_chain_of_wakes(void **state) {
    (void)state;
    enum { N = 1000 };
    static struct relay relays[N];
    int order = 0;
    for (int i = 0; i < N; i++) {
        relays[i] = (struct relay){.next = i > 0 ? &relays[i - 1] : NULL, .order = &order};
        relays[i].wait.timeout_ms = 30000;
        waiter_init(&relays[i].wait.waiter, reactor);
        reactor_spawn(reactor, relay, &relays[i]);
    }
    waiter_wake(&relays[N - 1].wait.waiter, ERR_OK);
    reactor_stop(reactor);
    reactor_run(reactor);
    for (int i = 0; i < N; i++) {
        assert_int_equal(relays[i].wait.result, ERR_OK);
        assert_int_equal(relays[i].place, N - 1 - i);
    }
}

struct sleep {
    uint64_t ms, took_ms;
    bool returned;
};

static void sleep_once(void *arg) {
    struct sleep *sleep = arg;
    uint64_t start_ms = reactor_now_ms(reactor);
    reactor_sleep_ms(reactor, sleep->ms);
    sleep->took_ms = reactor_now_ms(reactor) - start_ms;
    sleep->returned = true;
}

static void test_sleep(void **state) {
    (void)state;
    struct sleep none = {.ms = 0}, some = {.ms = 50};
    reactor_spawn(reactor, sleep_once, &none);
    uint64_t start_us = clock_now_us();
    run(sleep_once, &some);
    assert_true(none.returned && some.returned);
    assert_true(some.took_ms >= 50);
    assert_true(clock_now_us() - start_us < 30 * 1000 * 1000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_wake_before_the_wait_is_kept, make_reactor, free_reactor),
        cmocka_unit_test_setup_teardown(test_a_wake_before_the_wait_beats_a_deadline_gone_by, make_reactor,
                                        free_reactor),
        cmocka_unit_test_setup_teardown(test_a_wake_ends_the_wait, make_reactor, free_reactor),
        cmocka_unit_test_setup_teardown(test_the_deadline_ends_the_wait, make_reactor, free_reactor),
        cmocka_unit_test_setup_teardown(test_a_deadline_gone_by_ends_it_at_once, make_reactor, free_reactor),
        cmocka_unit_test_setup_teardown(test_the_first_of_two_wakes_counts, make_reactor, free_reactor),
        cmocka_unit_test_setup_teardown(test_a_wake_after_the_deadline_has_no_effect, make_reactor, free_reactor),
        cmocka_unit_test_setup_teardown(test_deadline_and_wake_in_the_same_turn, make_reactor, free_reactor),
        cmocka_unit_test_setup_teardown(test_a_deadline_no_longer_needed_never_fires, make_reactor, free_reactor),
        cmocka_unit_test_setup_teardown(test_many_deadlines, make_reactor, free_reactor),
        cmocka_unit_test_setup_teardown(test_a_chain_of_wakes, make_reactor, free_reactor),
        cmocka_unit_test_setup_teardown(test_sleep, make_reactor, free_reactor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
