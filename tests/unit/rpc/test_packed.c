/* Answers prove the block they were got at: who answers for another one is not believed, and another node is asked.
 * Each test makes and takes down its own net of fake nodes.
 * Runs on the main thread; the nodes run on theirs. */
#include "fake_state.h"

#include "rpc/packed.h"

enum { MAX_ITEMS = 3 };

/* One packed call, and what it came to, kept past the task. */
static struct {
    const struct packing *packing;
    enum packed_end end;
    enum rpc_outcome outcome;
    uint8_t values[MAX_ITEMS];
    int answers[MAX_ITEMS];
    bool provable;
} trial;

static void ask(struct task *task, struct chain *chain, void *arg) {
    (void)arg;
    static const uint8_t data[MAX_ITEMS][4] = {{0, 0, 0, 1}, {0, 0, 0, 2}, {0, 0, 0, 3}};
    struct block_ref block = state_block(1);
    struct rpc_call call;
    struct multicall_item items[MAX_ITEMS];
    for (size_t i = 0; i < MAX_ITEMS; i++) {
        items[i] =
            (struct multicall_item){.to = state_address(i == 1 ? REVERTS : WELL), .data = data[i], .data_len = 4};
    }
    struct packed packed = {.chain = chain, .block = &block, .packing = trial.packing, .items = items, .n = MAX_ITEMS};
    packed_prepare(task, &call, &packed);
    rpc_batch(task, chain, &call, 1);
    trial.end = packed_take(task, &call, &packed);
    trial.outcome = call.outcome;
    trial.provable = atomic_load(&chain->batching.provable);
    for (size_t i = 0; trial.end == PACKED_TAKEN && i < MAX_ITEMS; i++) {
        trial.answers[i] = (int)items[i].answer;
        if (items[i].answer == MULTICALL_OK) trial.values[i] = items[i].bytes[31];
    }
}

static const struct packing *const packings[] = {&packing_multicall3, &packing_fan_out};

static void run(struct fake_state *states, size_t n, const struct packing *packing, bool provable) {
    struct net net;
    memset(&trial, 0, sizeof trial);
    trial.packing = packing;
    state_start(&net, states, n);
    atomic_store(&net.chain->batching.provable, provable);
    net_run(&net, ask);
    net_close(&net);
}

static struct fake_state good_node(void) {
    return (struct fake_state){.multicall3 = true, .fan_out = true, .witness = PARENT_BYTE};
}

static void assert_taken(void) {
    assert_int_equal(trial.end, PACKED_TAKEN);
    assert_int_equal(trial.outcome, RPC_OK);
    for (size_t i = 0; i < MAX_ITEMS; i++) {
        assert_int_equal(trial.answers[i], i == 1 ? MULTICALL_FAILED : MULTICALL_OK);
        assert_int_equal(trial.values[i], i == 1 ? 0 : i + 1);
    }
}

static void test_answers_are_taken_and_prove_the_chain(void **state) {
    (void)state;
    for (size_t p = 0; p < 2; p++) {
        struct fake_state node = good_node();
        run(&node, 1, packings[p], false);
        assert_taken();
        assert_true(trial.provable);
        assert_int_equal(node.packed, 1);
    }
}

static void test_another_block_goes_to_another_node(void **state) {
    (void)state;
    for (size_t p = 0; p < 2; p++) {
        struct fake_state nodes[] = {good_node(), good_node()};
        nodes[0].witness = 0x77;
        run(nodes, 2, packings[p], true);
        assert_taken();
        assert_int_equal(nodes[0].packed, 1);
        assert_int_equal(nodes[1].packed, 1);
    }
}

static void test_another_block_is_never_believed(void **state) {
    (void)state;
    for (size_t p = 0; p < 2; p++) {
        struct fake_state node = good_node();
        node.witness = 0x77;
        run(&node, 1, packings[p], true);
        assert_int_equal(trial.end, PACKED_FAILED);
        assert_int_equal(trial.outcome, RPC_NONSENSE);
        assert_true(trial.provable);
        assert_true(node.packed > 1);
    }
}

static void test_chain_that_cannot_prove_is_believed(void **state) {
    (void)state;
    for (size_t p = 0; p < 2; p++) {
        struct fake_state node = good_node();
        node.witness = 0x77;
        run(&node, 1, packings[p], false);
        assert_taken();
        assert_false(trial.provable);
        assert_int_equal(node.packed, 1);
    }
}

static void answers_rubbish(struct fake_request *request, struct fake_state *state) {
    (void)state;
    fake_answer(request, "result", "\"0x1234\"");
}

static void answers_no_hex(struct fake_request *request, struct fake_state *state) {
    (void)state;
    fake_answer(request, "result", "{\"data\":\"0x\"}");
}

static void test_rubbish_goes_to_another_node(void **state) {
    (void)state;
    static void (*const rows[])(struct fake_request *, struct fake_state *) = {answers_rubbish, answers_no_hex};
    for (size_t i = 0; i < 2; i++) {
        struct fake_state nodes[] = {good_node(), good_node()};
        nodes[0].instead = rows[i];
        run(nodes, 2, &packing_multicall3, true);
        assert_taken();
        assert_int_equal(nodes[1].packed, 1);
    }
}

static void test_nobody_there(void **state) {
    (void)state;
    struct fake_state node = {.witness = PARENT_BYTE};
    run(&node, 1, &packing_multicall3, true);
    assert_int_equal(trial.end, PACKED_ABSENT);
    assert_int_equal(node.packed, 1);
    run(&node, 1, &packing_fan_out, true);
    assert_int_equal(trial.end, PACKED_FAILED);
    assert_int_equal(trial.outcome, RPC_INVALID);
}

int main(void) {
    setenv("no_proxy", "*", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers_are_taken_and_prove_the_chain),
        cmocka_unit_test(test_another_block_goes_to_another_node),
        cmocka_unit_test(test_another_block_is_never_believed),
        cmocka_unit_test(test_chain_that_cannot_prove_is_believed),
        cmocka_unit_test(test_rubbish_goes_to_another_node),
        cmocka_unit_test(test_nobody_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
