/* A limit on calls is kept over any longer time, learned from refusals, and given up when it proves needless. The clock
 * is made up.
 * Each test owns its pace.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>

#include "rpc/pace.h"

enum { START_MS = 1000 * 1000 };

/* Asks at every millisecond for single calls; returns how many went out. */
static unsigned send_all(struct pace *pace, uint64_t from_ms, uint64_t to_ms) {
    unsigned sent = 0;
    for (uint64_t now_ms = from_ms; now_ms < to_ms; now_ms++) {
        while (pace_wait_ms(pace, now_ms) == 0 && sent < 1000 * 1000) {
            assert_int_equal(pace_take(pace, 1, now_ms), 0);
            sent++;
        }
    }
    return sent;
}

static void test_no_limit(void **state) {
    (void)state;
    struct pace pace;
    pace_init(&pace, 0, START_MS);
    for (int i = 0; i < 100000; i++) assert_int_equal(pace_take(&pace, 100, START_MS), 0);
}

static void test_configured_limit_is_kept(void **state) {
    (void)state;
    struct pace pace;
    pace_init(&pace, 50, START_MS);
    unsigned sent = send_all(&pace, START_MS, START_MS + 10 * 1000);
    assert_in_range(sent, 495, 500 + 13); /* and what an idle node gets at once */
}

static void test_idle_time_is_not_saved_up(void **state) {
    (void)state;
    struct pace pace;
    pace_init(&pace, 40, START_MS);
    assert_in_range(send_all(&pace, START_MS + 3600 * 1000, START_MS + 3600 * 1000 + 1), 10, 10);
}

/* A batch goes out whole; who comes after it waits for all of it, in order. */
static void test_batches_are_paid_for(void **state) {
    (void)state;
    struct pace pace;
    pace_init(&pace, 100, START_MS);
    assert_int_equal(pace_take(&pace, 125, START_MS), 0);
    uint64_t first_ms = pace_take(&pace, 50, START_MS);
    uint64_t second_ms = pace_take(&pace, 1, START_MS);
    assert_in_range(first_ms, 1000, 1020);
    assert_in_range(second_ms, first_ms + 495, first_ms + 505);
    assert_int_equal(pace_wait_ms(&pace, START_MS + second_ms + 11), 0);
}

/* A head that is asked for more often than the limit allows leaves a way for everybody else. */
static void test_calls_that_do_not_wait_keep_nobody_waiting_for_ever(void **state) {
    (void)state;
    struct pace pace;
    pace_init(&pace, 2, START_MS);
    uint64_t now_ms = START_MS;
    for (; now_ms < START_MS + 60 * 1000; now_ms += 100) pace_charge(&pace, 1, now_ms);
    assert_in_range(pace_wait_ms(&pace, now_ms), 1000, 1502);
    assert_in_range(pace_take(&pace, 4, now_ms), 1000, 1502);
    pace_charge(&pace, 1, now_ms); /* what others have reserved stays so */
    assert_in_range(pace_wait_ms(&pace, now_ms), 3000, 3502);
}

static void test_a_second_s_worth_of_calls_may_wait(void **state) {
    (void)state;
    struct pace pace;
    pace_init(&pace, 20, START_MS);
    unsigned taken = 0;
    for (; taken < 1000 && !pace_is_booked_out(&pace, START_MS); taken++) (void)pace_take(&pace, 1, START_MS);
    assert_in_range(taken, 20, 27); /* and what an idle node gets at once */
    assert_true(pace_is_booked_out(&pace, START_MS + 40));
    assert_false(pace_is_booked_out(&pace, START_MS + 60));
    pace_init(&pace, 0, START_MS);
    (void)pace_take(&pace, 1000, START_MS);
    assert_false(pace_is_booked_out(&pace, START_MS));
    pace_refused(&pace, START_MS);
    (void)pace_take(&pace, 1000, START_MS);
    assert_false(pace_is_booked_out(&pace, START_MS)); /* a limit that is learned may be too low */
    pace_init(&pace, 1, START_MS);
    for (int i = 0; i < 100; i++) pace_charge(&pace, 1, START_MS); /* the head's polls book nothing out */
    assert_false(pace_is_booked_out(&pace, START_MS));
}

static void test_refusal_lowers_the_configured_limit(void **state) {
    (void)state;
    struct pace pace;
    pace_init(&pace, 100, START_MS);
    pace_refused(&pace, START_MS);
    assert_in_range((unsigned)(pace.limit + 0.5), 70, 70);
    for (int i = 0; i < 50; i++) pace_refused(&pace, START_MS + 500); /* of the same burst */
    assert_in_range((unsigned)(pace.limit + 0.5), 70, 73);
    pace_refused(&pace, START_MS + 1000);
    assert_in_range((unsigned)(pace.limit + 0.5), 49, 53);
    for (unsigned i = 2; i < 30; i++) pace_refused(&pace, START_MS + i * 1000);
    assert_in_range((unsigned)(pace.limit + 0.5), 1, 20); /* it never ends */
    (void)pace_wait_ms(&pace, START_MS + 90 * 1000);
    assert_in_range((unsigned)(pace.limit + 0.5), 100, 100); /* and never passes what is configured */
}

static void test_limit_is_learned_and_forgotten(void **state) {
    (void)state;
    struct pace pace;
    pace_init(&pace, 0, START_MS);
    for (uint64_t ms = 0; ms < 3000; ms += 2) (void)pace_take(&pace, 1, START_MS + ms); /* 500 a second */
    pace_refused(&pace, START_MS + 3000);
    assert_in_range((unsigned)pace.limit, 345, 351);
    unsigned sent = send_all(&pace, START_MS + 3000, START_MS + 4000);
    assert_in_range(sent, 340, 380);
    (void)pace_wait_ms(&pace, START_MS + 10 * 1000);
    assert_true(pace.limit > 500);
    (void)pace_wait_ms(&pace, START_MS + 60 * 1000);
    assert_true(pace.limit == 0);
    assert_int_equal(pace_take(&pace, 100000, START_MS + 60 * 1000), 0);
}

/* A refusal at a crawl is about a quota or another client: it must not slow us to nothing. */
static void test_refusal_at_a_crawl(void **state) {
    (void)state;
    struct pace pace;
    pace_init(&pace, 0, START_MS);
    (void)pace_take(&pace, 1, START_MS);
    pace_refused(&pace, START_MS + 1);
    assert_in_range((unsigned)pace.limit, 10, 10);
}

static void test_clock_that_stands_still(void **state) {
    (void)state;
    struct pace pace;
    pace_init(&pace, 10, START_MS);
    (void)pace_take(&pace, 100, START_MS);
    uint64_t wait_ms = pace_wait_ms(&pace, START_MS);
    assert_int_equal(pace_wait_ms(&pace, START_MS), wait_ms);
    assert_int_equal(pace_wait_ms(&pace, START_MS - 5000),
                     wait_ms); /* another reactor's clock reading, taken earlier */
}

/* Threads read the clock before they take their turn. */
static void test_clock_that_steps_back_forgets_no_calls(void **state) {
    (void)state;
    struct pace pace;
    pace_init(&pace, 0, START_MS);
    for (uint64_t ms = 0; ms <= 1000; ms += 2) (void)pace_take(&pace, 1, START_MS + ms);
    (void)pace_take(&pace, 1, START_MS + 999);
    pace_refused(&pace, START_MS + 1001);
    assert_in_range((unsigned)pace.tried, 490, 510);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_limit),
        cmocka_unit_test(test_configured_limit_is_kept),
        cmocka_unit_test(test_idle_time_is_not_saved_up),
        cmocka_unit_test(test_batches_are_paid_for),
        cmocka_unit_test(test_calls_that_do_not_wait_keep_nobody_waiting_for_ever),
        cmocka_unit_test(test_a_second_s_worth_of_calls_may_wait),
        cmocka_unit_test(test_clock_that_steps_back_forgets_no_calls),
        cmocka_unit_test(test_refusal_lowers_the_configured_limit),
        cmocka_unit_test(test_limit_is_learned_and_forgotten),
        cmocka_unit_test(test_refusal_at_a_crawl),
        cmocka_unit_test(test_clock_that_stands_still),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
