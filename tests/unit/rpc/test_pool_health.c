/* What the health of the nodes means for a call: nodes that are open, limited, paused or preferred.
 * Each test makes and takes down its own net of fake nodes.
 * Runs on the main thread; the nodes run on theirs. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "one_call.h"
#include "rpc/chain_state.h"
#include "rpc/pool.h"

/* --- breakers --- */

static void fail_upstream(struct net *net, size_t i, unsigned times) {
    for (uint64_t ms = 1; ms <= times; ms++) {
        uint64_t now_ms = upstream_now_ms() - times + ms;
        struct upstream_result result = {.verdict = UPSTREAM_FAILED, .outcome = RPC_UNREACHABLE, .started_ms = now_ms};
        upstream_record(&net->chain->upstreams[i], &result, now_ms);
    }
}

static enum breaker_state breaker_of(struct net *net, size_t i) {
    return upstream_health(&net->chain->upstreams[i]).breaker.state;
}

/* Policy alone never leaves a request without an answer, and a node that is back need not wait for its breaker. */
static void test_open_nodes_are_better_than_none(void **state) {
    (void)state;
    struct net net;
    net_start(&net, (fake_serve[]){good}, 1);
    net_open(&net, 1, 0);
    fail_upstream(&net, 0, BREAKER_FAILURES);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(breaker_of(&net, 0), i == 0 ? BREAKER_OPEN : BREAKER_HALF_OPEN);
        struct seen seen = run_call(&net);
        assert_good(&seen);
    }
    assert_int_equal(breaker_of(&net, 0), BREAKER_CLOSED);
    net_close(&net);
}

static void test_each_open_node_is_asked_once(void **state) {
    (void)state;
    struct net net;
    net_start(&net, (fake_serve[]){status_500, status_500, good}, 3);
    net_open(&net, 1, 0);
    for (size_t i = 0; i < 3; i++) fail_upstream(&net, i, BREAKER_FAILURES);
    struct seen seen = run_call(&net);
    assert_good(&seen);
    net.nodes[2].serve = status_500;
    fail_upstream(&net, 2, 1);
    seen = run_call(&net);
    assert_failed(&seen, RPC_UNREACHABLE, ERR_UPSTREAM_UNAVAILABLE);
    assert_in_range(seen.retry_after_s, 1, 5);
    net_close(&net);
    for (size_t i = 0; i < 3; i++) assert_int_equal(net.nodes[i].requests, 2);
}

/* Nobody waits for all the time there is at nodes that are known to hang. */
static void test_open_nodes_that_hang(void **state) {
    (void)state;
    struct net net;
    net_start(&net, (fake_serve[]){fake_hang, fake_hang}, 2);
    net.limits.attempt_timeout_ms = 1200;
    net_open(&net, 1, 0);
    for (size_t i = 0; i < 2; i++) fail_upstream(&net, i, BREAKER_FAILURES);
    struct seen seen = run_call(&net);
    assert_failed(&seen, RPC_TIMED_OUT, ERR_UPSTREAM_UNAVAILABLE);
    assert_in_range(seen.retry_after_s, 1, 5);
    net_close(&net);
    assert_int_equal(net.nodes[0].requests, 1);
    assert_int_equal(net.nodes[1].requests, 1);
}

/* Others keep asking them, so there is nothing to add but patience, and little of it. */
static void test_busy_open_nodes_are_not_waited_for_long(void **state) {
    (void)state;
    struct net net;
    net_start(&net, (fake_serve[]){never, never}, 2);
    net_open(&net, 1, 0);
    for (size_t i = 0; i < 2; i++) {
        fail_upstream(&net, i, BREAKER_FAILURES);
        atomic_store(&net.chain->upstreams[i].in_flight, 8);
        net.chain->upstreams[i].health.asked_ms = upstream_now_ms() + 3600 * 1000;
    }
    struct seen seen = run_call(&net);
    assert_failed(&seen, RPC_UNREACHABLE, ERR_UPSTREAM_UNAVAILABLE);
    assert_in_range(seen.retry_after_s, 1, 5);
    net_close(&net);
}

/* The eight that ask it may hang since before it came back. */
static void test_busy_open_node_that_is_back(void **state) {
    (void)state;
    struct net net;
    net_start(&net, (fake_serve[]){good}, 1);
    net_open(&net, 1, 0);
    fail_upstream(&net, 0, BREAKER_FAILURES);
    atomic_store(&net.chain->upstreams[0].in_flight, 8);
    upstream_ask(&net.chain->upstreams[0], 1, upstream_now_ms());
    struct seen seen = run_call(&net);
    assert_good(&seen);
    net_close(&net);
}

/* Two that fail could use up all tries. */
static void test_every_node_is_asked_before_a_call_fails(void **state) {
    (void)state;
    struct net net;
    net_start(&net, (fake_serve[]){node_error, status_500, good}, 3);
    net_open(&net, 1, 0);
    fail_upstream(&net, 2, BREAKER_FAILURES);
    struct seen seen = run_call(&net);
    assert_good(&seen);
    net_close(&net);
    assert_int_equal(net.nodes[2].requests, 1);
}

static void test_open_node_is_spared(void **state) {
    (void)state;
    struct net net;
    net_start(&net, (fake_serve[]){never, errs_every_other_time}, 2);
    net_open(&net, 1, 0);
    fail_upstream(&net, 0, BREAKER_FAILURES);
    for (int i = 0; i < 3; i++) {
        struct seen seen = run_call(&net);
        assert_good(&seen);
    }
    net_close(&net);
    assert_int_equal(net.nodes[1].requests, 6);
}

/* --- limits --- */

/* The second node may be asked, and the first is left in peace for as long as it said. */
static void test_limited_node_has_its_pause(void **state) {
    (void)state;
    struct net net;
    net_start(&net, (fake_serve[]){status_429, good}, 2);
    net_open(&net, 1, 0);
    for (int i = 0; i < 4; i++) {
        struct seen seen = run_call(&net);
        assert_good(&seen);
    }
    assert_status(&net, "\"paused\":true,");
    net_close(&net);
    assert_int_equal(net.nodes[0].requests, 1);
}

/* All ask for a longer pause than there is time: the answer comes at once, and says when. */
static void test_all_nodes_ask_for_a_pause(void **state) {
    (void)state;
    struct net net;
    net_start(&net, (fake_serve[]){status_429, status_429}, 2);
    net_open(&net, 1, 0);
    net.task_ms = 5000;
    for (int i = 0; i < 2; i++) {
        struct seen seen = run_call(&net);
        assert_failed(&seen, RPC_RATE_LIMITED, ERR_UPSTREAM_UNAVAILABLE);
        assert_in_range(seen.retry_after_s, 5, 7);
    }
    net_close(&net);
    assert_int_equal(net.nodes[0].requests, 1);
    assert_int_equal(net.nodes[1].requests, 1);
}

static void test_limit_on_calls_passes_on_to_the_next(void **state) {
    (void)state;
    struct net net;
    net_start(&net, (fake_serve[]){good, good}, 2);
    net_open(&net, 1, 0);
    pace_init(&net.chain->upstreams[0].health.pace, 1, upstream_now_ms());
    (void)pace_take(&net.chain->upstreams[0].health.pace, 3600, upstream_now_ms());
    for (int i = 0; i < 5; i++) {
        struct seen seen = run_call(&net);
        assert_good(&seen);
    }
    assert_int_equal(atomic_load(&net.chain->preferred), 0); /* overflow moves nobody */
    fake_stop(&net.nodes[1]);
    net.task_ms = 1000;
    struct seen seen = run_call(&net);
    assert_int_equal(seen.err, ERR_UPSTREAM_UNAVAILABLE);
    assert_int_equal(seen.retry_after_s, 1); /* the second may be back, the first owes an hour */
    net_close(&net);
    assert_int_equal(net.nodes[0].requests, 0);
}

static void test_waits_for_its_turn(void **state) {
    (void)state;
    struct net net;
    net_start(&net, (fake_serve[]){good}, 1);
    net_open(&net, 1, 0);
    pace_init(&net.chain->upstreams[0].health.pace, 20, upstream_now_ms());
    uint64_t start_ms = upstream_now_ms();
    for (int i = 0; i < 20; i++) {
        struct seen seen = run_call(&net);
        assert_good(&seen);
    }
    assert_true(upstream_now_ms() - start_ms >= 700); /* 21 calls, 5 of them at once */
    net_close(&net);
}

/* --- consistency --- */

static void test_reads_stay_with_one_node(void **state) {
    (void)state;
    struct net net;
    net_start(&net, (fake_serve[]){good, good, good}, 3);
    net.equals = true;
    net_open(&net, 1, 0);
    struct seen seen = run_call(&net);
    assert_good(&seen);
    fail_upstream(&net, 0, 1);
    for (int i = 0; i < 5; i++) {
        seen = run_call(&net);
        assert_good(&seen);
    }
    net.chain->upstreams[0].health.penalised_until_ms = 0; /* as if its time were over */
    for (int i = 0; i < 5; i++) {
        seen = run_call(&net);
        assert_good(&seen);
    }
    net_close(&net);
    assert_int_equal(net.nodes[0].requests, 1);
    assert_int_equal(net.nodes[1].requests, 10);
    assert_int_equal(net.nodes[2].requests, 0);
}

static void ask_last(struct task *task, struct chain *chain, void *arg) {
    struct rpc_call call = {.method = "eth_blockNumber", .params = "[]"};
    *(enum rpc_outcome *)arg = pool_ask(task, chain, &chain->upstreams[chain->n_upstreams - 1], &call, UPSTREAM_POLL);
}

static void test_question_to_one_node(void **state) {
    (void)state;
    struct net net;
    enum rpc_outcome outcome = RPC_OUTCOME_COUNT;
    net_start(&net, (fake_serve[]){never, status_500}, 2);
    net.equals = true;
    net_open(&net, 1, 0);
    net.arg = &outcome;
    net_run(&net, ask_last);
    assert_int_equal(outcome, RPC_UNREACHABLE);
    assert_int_equal(net.nodes[1].requests, 1);
    assert_int_equal(upstream_health(&net.chain->upstreams[1]).failed, 1);
    net.nodes[1].serve = good;
    net_run(&net, ask_last);
    assert_int_equal(outcome, RPC_OK);
    assert_int_equal(atomic_load(&net.chain->preferred), 0);
    assert_true(upstream_health(&net.chain->upstreams[1]).poll_us > 0);
    net_close(&net);
}

static void internal_error(struct fake_request *request) {
    fake_answer(request, "error", "{\"code\":-32603,\"message\":\"internal error\"}");
}

/* A contract can make a node report an error, but not at a poll. */
static void test_errors_at_polls_count(void **state) {
    (void)state;
    struct net net;
    enum rpc_outcome outcome = RPC_OUTCOME_COUNT;
    net_start(&net, (fake_serve[]){good, internal_error}, 2);
    net_open(&net, 1, 0);
    net.arg = &outcome;
    net_run(&net, ask_last);
    assert_int_equal(outcome, RPC_NODE_ERROR);
    assert_int_equal(upstream_health(&net.chain->upstreams[1]).failed, 1);
    net_close(&net);
}

static void ask_for_much(struct task *task, struct chain *chain, void *arg) {
    struct rpc_call call = {.method = "eth_call", .params = "[]", .heavy = true};
    enum err err = rpc_call(task, chain, &call);
    *(enum rpc_outcome *)arg = err == ERR_OK ? RPC_OK : call.outcome;
}

/* A contract that takes all the time there is must not cost its node the trust of others. */
static void test_heavy_calls_say_nothing_of_the_node(void **state) {
    (void)state;
    struct net net;
    enum rpc_outcome outcome = RPC_OK;
    net_start(&net, (fake_serve[]){fake_hang, fake_hang}, 2);
    net.limits.attempt_timeout_ms = 100;
    net.task_ms = 2000;
    net_open(&net, 1, 0);
    net.arg = &outcome;
    net_run(&net, ask_for_much);
    assert_int_equal(outcome, RPC_TIMED_OUT);
    for (size_t i = 0; i < 2; i++) {
        assert_true(net.nodes[i].requests > 0);
        assert_int_equal(upstream_health(&net.chain->upstreams[i]).failed, 0);
        assert_int_equal(upstream_health(&net.chain->upstreams[i]).hedges, 0);
    }
    net_close(&net);
}

static void call_ten(struct task *task, struct chain *chain, void *arg) {
    unsigned *n_good = arg;
    struct rpc_call calls[10];
    memset(calls, 0, sizeof calls);
    for (size_t i = 0; i < 10; i++) calls[i] = (struct rpc_call){.method = "eth_blockNumber", .params = "[]"};
    rpc_batch(task, chain, calls, 10);
    for (size_t i = 0; i < 10; i++) *n_good += calls[i].err == ERR_OK ? 1 : 0;
}

/* What a node is known to take is kept to when it stands in for another. */
static void test_batches_fit_the_next_node(void **state) {
    (void)state;
    struct net net;
    unsigned n_good = 0;
    net_start(&net, (fake_serve[]){status_500, good}, 2);
    net_open(&net, 1, 0);
    net.chain->upstreams[1].max_batch = 3;
    net.arg = &n_good;
    net_run(&net, call_ten);
    net_close(&net);
    assert_int_equal(n_good, 10);
    assert_int_equal(net.nodes[1].requests, 5); /* ten halved twice is two */
}

int main(void) {
    setenv("no_proxy", "*", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_open_nodes_are_better_than_none),
        cmocka_unit_test(test_each_open_node_is_asked_once),
        cmocka_unit_test(test_open_nodes_that_hang),
        cmocka_unit_test(test_busy_open_nodes_are_not_waited_for_long),
        cmocka_unit_test(test_busy_open_node_that_is_back),
        cmocka_unit_test(test_every_node_is_asked_before_a_call_fails),
        cmocka_unit_test(test_open_node_is_spared),
        cmocka_unit_test(test_limited_node_has_its_pause),
        cmocka_unit_test(test_all_nodes_ask_for_a_pause),
        cmocka_unit_test(test_limit_on_calls_passes_on_to_the_next),
        cmocka_unit_test(test_waits_for_its_turn),
        cmocka_unit_test(test_reads_stay_with_one_node),
        cmocka_unit_test(test_question_to_one_node),
        cmocka_unit_test(test_errors_at_polls_count),
        cmocka_unit_test(test_heavy_calls_say_nothing_of_the_node),
        cmocka_unit_test(test_batches_fit_the_next_node),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
