/* The whole life of a circuit breaker, told by a made-up clock.
 * Each test owns its breaker.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "../death.h"
#include "rpc/breaker.h"

static struct breaker breaker;
static uint64_t now_ms;

static int set_up(void **state) {
    (void)state;
    now_ms = 1000 * 1000;
    breaker_init(&breaker, "node");
    return 0;
}

/* What happens to it, in order: 's' success, 'f' failure (both of an attempt that begins and ends now), 'w' its time
 * passes, 'a' it is asked. One millisecond lies between. */
static void live(const char *events) {
    for (; *events != '\0'; events++, now_ms++) {
        switch (*events) {
        case 's':
            breaker_succeeded(&breaker, now_ms, now_ms);
            break;
        case 'f':
            breaker_failed(&breaker, now_ms, now_ms, "test");
            break;
        case 'w':
            now_ms += breaker_left_ms(&breaker, now_ms);
            break;
        default:
            breaker_ask(&breaker, now_ms);
        }
    }
}

static void test_life(void **state) {
    (void)state;
    static const struct {
        const char *events;
        enum breaker_state end;
    } rows[] = {
        {"", BREAKER_CLOSED},
        {"fffffffff", BREAKER_CLOSED},
        {"ffffffffff", BREAKER_OPEN},
        {"sfsfsfsfsfsfsfsfsf", BREAKER_CLOSED},                         /* nine of eighteen */
        {"sfsfsfsfsfsfsfsfsfsf", BREAKER_OPEN},                         /* ten of twenty */
        {"fffffffffssssssssssssssssssssssssssssssssf", BREAKER_CLOSED}, /* the first is forgotten: nine of forty */
        {"fffffffffssssssssssssssssssssssssssssssf", BREAKER_OPEN},     /* ten of forty */
        {"ffffffffffa", BREAKER_OPEN},                                  /* asked too early */
        {"ffffffffffw", BREAKER_OPEN},                                  /* its time is over, but nobody asks */
        {"ffffffffffwa", BREAKER_HALF_OPEN},
        {"ffffffffffwass", BREAKER_HALF_OPEN},
        {"ffffffffffwasss", BREAKER_CLOSED},
        {"ffffffffffwaf", BREAKER_OPEN},
        {"ffffffffffwassf", BREAKER_OPEN},
        {"ffffffffffwassfwassf", BREAKER_OPEN},
        {"ffffffffffwafwasss", BREAKER_CLOSED},
        {"ffffffffff"
         "ffff",
         BREAKER_OPEN},
        {"ffffffffffs", BREAKER_HALF_OPEN}, /* tried for want of a better */
        {"ffffffffffss", BREAKER_HALF_OPEN},
        {"ffffffffffsss", BREAKER_CLOSED},
        {"ffffffffffsf", BREAKER_OPEN},
        {"ffffffffffsss"
         "fffffffff",
         BREAKER_CLOSED}, /* closing forgives */
        {"ffffffffffsss"
         "ffffffffff",
         BREAKER_OPEN},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        set_up(NULL);
        live(rows[i].events);
        if (breaker.state != rows[i].end) fail_msg("%s: %s", rows[i].events, breaker_state_name(breaker.state));
    }
}

static void test_stays_open_longer_each_time(void **state) {
    (void)state;
    static const uint64_t open_s[] = {15, 30, 60, 120, 240, 300, 300};
    live("ffffffffff");
    for (size_t i = 0; i < sizeof open_s / sizeof open_s[0]; i++) {
        assert_int_equal(breaker_left_ms(&breaker, breaker.since_ms), open_s[i] * 1000);
        assert_int_equal(breaker_left_ms(&breaker, breaker.since_ms + open_s[i] * 1000 - 1), 1);
        assert_int_equal(breaker_left_ms(&breaker, breaker.since_ms + open_s[i] * 1000), 0);
        live("waf");
    }
    live("wasss");
    assert_int_equal(breaker_left_ms(&breaker, now_ms), 0);
    live("ffffffffff"); /* once it was well it starts anew */
    assert_int_equal(breaker_left_ms(&breaker, breaker.since_ms), 15000);
}

/* What was under way when the state changed tells of the time before. */
static void test_old_attempts_change_nothing(void **state) {
    (void)state;
    live("ffffffffff");
    breaker_succeeded(&breaker, breaker.since_ms - 1, now_ms);
    assert_int_equal(breaker.state, BREAKER_OPEN);
    live("wa");
    breaker_failed(&breaker, breaker.since_ms - 1, now_ms, "test");
    breaker_succeeded(&breaker, breaker.since_ms - 1, now_ms);
    assert_int_equal(breaker.state, BREAKER_HALF_OPEN);
    assert_int_equal(breaker.successes, 0);
    live("sss");
    for (int i = 0; i < 20; i++) breaker_failed(&breaker, breaker.since_ms - 1, now_ms, "test");
    assert_int_equal(breaker.state, BREAKER_CLOSED);
}

static void test_share_of_failures(void **state) {
    (void)state;
    assert_int_equal(breaker_failed_percent(&breaker), 0);
    live("f");
    assert_int_equal(breaker_failed_percent(&breaker), 100);
    live("sss");
    assert_int_equal(breaker_failed_percent(&breaker), 25);
    live("ssssssssssssssssssssssssssssssssssss"); /* forty in all */
    assert_int_equal(breaker_failed_percent(&breaker), 2);
    live("s");
    assert_int_equal(breaker_failed_percent(&breaker), 0);
}

static enum breaker_state from, to;

static void enter(void) {
    breaker.state = from;
    breaker_enter(&breaker, to, now_ms, "test");
}

static void test_illegal_transitions(void **state) {
    (void)state;
    static const bool legal[BREAKER_STATE_COUNT][BREAKER_STATE_COUNT] = {
        [BREAKER_CLOSED] = {false, true, false},
        [BREAKER_OPEN] = {false, false, true},
        [BREAKER_HALF_OPEN] = {true, true, false},
    };
    for (from = BREAKER_CLOSED; from < BREAKER_STATE_COUNT; from++) {
        for (to = BREAKER_CLOSED; to < BREAKER_STATE_COUNT; to++) {
            if (!legal[from][to]) {
                assert_aborts(enter);
                continue;
            }
            enter();
            assert_int_equal(breaker.state, to);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_life, set_up),
        cmocka_unit_test_setup(test_stays_open_longer_each_time, set_up),
        cmocka_unit_test_setup(test_old_attempts_change_nothing, set_up),
        cmocka_unit_test_setup(test_share_of_failures, set_up),
        cmocka_unit_test_setup(test_illegal_transitions, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
