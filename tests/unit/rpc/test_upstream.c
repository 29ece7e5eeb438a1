/* A node rests when it fails, longer each time, is tried by one caller at a time, and its limits are remembered.
 * Each test makes and frees its own upstream; the clock is the system's.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "core/metrics.h"
#include "rpc/upstream.h"

static struct upstream upstream;

static int set_up(void **state) {
    (void)state;
    static const char *const names[] = {"node"};
    static const struct upstream_config config = {.name = "node", .url = "http://127.0.0.1:1/"};
    metrics_start(1);
    metrics_set_label_values(METRIC_LABEL_UPSTREAM, names, 1);
    upstream_init(&upstream, &config, 0);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    upstream_free(&upstream);
    metrics_stop();
    return 0;
}

/* An attempt that began after the last failure fails now. */
static void fail_again(int retry_after_s) {
    upstream_failed(&upstream, RPC_UNREACHABLE, upstream.rest_since_ms + 1, retry_after_s, NULL);
}

static void assert_rests_about(uint64_t ms) {
    assert_in_range(upstream_rest_ms(&upstream, upstream_now_ms()), ms - ms / 5, ms);
}

static void test_rests_longer_each_time(void **state) {
    (void)state;
    assert_int_equal(upstream_rest_ms(&upstream, upstream_now_ms()), 0);
    static const uint64_t rests_ms[] = {1000, 2000, 4000, 8000, 16000, 30000, 30000};
    for (size_t i = 0; i < sizeof rests_ms / sizeof rests_ms[0]; i++) {
        fail_again(0);
        assert_rests_about(rests_ms[i]);
        assert_string_equal(upstream_state_name(&upstream), "resting");
    }
    upstream_succeeded(&upstream);
    assert_int_equal(upstream_rest_ms(&upstream, upstream_now_ms()), 0);
    fail_again(0);
    assert_rests_about(1000);
}

static void test_many_that_fail_together_count_once(void **state) {
    (void)state;
    uint64_t started_ms = upstream_now_ms();
    for (int i = 0; i < 100; i++) upstream_failed(&upstream, RPC_UNREACHABLE, started_ms, 0, NULL);
    assert_rests_about(1000);
    assert_int_equal(upstream.failed, 100);
}

static void test_rests_as_long_as_it_asks(void **state) {
    (void)state;
    fail_again(7);
    assert_rests_about(7000);
    fail_again(3600);
    assert_rests_about(30000);
}

static void test_one_tries_after_the_rest(void **state) {
    (void)state;
    uint64_t now_ms = upstream_now_ms();
    assert_true(upstream_claim(&upstream, now_ms, 500)); /* healthy: everybody may */
    assert_true(upstream_claim(&upstream, now_ms, 500));
    fail_again(0);
    now_ms = upstream_now_ms();
    assert_false(upstream_claim(&upstream, now_ms, 500));
    assert_true(upstream_claim(&upstream, now_ms + 1001, 500));
    assert_false(upstream_claim(&upstream, now_ms + 1001, 500));
    assert_false(upstream_claim(&upstream, now_ms + 1500, 500));
    assert_true(upstream_claim(&upstream, now_ms + 1502, 500)); /* the first never came back */
    upstream_succeeded(&upstream);
    assert_true(upstream_claim(&upstream, now_ms, 500));
}

static void test_other_chain_rests_for_a_minute(void **state) {
    (void)state;
    upstream_enter(&upstream, UPSTREAM_VERIFIED, 0);
    assert_string_equal(upstream_state_name(&upstream), "verified");
    upstream_enter(&upstream, UPSTREAM_OTHER_CHAIN, 5);
    assert_string_equal(upstream_state_name(&upstream), "other_chain");
    assert_rests_about(60000);
}

static void test_learns_the_longest_batch(void **state) {
    (void)state;
    assert_int_equal(upstream_batch_cap(&upstream, 100), 100);
    upstream_refused_batch(&upstream, 100);
    assert_int_equal(upstream_batch_cap(&upstream, 100), 50);
    assert_int_equal(upstream_batch_cap(&upstream, 30), 30);
    upstream_refused_batch(&upstream, 80); /* was under way */
    assert_int_equal(upstream_batch_cap(&upstream, 100), 40);
    upstream_refused_batch(&upstream, 100);
    assert_int_equal(upstream_batch_cap(&upstream, 100), 40);
    upstream_refused_batch(&upstream, 3);
    assert_int_equal(upstream_batch_cap(&upstream, 100), 1);
    upstream_refused_batch(&upstream, 1);
    assert_int_equal(upstream_batch_cap(&upstream, 100), 1);
    upstream.batch_cap_until_ms = upstream_now_ms() - 1;
    assert_int_equal(upstream_batch_cap(&upstream, 100), 100);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_rests_longer_each_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_many_that_fail_together_count_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_rests_as_long_as_it_asks, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_one_tries_after_the_rest, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_other_chain_rests_for_a_minute, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_learns_the_longest_batch, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
