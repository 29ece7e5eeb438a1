/* The loop itself: posts from many threads, spawning, stopping while coroutines wait, and cleaning up.
 * Each test makes its reactors and frees them.
 * Runs on the main thread, plus posting threads and reactors' threads where a test says so. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "core/reactor.h"
#include "death.h"

static struct reactor *reactor;

static int make_reactor(void **state) {
    (void)state;
    reactor = reactor_new(3);
    return 0;
}

static int free_reactor(void **state) {
    (void)state;
    reactor_free(reactor);
    return 0;
}

static void run_to_the_end(void) {
    reactor_stop(reactor);
    reactor_run(reactor);
}

/* What happened, in order. */
static char story[64];
static size_t story_len;

static void begin_story(void) {
    story_len = 0;
    story[0] = '\0';
}

static void tell(void *letter) {
    assert_true(story_len + 1 < sizeof story);
    story[story_len++] = *(const char *)letter;
    story[story_len] = '\0';
}

static char letters[] = "abcdefghijklmnopqrstuvwxyz";

static void test_posts_run_in_order(void **state) {
    (void)state;
    begin_story();
    assert_int_equal(reactor_index(reactor), 3);
    for (int i = 0; i < 5; i++) reactor_post(reactor, tell, &letters[i]);
    assert_int_equal(story_len, 0); /* not before the loop runs */
    run_to_the_end();
    assert_string_equal(story, "abcde");
}

static void post_more(void *letter) {
    char *at = letter;
    tell(at);
    if (*at < 'e') reactor_post(reactor, post_more, at + 1);
}

static void test_a_post_may_post(void **state) {
    (void)state;
    begin_story();
    reactor_post(reactor, post_more, &letters[0]);
    reactor_post(reactor, tell, &letters[25]);
    reactor_stop(reactor);
    reactor_run(reactor);
    reactor_free(reactor); /* runs what the stop was faster than */
    reactor = reactor_new(0);
    assert_string_equal(story, "azbcde");
}

/* From many threads: nothing is lost, and each thread's posts stay in order. */
enum { THREADS = 8, POSTS = 2000 };

struct poster {
    pthread_t thread;
    uint32_t numbers[POSTS];
    uint32_t next; /* on the reactor's thread */
    bool in_order;
};

static atomic_uint posters_left;
static struct poster *posters;

static void take_number(void *arg) {
    const uint32_t *number = arg;
    struct poster *poster = &posters[*number / POSTS];
    poster->in_order = poster->in_order && *number % POSTS == poster->next;
    poster->next++;
}

static void *post_numbers(void *arg) {
    struct poster *poster = arg;
    for (size_t i = 0; i < POSTS; i++) {
        poster->numbers[i] = (uint32_t)((size_t)(poster - posters) * POSTS + i);
        reactor_post(reactor, take_number, &poster->numbers[i]);
    }
    if (atomic_fetch_sub(&posters_left, 1) == 1) reactor_stop(reactor);
    return NULL;
}

static void test_posts_from_many_threads(void **state) {
    (void)state;
    posters = calloc(THREADS, sizeof *posters);
    assert_non_null(posters);
    atomic_store(&posters_left, THREADS);
    for (size_t i = 0; i < THREADS; i++) {
        posters[i].in_order = true;
        assert_int_equal(pthread_create(&posters[i].thread, NULL, post_numbers, &posters[i]), 0);
    }
    reactor_run(reactor);
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(posters[i].thread, NULL), 0);
        assert_int_equal(posters[i].next, POSTS);
        assert_true(posters[i].in_order);
    }
    free(posters);
}

static void spawn_inside(void *arg) {
    (void)arg;
    tell(&letters[0]);
    reactor_spawn(reactor, tell, &letters[1]);
    reactor_spawn(reactor, tell, &letters[2]);
    tell(&letters[3]);
}

static void test_spawning_runs_at_once_or_later_in_the_turn(void **state) {
    (void)state;
    begin_story();
    reactor_spawn(reactor, tell, &letters[25]);
    assert_string_equal(story, "z");
    reactor_spawn(reactor, spawn_inside, NULL);
    assert_string_equal(story, "zad");
    run_to_the_end();
    assert_string_equal(story, "zadbc");
}

static void sleep_then_tell(void *letter) {
    reactor_sleep_ms(reactor, 20 * (uint64_t)(*(char *)letter - 'a' + 1));
    tell(letter);
}

static void test_stop_waits_for_coroutines(void **state) {
    (void)state;
    begin_story();
    for (int i = 3; i >= 0; i--) reactor_spawn(reactor, sleep_then_tell, &letters[i]);
    run_to_the_end();
    assert_string_equal(story, "abcd");
}

static void spawn_sleeper(void *arg) {
    reactor_spawn(reactor, sleep_then_tell, arg);
}

/* What is posted after the stop still runs, and the loop waits for what that starts. */
static void test_a_post_after_the_stop_counts(void **state) {
    (void)state;
    begin_story();
    reactor_spawn(reactor, sleep_then_tell, &letters[0]);
    reactor_stop(reactor);
    reactor_post(reactor, spawn_sleeper, &letters[1]);
    reactor_run(reactor);
    assert_string_equal(story, "ab");
}

static void *stop_from_outside(void *arg) {
    reactor_stop(arg);
    return NULL;
}

static void test_stop_from_another_thread(void **state) {
    (void)state;
    pthread_t thread;
    begin_story();
    reactor_spawn(reactor, sleep_then_tell, &letters[0]);
    assert_int_equal(pthread_create(&thread, NULL, stop_from_outside, reactor), 0);
    reactor_run(reactor);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_string_equal(story, "a");
}

static bool nothing(void *arg) {
    (void)arg;
    return false;
}

static void add_too_many_hooks(void) {
    for (int i = 0; i < 1000; i++) reactor_add_hook(reactor, nothing, NULL);
}
static void remove_unknown_hook(void) {
    reactor_add_hook(reactor, nothing, &letters[0]);
    reactor_remove_hook(reactor, nothing, &letters[1]);
}
static void wait_on_the_loop(void) {
    struct waiter waiter;
    waiter_init(&waiter, reactor);
    (void)!waiter_wait(&waiter, UINT64_MAX);
}

static void test_misuse_is_caught(void **state) {
    (void)state;
    assert_aborts(add_too_many_hooks);
    assert_aborts(remove_unknown_hook);
    assert_aborts(wait_on_the_loop);
}

static void test_free_closes_handles(void **state) {
    (void)state;
    struct reactor *other = reactor_new(0);
    uv_timer_t timer;
    assert_int_equal(uv_timer_init(reactor_loop(other), &timer), 0);
    reactor_free(other);
}

/* Reactors on threads of their own that keep posting to one another, made there and freed here, as the program does. */
enum { REACTORS = 4, HOPS = 4000 };

struct ring {
    struct reactor *reactors[REACTORS];
    pthread_barrier_t started;
    atomic_int hops;
};

struct seat {
    struct ring *ring;
    unsigned index;
    pthread_t thread;
    unsigned visits; /* on its own thread */
};

static struct seat seats[REACTORS];

static void hop(void *arg) {
    struct seat *seat = arg;
    struct ring *ring = seat->ring;
    reactor_sleep_ms(ring->reactors[seat->index], 0);
    seat->visits++;
}

static void arrive(void *arg) {
    struct seat *seat = arg;
    struct ring *ring = seat->ring;
    reactor_spawn(ring->reactors[seat->index], hop, seat);
    unsigned next = (seat->index + 1) % REACTORS;
    if (atomic_fetch_sub(&ring->hops, 1) > 0) {
        reactor_post(ring->reactors[next], arrive, &seats[next]);
    } else {
        for (unsigned i = 0; i < REACTORS; i++) reactor_stop(ring->reactors[i]);
    }
}

static void *run_seat(void *arg) {
    struct seat *seat = arg;
    seat->ring->reactors[seat->index] = reactor_new(seat->index);
    (void)pthread_barrier_wait(&seat->ring->started);
    if (seat->index == 0) reactor_post(seat->ring->reactors[1], arrive, &seats[1]);
    reactor_run(seat->ring->reactors[seat->index]);
    return NULL;
}

static void test_reactors_post_to_one_another(void **state) {
    (void)state;
    struct ring ring = {.hops = HOPS};
    unsigned visits = 0;
    assert_int_equal(pthread_barrier_init(&ring.started, NULL, REACTORS), 0);
    for (unsigned i = 0; i < REACTORS; i++) {
        seats[i] = (struct seat){.ring = &ring, .index = i};
        assert_int_equal(pthread_create(&seats[i].thread, NULL, run_seat, &seats[i]), 0);
    }
    for (unsigned i = 0; i < REACTORS; i++) assert_int_equal(pthread_join(seats[i].thread, NULL), 0);
    for (unsigned i = 0; i < REACTORS; i++) {
        reactor_free(ring.reactors[i]);
        visits += seats[i].visits;
    }
    assert_int_equal(visits, HOPS + 1);
    (void)pthread_barrier_destroy(&ring.started);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_posts_run_in_order, make_reactor, free_reactor),
        cmocka_unit_test_setup_teardown(test_a_post_may_post, make_reactor, free_reactor),
        cmocka_unit_test_setup_teardown(test_posts_from_many_threads, make_reactor, free_reactor),
        cmocka_unit_test_setup_teardown(test_spawning_runs_at_once_or_later_in_the_turn, make_reactor, free_reactor),
        cmocka_unit_test_setup_teardown(test_stop_waits_for_coroutines, make_reactor, free_reactor),
        cmocka_unit_test_setup_teardown(test_a_post_after_the_stop_counts, make_reactor, free_reactor),
        cmocka_unit_test_setup_teardown(test_stop_from_another_thread, make_reactor, free_reactor),
        cmocka_unit_test_setup_teardown(test_misuse_is_caught, make_reactor, free_reactor),
        cmocka_unit_test_setup_teardown(test_free_closes_handles, make_reactor, free_reactor),
        cmocka_unit_test_setup_teardown(test_reactors_post_to_one_another, make_reactor, free_reactor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
