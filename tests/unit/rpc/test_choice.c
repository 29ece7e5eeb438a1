/* Which of three nodes is asked next, by how each of them does. No network: what became of asking them is made up.
 * Each test owns its chain.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "net.h"
#include "rpc/chain_state.h"
#include "rpc/choice.h"

static struct net net;
static struct upstream *a, *b, *c;
static uint64_t now_ms;

static void open_chain(bool equals) {
    memset(&net, 0, sizeof net);
    net.n = 3;
    net.equals = equals;
    net.limits = (struct rpc_limits){.attempt_timeout_ms = 5000, .max_batch = 100};
    for (size_t i = 0; i < net.n; i++) snprintf(net.nodes[i].url, sizeof net.nodes[i].url, "http://127.0.0.1:1/");
    net_open(&net, 1, 0);
    a = &net.chain->upstreams[0];
    b = &net.chain->upstreams[1];
    c = &net.chain->upstreams[2];
    now_ms = upstream_now_ms() + 1000;
}

static int set_up(void **state) {
    (void)state;
    net_start_metrics();
    open_chain(false);
    return 0;
}

static int set_up_equals(void **state) {
    (void)state;
    net_start_metrics();
    open_chain(true);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    chain_free(net.chain);
    metrics_stop();
    return 0;
}

static void fail_times(struct upstream *upstream, unsigned times) {
    while (times-- > 0) {
        now_ms++;
        struct upstream_result result = {.verdict = UPSTREAM_FAILED, .outcome = RPC_UNREACHABLE, .started_ms = now_ms};
        upstream_record(upstream, &result, now_ms);
    }
}

static void open_it(struct upstream *upstream) {
    fail_times(upstream, BREAKER_FAILURES);
}

static void pause_it(struct upstream *upstream, int s) {
    struct upstream_result result = {
        .verdict = UPSTREAM_LIMITED, .outcome = RPC_RATE_LIMITED, .started_ms = now_ms, .retry_after_s = s};
    upstream_record(upstream, &result, now_ms);
}

/* In: us, what the head polls of it take. */
static void poll_it(struct upstream *upstream, uint64_t us) {
    struct upstream_result result = {
        .verdict = UPSTREAM_ANSWERED, .outcome = RPC_OK, .started_ms = now_ms, .us = us, .question = UPSTREAM_POLL};
    for (int i = 0; i < 50; i++) upstream_record(upstream, &result, now_ms);
}

static struct upstream *choose(const struct tries *tries) {
    return choice_best(net.chain, tries, true, now_ms).upstream;
}

static struct upstream *choose_first(void) {
    return choose(&(struct tries){.n = 0});
}

/* What each try chooses when all before it failed without harm to the node's name. */
static void assert_order(struct upstream *first, struct upstream *second, struct upstream *third) {
    struct tries tries = {.n = 0};
    struct upstream *const order[] = {first, second, third};
    for (size_t i = 0; i < 3; i++) {
        struct upstream *chosen = choose(&tries);
        if (chosen != order[i]) fail_msg("try %zu: %s", i + 1, chosen == NULL ? "none" : chosen->name);
        tries_note(&tries, chosen);
    }
}

static void test_by_priority(void **state) {
    (void)state;
    assert_order(a, b, c);
}

static void test_once_more_before_one_that_does_badly(void **state) {
    (void)state;
    fail_times(b, 1);
    fail_times(c, 1);
    assert_order(a, a, b);
}

static void test_lagging_goes_behind(void **state) {
    (void)state;
    upstream_set_lagging(a, true);
    assert_order(b, c, a);
}

/* From the best to the worst, two at a time; the better one comes later in the order of priority. */
static void test_fitness_before_priority(void **state) {
    (void)state;
    static const char *const order[] = {"well", "half-open", "lagging", "penalised", "waiting", "open", "paused"};
    enum { N = sizeof order / sizeof order[0] };
    for (size_t worse = 1; worse < N; worse++) {
        for (size_t better = 0; better < worse; better++) {
            chain_free(net.chain);
            open_chain(false);
            upstream_identify(a, UPSTREAM_OTHER_CHAIN, 5);
            atomic_store(&a->other_chain_until_ms, UINT64_MAX); /* whatever time passes here */
            struct upstream *const pair[] = {b, c};
            const size_t states[] = {worse, better};
            for (size_t i = 0; i < 2; i++) { /* half-open first: it takes time to pass */
                if (states[i] == 1) open_it(pair[i]);
                if (states[i] == 1) now_ms += 30 * 1000;
            }
            for (size_t i = 0; i < 2; i++) {
                if (states[i] == 2) upstream_set_lagging(pair[i], true);
                if (states[i] == 3) fail_times(pair[i], 1);
                if (states[i] == 4) pause_it(pair[i], 1);
                if (states[i] == 5) open_it(pair[i]);
                if (states[i] == 6) pause_it(pair[i], 20);
            }
            if (choose_first() != c) fail_msg("%s before %s", order[worse], order[better]);
        }
    }
}

static void test_all_open_take_turns(void **state) {
    (void)state;
    open_it(a);
    open_it(b);
    open_it(c);
    upstream_ask(a, 1, now_ms += 10);
    upstream_ask(c, 1, now_ms += 10);
    upstream_ask(b, 1, now_ms += 10);
    for (int i = 0; i < 2; i++) {
        assert_ptr_equal(choose_first(), a);
        upstream_ask(a, 1, now_ms += 10);
        assert_ptr_equal(choose_first(), c);
        upstream_ask(c, 1, now_ms += 10);
        assert_ptr_equal(choose_first(), b);
        upstream_ask(b, 1, now_ms += 10);
    }
}

static void test_all_open_and_busy(void **state) {
    (void)state;
    struct upstream *const all[] = {a, b, c};
    const struct tries none = {.n = 0};
    for (size_t i = 0; i < 3; i++) {
        open_it(all[i]);
        atomic_store(&all[i]->in_flight, 8);
        upstream_ask(all[i], 1, now_ms);
    }
    struct choice choice = choice_best(net.chain, &none, true, now_ms);
    assert_null(choice.upstream);
    assert_true(choice.all_down && choice.worth_waiting);
    atomic_store(&b->in_flight, 7);
    assert_ptr_equal(choose_first(), b);
}

static void test_other_chains_are_never_asked(void **state) {
    (void)state;
    const struct tries none = {.n = 0};
    upstream_identify(a, UPSTREAM_OTHER_CHAIN, 5);
    upstream_identify(b, UPSTREAM_OTHER_CHAIN, 5);
    upstream_identify(c, UPSTREAM_OTHER_CHAIN, 5);
    now_ms = upstream_now_ms();
    struct choice choice = choice_best(net.chain, &none, true, now_ms);
    assert_null(choice.upstream);
    assert_false(choice.all_down);
}

static void test_no_repeat_where_it_cannot_help(void **state) {
    (void)state;
    struct tries tries = {.n = 0};
    tries_note(&tries, a);
    tries_note(&tries, b);
    open_it(c);
    assert_ptr_equal(choice_best(net.chain, &tries, false, now_ms).upstream, c);
    tries_note(&tries, c);
    assert_null(choice_best(net.chain, &tries, false, now_ms).upstream);
}

static void test_stays_with_the_preferred(void **state) {
    (void)state;
    assert_ptr_equal(choose_first(), a);
    choice_prefer(net.chain, b);
    assert_ptr_equal(choose_first(), b);
    poll_it(a, 80 * 1000);
    poll_it(b, 100 * 1000);
    poll_it(c, 75 * 1000);
    assert_ptr_equal(choose_first(), b); /* better, but not clearly */
    poll_it(c, 60 * 1000);
    assert_ptr_equal(choose_first(), c);
    poll_it(a, 1000);
    poll_it(b, 4000);
    poll_it(c, 500);
    assert_ptr_equal(choose_first(), b); /* a trifle */
    fail_times(b, 1);
    assert_ptr_equal(choose_first(), c); /* the fastest of the others */
}

/* Reads do not stay with a node that must not be asked. */
static void test_leaves_the_preferred_that_serves_another_chain(void **state) {
    (void)state;
    choice_prefer(net.chain, a);
    upstream_identify(a, UPSTREAM_OTHER_CHAIN, 5);
    now_ms = upstream_now_ms();
    assert_ptr_equal(choose_first(), b);
    assert_ptr_equal(choice_rival(net.chain, &(struct tries){.n = 0}, 1, false, now_ms), b);
}

static void test_leaves_the_preferred_that_is_busy(void **state) {
    (void)state;
    choice_prefer(net.chain, a);
    open_it(a);
    atomic_store(&a->in_flight, 8);
    upstream_ask(a, 1, now_ms);
    assert_ptr_equal(choose_first(), b);
}

static void test_priority_before_preference(void **state) {
    (void)state;
    choice_prefer(net.chain, c);
    poll_it(c, 1000);
    poll_it(a, 500 * 1000);
    assert_ptr_equal(choose_first(), a);
}

/* Overflow goes elsewhere without everybody moving there. */
static void test_choice_that_lasts(void **state) {
    (void)state;
    const struct tries none = {.n = 0};
    struct choice choice = choice_best(net.chain, &none, true, now_ms);
    assert_true(choice.upstream == a && choice.lasting);
    pause_it(a, 1);
    now_ms++;
    choice = choice_best(net.chain, &none, true, now_ms);
    assert_true(choice.upstream == b && !choice.lasting);
    fail_times(a, 1);
    now_ms += 1000;
    choice = choice_best(net.chain, &none, true, now_ms);
    assert_true(choice.upstream == b && choice.lasting);
}

static void test_rival(void **state) {
    (void)state;
    struct tries tries = {.n = 0};
    tries_note(&tries, a);
    assert_ptr_equal(choice_rival(net.chain, &tries, 1, false, now_ms), b);
    upstream_refused_batch(b, 20, now_ms);
    assert_ptr_equal(choice_rival(net.chain, &tries, 10, false, now_ms), b);
    assert_null(choice_rival(net.chain, &tries, 11, false, now_ms));
    fail_times(b, 1);
    assert_ptr_equal(choice_rival(net.chain, &tries, 11, false, now_ms), c);
    upstream_set_lagging(c, true);
    assert_null(choice_rival(net.chain, &tries, 1, false, now_ms));
    assert_ptr_equal(choice_rival(net.chain, &tries, 1, true, now_ms), c);
    now_ms += 2000; /* on trial: nothing to build on, unless there is need */
    assert_null(choice_rival(net.chain, &tries, 1, false, now_ms));
    assert_ptr_equal(choice_rival(net.chain, &tries, 1, true, now_ms), b);
    tries_note(&tries, b);
    pause_it(c, 1);
    assert_null(choice_rival(net.chain, &tries, 1, true, now_ms));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define TEST_EQUALS(name) cmocka_unit_test_setup_teardown(name, set_up_equals, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_by_priority),
        TEST(test_once_more_before_one_that_does_badly),
        TEST(test_lagging_goes_behind),
        TEST(test_fitness_before_priority),
        TEST(test_all_open_take_turns),
        TEST(test_all_open_and_busy),
        TEST(test_other_chains_are_never_asked),
        TEST(test_no_repeat_where_it_cannot_help),
        TEST_EQUALS(test_stays_with_the_preferred),
        TEST_EQUALS(test_leaves_the_preferred_that_serves_another_chain),
        TEST_EQUALS(test_leaves_the_preferred_that_is_busy),
        TEST(test_priority_before_preference),
        TEST(test_choice_that_lasts),
        TEST(test_rival),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
