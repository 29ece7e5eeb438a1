/* How fit a node is to be asked, after whatever became of asking it; its limits are remembered. Times are made up.
 * Each test makes and frees its own upstream.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "core/metrics.h"
#include "rpc/upstream.h"

enum { HOLD_MS = 500 };

static struct upstream upstream;
static uint64_t now_ms;

static void init(unsigned calls_per_s) {
    const struct upstream_config config = {
        .name = "node", .url = "http://127.0.0.1:1/", .priority = 3, .calls_per_s = calls_per_s};
    upstream_init(&upstream, &config, 0);
    upstream_identify(&upstream, UPSTREAM_VERIFIED, 0);
    now_ms = upstream_now_ms() + 1000;
}

static int set_up(void **state) {
    (void)state;
    static const char *const names[] = {"node"};
    metrics_start(1);
    metrics_set_label_values(METRIC_LABEL_UPSTREAM, names, 1);
    init(0);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    upstream_free(&upstream);
    metrics_stop();
    return 0;
}

static void record(struct upstream_result result) {
    now_ms++;
    result.started_ms = now_ms;
    upstream_record(&upstream, &result, now_ms);
}

static void answer(void) {
    record((struct upstream_result){.verdict = UPSTREAM_ANSWERED, .outcome = RPC_OK, .us = 1000});
}

static void answer_poll(void) {
    record((struct upstream_result){
        .verdict = UPSTREAM_ANSWERED, .outcome = RPC_OK, .us = 1000, .question = UPSTREAM_POLL});
}

static void fail_once(void) {
    record((struct upstream_result){.verdict = UPSTREAM_FAILED, .outcome = RPC_UNREACHABLE});
}

static void refuse(int retry_after_s) {
    record((struct upstream_result){
        .verdict = UPSTREAM_LIMITED, .outcome = RPC_RATE_LIMITED, .retry_after_s = retry_after_s});
}

static enum upstream_fitness fitness(void) {
    return upstream_look(&upstream, now_ms).fitness;
}

static bool admit(void) {
    uint64_t wait_ms;
    return upstream_admit(&upstream, &wait_ms, 1, 0, HOLD_MS, now_ms);
}

/* It is this now, for so long, and then that. */
static void assert_for(enum upstream_fitness now, uint64_t ms, enum upstream_fitness then) {
    assert_int_equal(fitness(), now);
    assert_int_equal(upstream_look(&upstream, now_ms + ms - 1).fitness, now);
    assert_int_equal(upstream_look(&upstream, now_ms + ms).fitness, then);
    assert_int_equal(upstream_retry_in_ms(&upstream, now_ms), ms);
}

static void test_yields_longer_after_each_failure(void **state) {
    (void)state;
    assert_int_equal(fitness(), UPSTREAM_WELL);
    static const uint64_t penalties_s[] = {1, 2, 4, 8, 16, 30, 30, 30, 30};
    for (size_t i = 0; i < sizeof penalties_s / sizeof penalties_s[0]; i++) {
        fail_once();
        assert_for(UPSTREAM_PENALISED, penalties_s[i] * 1000, UPSTREAM_WELL);
    }
    answer();
    assert_int_equal(fitness(), UPSTREAM_WELL);
    assert_false(upstream_look(&upstream, now_ms).on_trial);
}

static void test_many_that_fail_together_count_once(void **state) {
    (void)state;
    struct upstream_result result = {.verdict = UPSTREAM_FAILED, .outcome = RPC_UNREACHABLE, .started_ms = now_ms};
    for (int i = 0; i < 9; i++) upstream_record(&upstream, &result, now_ms + 100);
    now_ms += 100;
    assert_for(UPSTREAM_PENALISED, 1000, UPSTREAM_WELL);
    assert_int_equal(upstream_health(&upstream).failed, 9);
    result.verdict = UPSTREAM_ANSWERED; /* begun before the failure: says nothing */
    upstream_record(&upstream, &result, now_ms);
    assert_int_equal(fitness(), UPSTREAM_PENALISED);
}

static void test_one_tries_after_the_penalty(void **state) {
    (void)state;
    assert_true(admit()); /* well: everybody may */
    assert_true(admit());
    fail_once();
    now_ms += 1000;
    assert_int_equal(fitness(), UPSTREAM_WELL);
    assert_true(upstream_look(&upstream, now_ms).on_trial);
    assert_true(admit());
    assert_int_equal(fitness(), UPSTREAM_PENALISED); /* for the others */
    now_ms += HOLD_MS;
    assert_int_equal(fitness(), UPSTREAM_WELL); /* the first never came back */
    assert_true(admit());
    answer();
    assert_int_equal(fitness(), UPSTREAM_WELL);
    assert_false(upstream_look(&upstream, now_ms).on_trial);
}

/* Some nodes tell their head and hang at everything else. */
static void test_polls_do_not_end_a_penalty(void **state) {
    (void)state;
    fail_once();
    answer_poll();
    assert_int_equal(fitness(), UPSTREAM_PENALISED);
    assert_true(upstream_look(&upstream, now_ms).on_trial);
    record((struct upstream_result){.verdict = UPSTREAM_ANSWERED, .outcome = RPC_OK, .question = UPSTREAM_CHAIN_ID});
    assert_true(upstream_look(&upstream, now_ms).on_trial);
    assert_int_equal(breaker_failed_percent(&upstream.health.breaker), 50); /* of the failure and the poll */
}

/* Where polls show whether a node is back, no request is spent on it. */
static void test_silent_at_polls_is_not_tried(void **state) {
    (void)state;
    answer_poll();
    fail_once();
    now_ms += 60 * 1000;
    assert_int_equal(fitness(), UPSTREAM_PENALISED);
    answer_poll();
    assert_int_equal(fitness(), UPSTREAM_WELL);
    assert_true(upstream_look(&upstream, now_ms).on_trial); /* it has to prove itself at calls yet */
}

static void open_it(void) {
    for (int i = 0; i < BREAKER_FAILURES; i++) fail_once();
}

static void test_open_and_half_open(void **state) {
    (void)state;
    open_it();
    assert_int_equal(fitness(), UPSTREAM_OPEN);
    assert_false(upstream_may_probe(&upstream, now_ms));
    assert_int_equal(upstream_retry_in_ms(&upstream, now_ms), 30000); /* the penalty */
    now_ms += 30000;
    assert_true(upstream_may_probe(&upstream, now_ms));
    assert_int_equal(fitness(), UPSTREAM_HALF_OPEN);
    assert_true(admit());
    assert_int_equal(upstream_health(&upstream).breaker.state, BREAKER_HALF_OPEN);
    assert_int_equal(fitness(), UPSTREAM_OPEN); /* for the others */
    for (int i = 0; i < BREAKER_SUCCESSES - 1; i++) {
        answer();
        assert_int_equal(fitness(), UPSTREAM_HALF_OPEN);
        assert_true(admit());
    }
    answer();
    assert_int_equal(fitness(), UPSTREAM_WELL);
    assert_int_equal(upstream_health(&upstream).breaker.state, BREAKER_CLOSED);
}

static void test_polls_close_the_breaker(void **state) {
    (void)state;
    open_it();
    now_ms += 30000;
    for (int i = 0; i < BREAKER_SUCCESSES; i++) {
        upstream_ask(&upstream, 1, now_ms);
        answer_poll();
    }
    assert_int_equal(upstream_health(&upstream).breaker.state, BREAKER_CLOSED);
    assert_int_equal(fitness(), UPSTREAM_WELL);
    assert_true(upstream_look(&upstream, now_ms).on_trial); /* one request tries it before all do */
}

/* Nobody expects much of an open node, so only a few wait for it. */
static void test_few_ask_an_open_one(void **state) {
    (void)state;
    open_it();
    atomic_store(&upstream.in_flight, 7);
    assert_int_equal(fitness(), UPSTREAM_OPEN);
    assert_true(admit());
    atomic_store(&upstream.in_flight, 8);
    assert_int_equal(fitness(), UPSTREAM_BUSY);
    assert_false(admit());
    now_ms += 99;
    assert_int_equal(fitness(), UPSTREAM_BUSY);
    now_ms += 1; /* the eight may hang while it is back already */
    assert_true(admit());
    assert_int_equal(fitness(), UPSTREAM_BUSY);
}

static void test_rate_limits_are_no_failures_of_the_breaker(void **state) {
    (void)state;
    for (int i = 0; i < 100; i++) refuse(0);
    assert_int_equal(upstream_health(&upstream).breaker.state, BREAKER_CLOSED);
    assert_int_equal(breaker_failed_percent(&upstream.health.breaker), 0);
    assert_int_equal(upstream_health(&upstream).failed, 100);
}

static void test_pauses_as_long_as_it_asks(void **state) {
    (void)state;
    refuse(7);
    assert_int_equal(upstream_look(&upstream, now_ms).wait_ms, 7000);
    assert_false(upstream_may_probe(&upstream, now_ms));
    assert_false(admit()); /* that cannot wait */
    assert_int_equal(upstream_retry_in_ms(&upstream, now_ms), 7000);
    assert_int_equal(upstream_look(&upstream, now_ms + 5999).fitness, UPSTREAM_PAUSED);
    assert_int_equal(upstream_look(&upstream, now_ms + 6000).fitness, UPSTREAM_WAITING); /* short enough to wait */
    assert_int_equal(upstream_look(&upstream, now_ms + 7000).fitness, UPSTREAM_WELL);
}

static void test_pause_of_half_a_minute_at_most(void **state) {
    (void)state;
    refuse(3600);
    assert_int_equal(upstream_look(&upstream, now_ms).wait_ms, 30000);
    refuse(3); /* does not shorten it */
    assert_int_equal(upstream_look(&upstream, now_ms).wait_ms, 29999);
}

static void test_limit_on_calls(void **state) {
    (void)state;
    uint64_t wait_ms;
    upstream_free(&upstream);
    init(100);
    assert_true(upstream_admit(&upstream, &wait_ms, 100, 0, HOLD_MS, now_ms));
    assert_int_equal(wait_ms, 0);
    assert_int_equal(fitness(), UPSTREAM_WAITING);
    assert_false(upstream_admit(&upstream, &wait_ms, 1, 100, HOLD_MS, now_ms));
    assert_true(upstream_admit(&upstream, &wait_ms, 1, 5000, HOLD_MS, now_ms));
    assert_in_range(wait_ms, 700, 800);
}

static void test_lags(void **state) {
    (void)state;
    upstream_set_lagging(&upstream, true);
    assert_int_equal(fitness(), UPSTREAM_LAGGING);
    upstream_set_lagging(&upstream, false);
    assert_int_equal(fitness(), UPSTREAM_WELL);
}

static void test_other_chain_is_asked_again_after_a_while(void **state) {
    (void)state;
    upstream_identify(&upstream, UPSTREAM_OTHER_CHAIN, 5);
    now_ms = upstream_now_ms();
    assert_int_equal(fitness(), UPSTREAM_EXCLUDED);
    assert_false(admit());
    assert_false(upstream_may_probe(&upstream, now_ms));
    now_ms += 5 * 1000;
    assert_true(upstream_may_probe(&upstream, now_ms));
    assert_int_equal(fitness(), UPSTREAM_HALF_OPEN);
    assert_true(admit());
    assert_int_equal(fitness(), UPSTREAM_EXCLUDED); /* for the others */
}

static void test_cut_short_says_nothing(void **state) {
    (void)state;
    for (int i = 0; i < 20; i++) {
        record((struct upstream_result){.verdict = UPSTREAM_CUT_SHORT, .outcome = RPC_TIMED_OUT});
    }
    assert_int_equal(fitness(), UPSTREAM_WELL);
    assert_int_equal(upstream_health(&upstream).failed, 0);
    assert_int_equal(upstream_health(&upstream).requests, 20);
}

static void test_lost_hedges(void **state) {
    (void)state;
    now_ms++;
    upstream_lost_hedge(&upstream, now_ms, 300 * 1000, now_ms);
    assert_for(UPSTREAM_PENALISED, 1000, UPSTREAM_WELL);
    for (int i = 1; i < BREAKER_FAILURES; i++) {
        now_ms++;
        upstream_lost_hedge(&upstream, now_ms, 300 * 1000, now_ms);
    }
    assert_int_equal(fitness(), UPSTREAM_OPEN);
    assert_int_equal(upstream_health(&upstream).hedges_lost, BREAKER_FAILURES);
}

static void test_time_before_a_hedge(void **state) {
    (void)state;
    assert_int_equal(upstream_hedge_ms(&upstream), 1000); /* nothing is known */
    answer();
    assert_int_equal(upstream_hedge_ms(&upstream), 200);
    for (int i = 0; i < 100; i++) {
        record((struct upstream_result){.verdict = UPSTREAM_ANSWERED, .outcome = RPC_OK, .us = 400 * 1000});
    }
    assert_in_range(upstream_hedge_ms(&upstream), 400, 500);
}

static void test_score(void **state) {
    (void)state;
    answer();
    assert_true(upstream_look(&upstream, now_ms).score_us == UINT64_MAX); /* calls differ from node to node */
    for (int i = 0; i < 3; i++) answer_poll();
    assert_in_range(upstream_look(&upstream, now_ms).score_us, 1000, 1010);
    fail_once();
    assert_in_range(upstream_look(&upstream, now_ms).score_us, 1750, 1850); /* one of five */
}

static void test_learns_the_longest_batch(void **state) {
    (void)state;
    assert_int_equal(upstream_batch_cap(&upstream, 100, now_ms), 100);
    upstream_refused_batch(&upstream, 100, now_ms);
    assert_int_equal(upstream_batch_cap(&upstream, 100, now_ms), 50);
    assert_int_equal(upstream_batch_cap(&upstream, 30, now_ms), 30);
    upstream_refused_batch(&upstream, 80, now_ms); /* was under way */
    assert_int_equal(upstream_batch_cap(&upstream, 100, now_ms), 40);
    upstream_refused_batch(&upstream, 100, now_ms);
    assert_int_equal(upstream_batch_cap(&upstream, 100, now_ms), 40);
    upstream_refused_batch(&upstream, 3, now_ms);
    assert_int_equal(upstream_batch_cap(&upstream, 100, now_ms), 1);
    upstream_refused_batch(&upstream, 1, now_ms);
    assert_int_equal(upstream_batch_cap(&upstream, 100, now_ms), 1);
    assert_int_equal(upstream_batch_cap(&upstream, 100, now_ms + 600 * 1000), 100);
    upstream.max_batch = 7; /* configured for this node */
    assert_int_equal(upstream_batch_cap(&upstream, 100, now_ms + 600 * 1000), 7);
    assert_int_equal(upstream_batch_cap(&upstream, 5, now_ms + 600 * 1000), 7);
}

static void test_batches_are_no_longer_than_a_second_allows(void **state) {
    (void)state;
    pace_init(&upstream.health.pace, 20, now_ms);
    assert_int_equal(upstream_batch_cap(&upstream, 100, now_ms), 20);
    upstream.max_batch = 7;
    assert_int_equal(upstream_batch_cap(&upstream, 100, now_ms), 7);
    upstream.max_batch = 50;
    assert_int_equal(upstream_batch_cap(&upstream, 100, now_ms), 20);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static void test_a_limit_on_blocks_is_remembered_for_a_while(void **state) {
    (void)state;
    assert_true(upstream_blocks_cap(&upstream, now_ms) == UINT64_MAX);
    upstream_refused_blocks(&upstream, 1, 0, now_ms); /* less than a block is no limit */
    assert_true(upstream_blocks_cap(&upstream, now_ms) == UINT64_MAX);
    upstream_refused_blocks(&upstream, 1000, 0, now_ms);
    assert_int_equal(upstream_blocks_cap(&upstream, now_ms), 500);
    upstream_refused_blocks(&upstream, 2000, 800, now_ms); /* was under way */
    assert_int_equal(upstream_blocks_cap(&upstream, now_ms), 500);
    upstream_refused_blocks(&upstream, 500, 500, now_ms); /* it does not hold to what it names */
    assert_int_equal(upstream_blocks_cap(&upstream, now_ms), 250);
    assert_true(upstream_blocks_cap(&upstream, now_ms + 10 * 60 * 1000) == UINT64_MAX);
}

static void test_ranges_of_logs_do_not_make_it_look_slow(void **state) {
    (void)state;
    uint64_t before_ms = upstream_hedge_ms(&upstream);
    for (int i = 0; i < 100; i++) {
        record((struct upstream_result){.outcome = RPC_OK, .us = 20000000, .question = UPSTREAM_LOGS});
    }
    assert_int_equal(upstream_hedge_ms(&upstream), before_ms);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_yields_longer_after_each_failure),
        TEST(test_many_that_fail_together_count_once),
        TEST(test_one_tries_after_the_penalty),
        TEST(test_polls_do_not_end_a_penalty),
        TEST(test_silent_at_polls_is_not_tried),
        TEST(test_open_and_half_open),
        TEST(test_polls_close_the_breaker),
        TEST(test_few_ask_an_open_one),
        TEST(test_rate_limits_are_no_failures_of_the_breaker),
        TEST(test_pauses_as_long_as_it_asks),
        TEST(test_pause_of_half_a_minute_at_most),
        TEST(test_limit_on_calls),
        TEST(test_lags),
        TEST(test_other_chain_is_asked_again_after_a_while),
        TEST(test_cut_short_says_nothing),
        TEST(test_lost_hedges),
        TEST(test_time_before_a_hedge),
        TEST(test_score),
        TEST(test_learns_the_longest_batch),
        TEST(test_batches_are_no_longer_than_a_second_allows),
        TEST(test_a_limit_on_blocks_is_remembered_for_a_while),
        TEST(test_ranges_of_logs_do_not_make_it_look_slow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
