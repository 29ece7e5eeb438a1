/* Which way of asking for many things a chain's nodes take, found out once and remembered.
 * Each test makes and takes down its own net of fake nodes.
 * Runs on the main thread; the nodes run on theirs. */
#include "fake_state.h"

#include "core/clock.h"
#include "rpc/method.h"

struct seen {
    enum method method;
    const char *status_before, *status;
    bool provable;
};

static void choose(struct task *task, struct chain *chain, void *arg) {
    struct seen *seen = arg;
    struct block_ref block = state_block(1);
    seen->status_before = method_status(chain);
    seen->method = method_choose(task, chain, &block);
    seen->status = method_status(chain);
    seen->provable = atomic_load(&chain->batching.provable);
}

static struct seen run_choose(struct net *net) {
    struct seen seen;
    net->arg = &seen;
    net_run(net, choose);
    return seen;
}

/* One choice at a node in this state. */
static struct seen choose_once(struct fake_state *state) {
    struct net net;
    state_start(&net, state, 1);
    struct seen seen = run_choose(&net);
    net_close(&net);
    return seen;
}

static void test_init_code_where_it_runs(void **state) {
    (void)state;
    struct net net;
    struct fake_state node = {.multicall3 = true, .fan_out = true, .witness = PARENT_BYTE};
    state_start(&net, &node, 1);
    struct seen seen = run_choose(&net);
    assert_null(seen.status_before);
    assert_int_equal(seen.method, METHOD_FAN_OUT);
    assert_string_equal(seen.status, "fan_out");
    assert_true(seen.provable);
    seen = run_choose(&net); /* remembered */
    assert_int_equal(seen.method, METHOD_FAN_OUT);
    net_close(&net);
    assert_int_equal(node.codes, 0);
    assert_int_equal(node.packed, 1);
}

static void test_multicall3_where_its_code_is(void **state) {
    (void)state;
    struct fake_state node = {.multicall3 = true, .witness = PARENT_BYTE};
    struct seen seen = choose_once(&node);
    assert_int_equal(seen.method, METHOD_MULTICALL3);
    assert_string_equal(seen.status, "multicall3");
    assert_true(seen.provable);
    assert_int_equal(node.codes, 1);
    assert_int_equal(node.packed, 2);
}

static void test_other_code_there_is_not_called(void **state) {
    (void)state;
    struct fake_state node = {.wrong_code = true, .witness = PARENT_BYTE};
    struct seen seen = choose_once(&node);
    assert_int_equal(seen.method, METHOD_JSON_RPC);
    assert_int_equal(node.codes, 1);
    assert_int_equal(node.packed, 1); /* the init code */
}

static void answers_no_data(struct fake_request *request, struct fake_state *state) {
    (void)state;
    fake_answer(request, "result", "\"0x\"");
}

static void answers_rubbish(struct fake_request *request, struct fake_state *state) {
    (void)state;
    fake_answer(request, "result", "\"0x00000000000000000000000000000000000000000000000000000000000000ff\"");
}

static void runs_out_of_gas(struct fake_request *request, struct fake_state *state) {
    (void)state;
    fake_answer(request, "error", "{\"code\":-32000,\"message\":\"out of gas\"}");
}

static void test_batches_where_init_code_does_not_run(void **state) {
    (void)state;
    struct fake_state nodes[] = {{.fan_out = false},
                                 {.fan_out = true, .instead = answers_no_data},
                                 {.fan_out = true, .instead = answers_rubbish},
                                 {.fan_out = true, .instead = runs_out_of_gas}};
    for (size_t i = 0; i < sizeof nodes / sizeof nodes[0]; i++) {
        struct seen seen = choose_once(&nodes[i]);
        assert_int_equal(seen.method, METHOD_JSON_RPC);
        assert_string_equal(seen.status, "json_rpc");
        assert_false(seen.provable);
    }
}

static void test_singles_where_batches_are_refused(void **state) {
    (void)state;
    struct net net;
    struct fake_state node = {.fan_out = false};
    state_start(&net, &node, 1);
    net.chain->limits.max_batch = 1;
    struct seen seen = run_choose(&net);
    net_close(&net);
    assert_int_equal(seen.method, METHOD_SINGLES);
    assert_string_equal(seen.status, "singles");
}

static void is_down(struct fake_request *request) {
    fake_send(request, 503, "", "");
}

static void test_no_answer_is_no_failure(void **state) {
    (void)state;
    struct net net;
    net_start(&net, (fake_serve[]){is_down}, 1);
    net_open(&net, 1, 0);
    uint64_t now_ms = upstream_now_ms();
    struct seen seen = run_choose(&net);
    assert_int_equal(seen.method, METHOD_JSON_RPC);
    assert_null(seen.status);
    uint64_t due_ms = atomic_load(&net.chain->batching.due_ms);
    assert_true(due_ms > now_ms && due_ms < now_ms + 60 * 1000); /* soon */
    unsigned requests = atomic_load(&net.nodes[0].requests);
    seen = run_choose(&net);
    assert_int_equal(net.nodes[0].requests, requests); /* but not at once */
    net_close(&net);
}

static void test_asked_again_after_a_while(void **state) {
    (void)state;
    struct net net;
    struct fake_state node = {.multicall3 = true, .fan_out = true, .witness = PARENT_BYTE};
    state_start(&net, &node, 1);
    assert_int_equal(run_choose(&net).method, METHOD_FAN_OUT);
    uint64_t due_ms = atomic_load(&net.chain->batching.due_ms);
    assert_true(due_ms > upstream_now_ms() + 9 * 60 * 1000 && due_ms <= upstream_now_ms() + 10 * 60 * 1000);
    node.fan_out = false;
    assert_int_equal(run_choose(&net).method, METHOD_FAN_OUT);
    atomic_store(&net.chain->batching.due_ms, 1);
    assert_int_equal(run_choose(&net).method, METHOD_MULTICALL3);
    fake_stop(&net.nodes[0]);
    atomic_store(&net.chain->batching.due_ms, 1);
    assert_int_equal(run_choose(&net).method, METHOD_MULTICALL3); /* nobody says otherwise */
    net_close(&net);
}

static void test_witness_that_never_matches_is_ignored(void **state) {
    (void)state;
    struct fake_state node = {.fan_out = true, .witness = 0x77};
    struct seen seen = choose_once(&node);
    assert_int_equal(seen.method, METHOD_FAN_OUT);
    assert_false(seen.provable);
    assert_int_equal(node.packed, 3);
}

/* A node that is behind from the very first call on. */
static void test_witness_that_is_another_block_is_no_proof(void **state) {
    (void)state;
    struct fake_state node = {.fan_out = true, .witness = 0x77, .knows_witness = true};
    struct seen seen = choose_once(&node);
    assert_int_equal(seen.method, METHOD_FAN_OUT);
    assert_true(seen.provable);
    assert_int_equal(node.packed, 1);
}

static void errs_once(struct fake_request *request, struct fake_state *state) {
    state->witness = atomic_load(&state->packed) == 1 ? 0x77 : PARENT_BYTE;
    serve_state_as_ever(request);
}

static void test_witness_that_matches_late_counts(void **state) {
    (void)state;
    struct fake_state node = {.fan_out = true, .instead = errs_once};
    struct seen seen = choose_once(&node);
    assert_true(seen.provable);
    assert_int_equal(node.packed, 2);
}

static void choose_at_genesis(struct task *task, struct chain *chain, void *arg) {
    struct seen *seen = arg;
    struct block_ref genesis = {.number = 0, .hash = {{1}}};
    seen->method = method_choose(task, chain, &genesis);
    seen->provable = atomic_load(&chain->batching.provable);
}

/* A chain that tells no block hashes says zero as well. */
static void test_zero_proves_nothing(void **state) {
    (void)state;
    struct net net;
    struct seen seen;
    struct fake_state node = {.fan_out = true, .witness = 0};
    state_start(&net, &node, 1);
    net.arg = &seen;
    net_run(&net, choose_at_genesis);
    net_close(&net);
    assert_int_equal(seen.method, METHOD_FAN_OUT);
    assert_false(seen.provable);
}

enum { MANY = 20 };

struct crowd {
    struct chain *chain;
    enum method methods[MANY];
};

static void choose_one(struct task *task, void *arg, size_t i) {
    struct crowd *crowd = arg;
    struct block_ref block = state_block(1);
    crowd->methods[i] = method_choose(task, crowd->chain, &block);
}

static void choose_many(struct task *task, struct chain *chain, void *arg) {
    struct crowd *crowd = arg;
    crowd->chain = chain;
    task_parallel(task, MANY, choose_one, crowd);
}

static void test_many_ask_once(void **state) {
    (void)state;
    struct net net;
    struct crowd crowd;
    struct fake_state node = {.fan_out = true, .witness = PARENT_BYTE};
    state_start(&net, &node, 1);
    net.arg = &crowd;
    net_run(&net, choose_many);
    net_close(&net);
    for (size_t i = 0; i < MANY; i++) assert_int_equal(crowd.methods[i], METHOD_FAN_OUT);
    assert_int_equal(node.packed, 1);
}

static void hangs(struct fake_request *request, struct fake_state *state) {
    (void)state;
    fake_hang(request);
}

static void test_probe_is_brief(void **state) {
    (void)state;
    struct net net;
    struct fake_state node = {.fan_out = true, .instead = hangs};
    state_start(&net, &node, 1);
    uint64_t start_us = clock_now_us();
    struct seen seen = run_choose(&net);
    uint64_t us = clock_now_us() - start_us;
    net_close(&net);
    assert_int_equal(seen.method, METHOD_JSON_RPC);
    assert_null(seen.status);
    assert_true(us < net.task_ms * 1000 / 2); /* most of the request's time is left */
}

int main(void) {
    setenv("no_proxy", "*", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_init_code_where_it_runs),
        cmocka_unit_test(test_multicall3_where_its_code_is),
        cmocka_unit_test(test_other_code_there_is_not_called),
        cmocka_unit_test(test_batches_where_init_code_does_not_run),
        cmocka_unit_test(test_singles_where_batches_are_refused),
        cmocka_unit_test(test_no_answer_is_no_failure),
        cmocka_unit_test(test_asked_again_after_a_while),
        cmocka_unit_test(test_witness_that_never_matches_is_ignored),
        cmocka_unit_test(test_witness_that_is_another_block_is_no_proof),
        cmocka_unit_test(test_witness_that_matches_late_counts),
        cmocka_unit_test(test_zero_proves_nothing),
        cmocka_unit_test(test_many_ask_once),
        cmocka_unit_test(test_probe_is_brief),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
