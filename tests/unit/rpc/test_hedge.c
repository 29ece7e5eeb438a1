/* A second node is asked when the first is slow: whose answer counts, what becomes of the other, and when nobody is
 * asked at all. Attempts may take longer than a test waits, so that only a hedge can end them.
 * Each test makes and takes down its own net of fake nodes.
 * Runs on the main thread; the nodes run on theirs. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "one_call.h"
#include "rpc/chain_state.h"
#include "rpc/transport.h"

enum { BOUND_MS = 60 * 1000 };

static struct net net;

static void open_net(const fake_serve *serve, size_t n) {
    net_start(&net, serve, n);
    net.limits.attempt_timeout_ms = BOUND_MS;
    net.task_ms = BOUND_MS;
    for (size_t i = 0; i < n; i++) net.nodes[i].arg = &net;
    net_open(&net, 1, 0);
}

/* What /status tells of a node. */
static struct upstream_health health(size_t i) {
    return upstream_health(&net.chain->upstreams[i]);
}

static void assert_hedges(size_t i, unsigned sent, unsigned won) {
    assert_int_equal(health(i).hedges, sent);
    assert_int_equal(metrics_value(METRIC_RPC_HEDGES, i, 0), sent);
    assert_int_equal(metrics_value(METRIC_RPC_HEDGES_WON, i, 0), won);
}

/* A node's thread waits until another node is asked. */
static void await_request(struct fake_request *request, size_t i) {
    struct net *own = request->node->arg;
    for (int ms = 0; ms < BOUND_MS && atomic_load(&own->nodes[i].requests) == 0; ms++) usleep(1000);
}

static void hang_once(struct fake_request *request) {
    if (request->nth == 0) {
        fake_hang(request);
    } else {
        good(request);
    }
}

static void good_when_second_is_asked(struct fake_request *request) {
    await_request(request, 1);
    good(request);
}

static void status_500_when_second_is_asked(struct fake_request *request) {
    await_request(request, 1);
    status_500(request);
}

static void revert(struct fake_request *request) {
    fake_answer(request, "error", "{\"code\":3,\"message\":\"execution reverted\",\"data\":\"0x08c379a0\"}");
}

static void test_first_answer_wins(void **state) {
    (void)state;
    open_net((fake_serve[]){fake_hang, good}, 2);
    struct seen seen = run_call(&net);
    assert_good(&seen);
    assert_hedges(1, 1, 1);
    assert_int_equal(health(0).hedges_lost, 1);
    assert_int_equal(breaker_failed_percent(&net.chain->upstreams[0].health.breaker), 100);
    assert_int_equal(upstream_look(&net.chain->upstreams[0], upstream_now_ms()).fitness, UPSTREAM_PENALISED);
    seen = run_call(&net); /* the others need not find out again */
    assert_good(&seen);
    net_close(&net); /* returns: the connection to the loser was closed */
    assert_int_equal(net.nodes[0].requests, 1);
    assert_int_equal(net.nodes[1].requests, 2);
}

static void test_first_node_may_still_win(void **state) {
    (void)state;
    open_net((fake_serve[]){good_when_second_is_asked, fake_hang}, 2);
    struct seen seen = run_call(&net);
    assert_good(&seen);
    assert_hedges(1, 1, 0);
    assert_int_equal(health(0).hedges_lost, 0);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(upstream_look(&net.chain->upstreams[i], upstream_now_ms()).fitness, UPSTREAM_WELL);
        assert_int_equal(health(i).failed, 0);
    }
    net_close(&net);
}

static void test_costs_are_counted(void **state) {
    (void)state;
    open_net((fake_serve[]){fake_hang, good}, 2);
    struct seen seen = run_call(&net);
    net_close(&net);
    assert_int_equal(seen.calls, 4); /* both nodes told their chain id */
    assert_true(seen.timed);
}

static void test_fast_answer_is_not_hedged(void **state) {
    (void)state;
    open_net((fake_serve[]){good, never}, 2);
    for (int i = 0; i < 30; i++) {
        struct seen seen = run_call(&net);
        assert_good(&seen);
    }
    assert_hedges(1, 0, 0);
    net_close(&net);
}

static void test_revert_is_an_answer(void **state) {
    (void)state;
    open_net((fake_serve[]){revert, never}, 2);
    struct seen seen = run_call(&net);
    assert_failed(&seen, RPC_REVERTED, ERR_EXECUTION_REVERTED);
    net_close(&net);
    open_net((fake_serve[]){fake_hang, revert}, 2);
    seen = run_call(&net);
    assert_failed(&seen, RPC_REVERTED, ERR_EXECUTION_REVERTED);
    assert_int_equal(seen.revert_len, 4);
    assert_hedges(1, 1, 1);
    net_close(&net);
}

static void test_failure_is_retried_not_hedged(void **state) {
    (void)state;
    open_net((fake_serve[]){status_500, good}, 2);
    struct seen seen = run_call(&net);
    assert_good(&seen);
    assert_hedges(1, 0, 0);
    net_close(&net);
}

/* A hedge that fails leaves the first node's answer to wait for. */
static void good_when_second_has_failed(struct fake_request *request) {
    struct net *own = request->node->arg;
    await_request(request, 1);
    for (int ms = 0; ms < BOUND_MS && upstream_health(&own->chain->upstreams[1]).failed == 0; ms++) usleep(1000);
    good(request);
}

static void test_hedge_that_fails(void **state) {
    (void)state;
    open_net((fake_serve[]){good_when_second_has_failed, status_500}, 2);
    struct seen seen = run_call(&net);
    assert_good(&seen);
    assert_hedges(1, 1, 0);
    assert_int_equal(health(0).hedges_lost, 0);
    net_close(&net);
}

static void good_when_first_has_failed(struct fake_request *request) {
    struct net *own = request->node->arg;
    for (int ms = 0; ms < BOUND_MS && upstream_health(&own->chain->upstreams[0]).failed == 0; ms++) usleep(1000);
    good(request);
}

static void test_first_node_fails_meanwhile(void **state) {
    (void)state;
    open_net((fake_serve[]){status_500_when_second_is_asked, good_when_first_has_failed}, 2);
    struct seen seen = run_call(&net);
    assert_good(&seen);
    assert_hedges(1, 1, 1);
    assert_int_equal(health(0).hedges_lost, 0); /* its failure counts, and once */
    assert_int_equal(health(0).failed, 1);
    net_close(&net);
}

static void test_more_telling_failure_is_kept(void **state) {
    (void)state;
    open_net((fake_serve[]){status_500_when_second_is_asked, state_missing}, 2);
    struct seen seen = run_call(&net);
    net_close(&net);
    assert_failed(&seen, RPC_STATE_MISSING, ERR_STATE_UNAVAILABLE);
}

/* --- when nobody is asked --- */

static void test_single_node(void **state) {
    (void)state;
    net_start(&net, (fake_serve[]){fake_hang}, 1);
    net.limits.attempt_timeout_ms = 1500; /* longer than a hedge would wait */
    net_open(&net, 1, 0);
    net.task_ms = 2000;
    struct seen seen = run_call(&net);
    assert_failed(&seen, RPC_TIMED_OUT, ERR_UPSTREAM_UNAVAILABLE);
    assert_hedges(0, 0, 0);
    net_close(&net);
    assert_int_equal(net.nodes[0].requests, 1);
}

/* The first node has this long until it is left anyway; the second would be asked after a second. */
static void assert_not_hedged(void) {
    net.chain->limits.attempt_timeout_ms = 1500;
    net.task_ms = 1500;
    struct seen seen = run_call(&net);
    assert_failed(&seen, RPC_TIMED_OUT, ERR_TIMEOUT);
    assert_hedges(1, 0, 0);
    net_close(&net);
}

static void test_spent_budget(void **state) {
    (void)state;
    open_net((fake_serve[]){fake_hang, never}, 2);
    atomic_store(&net.chain->hedge_twentieths, 18); /* and one for this request */
    assert_not_hedged();
}

static void test_budget_is_earned(void **state) {
    (void)state;
    open_net((fake_serve[]){fake_hang, good}, 2);
    atomic_store(&net.chain->hedge_twentieths, 19);
    struct seen seen = run_call(&net);
    assert_good(&seen);
    assert_hedges(1, 1, 1);
    assert_int_equal(net.chain->hedge_twentieths, 0);
    net_close(&net);
    open_net((fake_serve[]){good, never}, 2);
    for (int i = 0; i < 400; i++) atomic_fetch_add(&net.chain->hedge_twentieths, 1);
    int before = net.chain->hedge_twentieths;
    seen = run_call(&net);
    assert_good(&seen);
    assert_int_equal(net.chain->hedge_twentieths, before); /* no more is saved up */
    net_close(&net);
}

static void test_second_node_that_lags(void **state) {
    (void)state;
    open_net((fake_serve[]){fake_hang, never}, 2);
    upstream_set_lagging(&net.chain->upstreams[1], true);
    assert_not_hedged();
}

static void fail_upstream(struct upstream *upstream) {
    struct upstream_result result = {
        .verdict = UPSTREAM_FAILED, .outcome = RPC_UNREACHABLE, .started_ms = upstream_now_ms()};
    upstream_record(upstream, &result, upstream_now_ms());
}

static void test_second_node_that_fails(void **state) {
    (void)state;
    open_net((fake_serve[]){fake_hang, never}, 2);
    for (int i = 0; i < BREAKER_FAILURES; i++) fail_upstream(&net.chain->upstreams[1]);
    assert_not_hedged();
}

/* --- a first node that is known to fail --- */

static void fails_others_and_hangs(struct fake_request *request) {
    struct net *own = request->node->arg;
    fail_upstream(&own->chain->upstreams[0]);
    fake_hang(request);
}

static void test_known_failure_needs_no_budget(void **state) {
    (void)state;
    open_net((fake_serve[]){fails_others_and_hangs, good}, 2);
    atomic_store(&net.chain->hedge_twentieths, 0);
    struct seen seen = run_call(&net);
    assert_good(&seen);
    assert_hedges(1, 1, 1);
    net_close(&net);
}

/* Of three that are open, only the last is back: no request has to wait for the others' time to pass. */
static void test_open_nodes_are_asked_side_by_side(void **state) {
    (void)state;
    open_net((fake_serve[]){fake_hang, fake_hang, good}, 3);
    for (size_t i = 0; i < 3 * BREAKER_FAILURES; i++) {
        struct upstream *upstream = &net.chain->upstreams[i % 3];
        upstream->health.failed_ms = 0; /* none of them is under way when another fails */
        fail_upstream(upstream);
    }
    atomic_store(&net.chain->hedge_twentieths, 0);
    struct seen seen = run_call(&net);
    assert_good(&seen);
    assert_hedges(1, 1, 0);
    assert_hedges(2, 1, 1);
    assert_int_equal(health(2).breaker.state, BREAKER_HALF_OPEN);
    seen = run_call(&net);
    assert_good(&seen);
    net_close(&net);
    assert_int_equal(net.nodes[2].requests, 2);
}

/* --- more than one call, more than one coroutine --- */

enum { N_CALLS = 40 };

struct many {
    unsigned good;
};

static void call_many(struct task *task, struct chain *chain, void *arg) {
    struct many *many = arg;
    struct rpc_call calls[N_CALLS];
    memset(calls, 0, sizeof calls);
    for (size_t i = 0; i < N_CALLS; i++) calls[i] = (struct rpc_call){.method = "eth_blockNumber", .params = "[]"};
    rpc_batch(task, chain, calls, N_CALLS);
    for (size_t i = 0; i < N_CALLS; i++) {
        many->good += calls[i].err == ERR_OK && strcmp(json_string_value(calls[i].result), "0x10") == 0 ? 1 : 0;
    }
}

static void test_batch(void **state) {
    (void)state;
    struct many many = {0};
    open_net((fake_serve[]){fake_hang, good}, 2);
    net.arg = &many;
    net_run(&net, call_many);
    net_close(&net);
    assert_int_equal(many.good, N_CALLS);
    assert_int_equal(net.nodes[0].requests, 1);
    assert_int_equal(net.nodes[1].requests, 1);
}

/* Several wait for the same node's chain id, one of them asks for it, and all are cut short. */
static void test_first_node_hangs_at_its_chain_id(void **state) {
    (void)state;
    struct many many = {0};
    open_net((fake_serve[]){fake_hang, good}, 2);
    atomic_store(&net.nodes[0].chain_id, 0); /* leaves the question to fake_hang */
    net.chain->limits.max_batch = 10;
    net.arg = &many;
    net_run(&net, call_many);
    net_close(&net);
    assert_int_equal(many.good, N_CALLS);
}

static void test_hang_passes(void **state) {
    (void)state;
    open_net((fake_serve[]){hang_once, good}, 2);
    struct seen seen = run_call(&net);
    assert_good(&seen);
    net.chain->upstreams[0].health.penalised_until_ms = 0; /* as if its time were over */
    seen = run_call(&net);
    assert_good(&seen);
    assert_int_equal(health(0).failures, 0);
    net_close(&net);
    assert_int_equal(net.nodes[0].requests, 2);
    assert_int_equal(net.nodes[1].requests, 1);
}

static void cancel_when_both_are_asked(void *arg) {
    struct task *task = arg;
    for (int i = 0; i < BOUND_MS && atomic_load(&net.nodes[1].requests) == 0; i++) reactor_sleep_ms(task->reactor, 1);
    task->deadline_ms = 0;
    transport_cancel(task);
}

static void call_and_be_cancelled(struct task *task, struct chain *chain, void *arg) {
    reactor_spawn(task->reactor, cancel_when_both_are_asked, task);
    call_anything(task, chain, arg);
}

static void test_cancelled_from_outside(void **state) {
    (void)state;
    struct seen seen;
    memset(&seen, 0, sizeof seen);
    open_net((fake_serve[]){fake_hang, fake_hang}, 2);
    net.arg = &seen;
    net_run(&net, call_and_be_cancelled);
    assert_failed(&seen, RPC_TIMED_OUT, ERR_TIMEOUT);
    net_close(&net);
}

int main(void) {
    setenv("no_proxy", "*", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_answer_wins),
        cmocka_unit_test(test_first_node_may_still_win),
        cmocka_unit_test(test_costs_are_counted),
        cmocka_unit_test(test_fast_answer_is_not_hedged),
        cmocka_unit_test(test_revert_is_an_answer),
        cmocka_unit_test(test_failure_is_retried_not_hedged),
        cmocka_unit_test(test_hedge_that_fails),
        cmocka_unit_test(test_first_node_fails_meanwhile),
        cmocka_unit_test(test_more_telling_failure_is_kept),
        cmocka_unit_test(test_single_node),
        cmocka_unit_test(test_spent_budget),
        cmocka_unit_test(test_budget_is_earned),
        cmocka_unit_test(test_second_node_that_lags),
        cmocka_unit_test(test_second_node_that_fails),
        cmocka_unit_test(test_known_failure_needs_no_budget),
        cmocka_unit_test(test_open_nodes_are_asked_side_by_side),
        cmocka_unit_test(test_batch),
        cmocka_unit_test(test_first_node_hangs_at_its_chain_id),
        cmocka_unit_test(test_hang_passes),
        cmocka_unit_test(test_cancelled_from_outside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
