/* Which node is asked next, when, and when to give up: nodes that hang, rest, limit, die or serve another chain.
 * Each test makes and takes down its own net of fake nodes.
 * Runs on the main thread; the nodes run on theirs. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "one_call.h"
#include "rpc/chain_state.h"

static void test_rate_limit_says_when_to_come_back(void **state) {
    (void)state;
    struct net net;
    net_start(&net, (fake_serve[]){status_429}, 1);
    net_open(&net, 1, 0);
    net.task_ms = 3000; /* less than it asks for: no use in waiting */
    struct seen seen = run_call(&net);
    net_close(&net);
    assert_failed(&seen, RPC_RATE_LIMITED, ERR_UPSTREAM_UNAVAILABLE);
    assert_int_equal(net.nodes[0].requests, 1);
    assert_in_range(seen.retry_after_s, 6, 7);
}

static void limits_first(struct fake_request *request) {
    if (request->nth > 0) {
        good(request);
    } else {
        fake_send(request, 200, "Retry-After: 1\r\n",
                  "{\"error\":{\"code\":429,\"message\":\"slow down\"},\"id\":null}");
    }
}

static void test_waits_for_the_only_node(void **state) {
    (void)state;
    struct net net;
    struct seen seen = call_once(&net, (fake_serve[]){limits_first}, 1);
    assert_good(&seen);
    assert_int_equal(net.nodes[0].requests, 2);
}

static void test_hanging_node_is_left(void **state) {
    (void)state;
    struct net net;
    net_start(&net, (fake_serve[]){fake_hang, good}, 2);
    net.limits.attempt_timeout_ms = 200;
    net_open(&net, 1, 0);
    struct seen seen = run_call(&net);
    assert_good(&seen);
    seen = run_call(&net); /* and for a while it is not asked again */
    assert_good(&seen);
    net_close(&net);
    assert_int_equal(net.nodes[0].requests, 1);
    assert_int_equal(net.nodes[1].requests, 2);
}

static void test_all_nodes_hang(void **state) {
    (void)state;
    struct net net;
    net_start(&net, (fake_serve[]){fake_hang, fake_hang}, 2);
    net.limits.attempt_timeout_ms = 100;
    net_open(&net, 1, 0);
    struct seen seen = run_call(&net);
    net_close(&net);
    assert_failed(&seen, RPC_TIMED_OUT, ERR_UPSTREAM_UNAVAILABLE);
}

static void test_deadline_of_the_task(void **state) {
    (void)state;
    struct net net;
    net_start(&net, (fake_serve[]){fake_hang, never}, 2);
    net_open(&net, 1, 0);
    net.task_ms = 200;
    struct seen seen = run_call(&net);
    assert_failed(&seen, RPC_TIMED_OUT, ERR_TIMEOUT);
    assert_status(
        &net,
        "\"state\":\"closed\",\"head\":null,\"lagging\":false,\"paused\":false,\"retry_in_ms\":0,"); /* it had no fair
                                                                                                        chance */
    net_close(&net);
}

static void test_no_time_at_all(void **state) {
    (void)state;
    struct net net;
    net_start(&net, (fake_serve[]){never}, 1);
    net_open(&net, 1, 0);
    net.task_ms = 0;
    struct seen seen = run_call(&net);
    net_close(&net);
    assert_failed(&seen, RPC_TIMED_OUT, ERR_TIMEOUT);
}

/* The more telling failure is reported, not the last one. */
static void test_telling_failure_is_kept(void **state) {
    (void)state;
    struct net net;
    struct seen seen = call_once(&net, (fake_serve[]){state_missing, status_500}, 2);
    assert_failed(&seen, RPC_STATE_MISSING, ERR_STATE_UNAVAILABLE);
    seen = call_once(&net, (fake_serve[]){status_500, block_unknown}, 2);
    assert_failed(&seen, RPC_BLOCK_UNKNOWN, ERR_BLOCK_NOT_FOUND);
}

static void test_dead_node_is_not_paid_for_again(void **state) {
    (void)state;
    struct net net;
    net_start(&net, (fake_serve[]){never, good}, 2);
    net_open(&net, 1, 0);
    fake_stop(&net.nodes[0]);
    for (int i = 0; i < 5; i++) {
        struct seen seen = run_call(&net);
        assert_good(&seen);
    }
    assert_status(&net, "{\"name\":\"first\",\"priority\":0,\"identity\":\"unverified\",\"state\":\"closed\"");
    assert_status(&net, "\"last_outcome\":\"unreachable\",\"failed_percent\":100");
    assert_status(&net, "{\"name\":\"second\",\"priority\":1,\"identity\":\"verified\",\"state\":\"closed\"");
    assert_status(&net, "\"last_outcome\":\"ok\",\"failed_percent\":0");
    assert_status(&net, "\"requests\":1,\"failed\":1,\"hedges\":0,\"hedges_lost\":0}");
    assert_int_equal(metrics_value(METRIC_RPC_CALLS, 0, RPC_UNREACHABLE), 1);
    /* Each of the five reactors makes a connection, so the chain id is asked for as often. */
    assert_int_equal(metrics_value(METRIC_RPC_CALLS, 1, RPC_OK), 10);
    assert_int_equal(metrics_value(METRIC_RPC_REQUESTS, 1, 0), 10);
    net_close(&net);
}

/* All of them rest, but the request is tried all the same. */
static void test_resting_nodes_are_better_than_none(void **state) {
    (void)state;
    struct net net;
    net_start(&net, (fake_serve[]){status_500, status_500}, 2);
    net_open(&net, 1, 0);
    struct seen seen = run_call(&net);
    assert_failed(&seen, RPC_UNREACHABLE, ERR_UPSTREAM_UNAVAILABLE);
    net.nodes[0].serve = good;
    net.nodes[1].serve = good;
    seen = run_call(&net);
    assert_good(&seen);
    net_close(&net);
}

/* A node that is well is asked again before one that rests. */
static void test_resting_node_is_the_last_resort(void **state) {
    (void)state;
    struct net net;
    net_start(&net, (fake_serve[]){errs_every_other_time, never}, 2);
    net_open(&net, 1, 0);
    fake_stop(&net.nodes[1]);
    for (int i = 0; i < 2; i++) {
        struct seen seen = run_call(&net);
        assert_good(&seen);
    }
    assert_int_equal(metrics_value(METRIC_RPC_REQUESTS, 1, 0), 1); /* for the first call only */
    net_close(&net);
    assert_int_equal(net.nodes[0].requests, 4);
}

static void test_other_chain_is_never_used(void **state) {
    (void)state;
    struct net net;
    net_start(&net, (fake_serve[]){never, good}, 2);
    atomic_store(&net.nodes[0].chain_id, 5);
    net_open(&net, 1, 0);
    for (int i = 0; i < 3; i++) {
        struct seen seen = run_call(&net);
        assert_good(&seen);
    }
    assert_status(&net, "{\"name\":\"first\",\"priority\":0,\"identity\":\"other_chain\",\"chain_id\":5,");
    net_close(&net);
    assert_int_equal(net.nodes[0].chain_id_questions, 1);
}

static void test_only_node_of_another_chain(void **state) {
    (void)state;
    struct net net;
    net_start(&net, (fake_serve[]){never}, 1);
    atomic_store(&net.nodes[0].chain_id, 5);
    net_open(&net, 1, 0);
    struct seen seen = run_call(&net);
    assert_failed(&seen, RPC_NONSENSE, ERR_UPSTREAM_ERROR);
    seen = run_call(&net);
    assert_failed(&seen, RPC_NONSENSE, ERR_UPSTREAM_ERROR);
    net_close(&net);
    assert_int_equal(net.nodes[0].chain_id_questions, 1);
}

static void test_first_node_names_the_chain(void **state) {
    (void)state;
    struct net net;
    net_start(&net, (fake_serve[]){good}, 1);
    atomic_store(&net.nodes[0].chain_id, 31337);
    net_open(&net, 0, 0);
    assert_int_equal(chain_id(net.chain), 0);
    struct seen seen = run_call(&net);
    assert_good(&seen);
    assert_int_equal(chain_id(net.chain), 31337);
    net_close(&net);
}

/* Whoever listens at the address after a refused connection must prove its chain again. */
static void test_chain_is_proved_again_after_a_failure(void **state) {
    (void)state;
    struct net net;
    net_start(&net, (fake_serve[]){good}, 1);
    net_open(&net, 1, 0);
    struct seen seen = run_call(&net);
    assert_good(&seen);
    unsigned port = (unsigned)strtoul(strrchr(net.nodes[0].url, ':') + 1, NULL, 10);
    fake_stop(&net.nodes[0]);
    seen = run_call(&net);
    assert_failed(&seen, RPC_UNREACHABLE, ERR_UPSTREAM_UNAVAILABLE);
    fake_start_at(&net.nodes[0], never, port);
    atomic_store(&net.nodes[0].chain_id, 5);
    seen = run_call(&net);
    assert_true(seen.err != ERR_OK);
    net_close(&net);
    assert_true(net.nodes[0].chain_id_questions > 0);
}

struct kept_connection {
    struct net *net;
    struct seen before, soon, later;
};

static void call_as_time_passes(struct task *task, struct chain *chain, void *arg) {
    struct kept_connection *kept = arg;
    call_anything(task, chain, &kept->before);
    atomic_store(&kept->net->nodes[0].chain_id, 5);
    call_anything(task, chain, &kept->soon);
    atomic_fetch_sub(&chain->upstreams[0].verified_ms, 60 * 1000); /* as if that time had passed */
    call_anything(task, chain, &kept->later);
}

/* A proxy in between does so: our connection to it stays, and another node is behind it. */
static void test_chain_is_proved_again_on_a_connection_that_stays(void **state) {
    (void)state;
    struct net net;
    static struct kept_connection kept;
    net_start(&net, (fake_serve[]){good}, 1);
    net_open(&net, 1, 0);
    kept.net = &net;
    net.arg = &kept;
    net_run(&net, call_as_time_passes);
    net_close(&net);
    assert_good(&kept.before);
    assert_good(&kept.soon); /* not with every call */
    assert_int_not_equal(kept.later.err, ERR_OK);
    assert_string_equal(kept.later.result, "");
    assert_int_equal(net.nodes[0].n_connections, 1);
}

int main(void) {
    setenv("no_proxy", "*", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rate_limit_says_when_to_come_back),
        cmocka_unit_test(test_waits_for_the_only_node),
        cmocka_unit_test(test_hanging_node_is_left),
        cmocka_unit_test(test_all_nodes_hang),
        cmocka_unit_test(test_deadline_of_the_task),
        cmocka_unit_test(test_no_time_at_all),
        cmocka_unit_test(test_telling_failure_is_kept),
        cmocka_unit_test(test_dead_node_is_not_paid_for_again),
        cmocka_unit_test(test_resting_nodes_are_better_than_none),
        cmocka_unit_test(test_resting_node_is_the_last_resort),
        cmocka_unit_test(test_other_chain_is_never_used),
        cmocka_unit_test(test_only_node_of_another_chain),
        cmocka_unit_test(test_first_node_names_the_chain),
        cmocka_unit_test(test_chain_is_proved_again_after_a_failure),
        cmocka_unit_test(test_chain_is_proved_again_on_a_connection_that_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
