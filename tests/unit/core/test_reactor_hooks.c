/* Hooks: the order they run in, how often, and that what they start is never left lying.
 * Each test makes its reactor and frees it.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include <unistd.h>

#include "core/reactor.h"

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

static void sleep_then_tell(void *letter) {
    reactor_sleep_ms(reactor, 20 * (uint64_t)(*(char *)letter - 'a' + 1));
    tell(letter);
}

static bool tell_hook(void *letter) {
    if (story_len < 8) tell(letter);
    return false;
}

static void test_hooks_run_in_order_until_removed(void **state) {
    (void)state;
    begin_story();
    for (int i = 0; i < 4; i++) reactor_add_hook(reactor, tell_hook, &letters[i]);
    reactor_remove_hook(reactor, tell_hook, &letters[1]); /* the one with this argument */
    reactor_add_hook(reactor, tell_hook, &letters[4]);
    run_to_the_end();
    assert_memory_equal(story, "acde", 4);
    reactor_remove_hook(reactor, tell_hook, &letters[4]);
    reactor_remove_hook(reactor, tell_hook, &letters[3]);
    reactor_remove_hook(reactor, tell_hook, &letters[0]);
    reactor_remove_hook(reactor, tell_hook, &letters[2]);
    begin_story();
    run_to_the_end();
    assert_int_equal(story_len, 0);
}

static int progress_left;

static bool make_progress(void *letter) {
    tell_hook(letter);
    return progress_left-- > 0;
}

static void test_progress_runs_all_hooks_again(void **state) {
    (void)state;
    begin_story();
    progress_left = 2;
    reactor_add_hook(reactor, tell_hook, &letters[0]);
    reactor_add_hook(reactor, make_progress, &letters[1]);
    run_to_the_end();
    assert_memory_equal(story, "ababab", 6);
}

static bool never_content(void *arg) {
    ++*(int *)arg;
    return true;
}

/* A hook that always has more to do may not keep timers, I/O and posts waiting. */
static void test_a_busy_hook_does_not_starve_the_loop(void **state) {
    (void)state;
    int calls = 0;
    begin_story();
    reactor_add_hook(reactor, never_content, &calls);
    reactor_post(reactor, tell, &letters[25]);
    reactor_spawn(reactor, sleep_then_tell, &letters[0]);
    run_to_the_end();
    assert_int_equal(story_len, 2);
    assert_true(strchr(story, 'a') != NULL && strchr(story, 'z') != NULL);
    assert_true(calls > 16);
}

static bool stop_in_the_end(void *arg) {
    int *left = arg;
    if (*left == 0) return false;
    if (--*left == 0) reactor_stop(reactor);
    return true;
}

/* More progress than fits into one turn, and nothing else that would wake the loop. */
static void test_the_loop_does_not_sleep_on_unfinished_work(void **state) {
    (void)state;
    int left = 1000;
    reactor_add_hook(reactor, stop_in_the_end, &left);
    (void)alarm(30); /* instead of sleeping for ever */
    reactor_run(reactor);
    (void)alarm(0);
    assert_int_equal(left, 0);
}

/* Whoever is woken by a hook goes on in this turn, whatever the hook says of its progress: after it, the loop would
 * sleep until something else happens. */
struct hooked {
    struct waiter waiter;
    enum err result;
};

static bool wake_from_hook(void *arg) {
    waiter_wake(&((struct hooked *)arg)->waiter, ERR_OK);
    return false;
}

static void wait_for_hook(void *arg) {
    struct hooked *hooked = arg;
    hooked->result = waiter_wait(&hooked->waiter, reactor_now_ms(reactor) + 5000);
    reactor_stop(reactor); /* not before: it would wake the loop, too */
}

static void test_a_wake_from_a_hook_is_not_left_lying(void **state) {
    (void)state;
    struct hooked hooked = {.result = ERR_INTERNAL};
    waiter_init(&hooked.waiter, reactor);
    reactor_spawn(reactor, wait_for_hook, &hooked);
    uint64_t start_ms = reactor_now_ms(reactor);
    reactor_add_hook(reactor, wake_from_hook, &hooked);
    reactor_run(reactor);
    assert_int_equal(hooked.result, ERR_OK);
    assert_true(reactor_now_ms(reactor) - start_ms < 4000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_hooks_run_in_order_until_removed, make_reactor, free_reactor),
        cmocka_unit_test_setup_teardown(test_progress_runs_all_hooks_again, make_reactor, free_reactor),
        cmocka_unit_test_setup_teardown(test_a_busy_hook_does_not_starve_the_loop, make_reactor, free_reactor),
        cmocka_unit_test_setup_teardown(test_the_loop_does_not_sleep_on_unfinished_work, make_reactor, free_reactor),
        cmocka_unit_test_setup_teardown(test_a_wake_from_a_hook_is_not_left_lying, make_reactor, free_reactor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
