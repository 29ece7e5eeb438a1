/* What nobody who comes later is given: failures, and answers that are too long to be kept for them.
 * Each test makes and takes down its own net of fake nodes; riders and what they see are the test's.
 * Runs on the main thread; the nodes run on theirs. */
#include "crowd.h"

enum { PARTY_READS = 2 * MULTICALL_MAX_ITEMS };

static struct fake_state node;
static struct state_read *party;
static bool landed_well;
static unsigned asked_again;

/* Of two batches one fails and the other hangs; what comes later does well. */
static void serves_one_ill(struct fake_request *request, struct fake_state *state) {
    (void)state;
    if (request->nth == 0) {
        fake_answer(request, "error", "{\"code\":-32000,\"message\":\"header not found\"}");
        return;
    }
    if (request->nth == 1) pass_gate();
    serve_state_as_ever(request);
}

/* Out: the number of a read that has failed. */
static bool find_failed(uint32_t *value) {
    for (*value = 0; *value < PARTY_READS; ++*value) {
        if (party[*value].err != ERR_OK) return true;
    }
    return false;
}

static void ask_what_failed(void *arg) {
    struct task *task = arg;
    uint32_t value;
    while (!find_failed(&value) && reactor_now_ms(task->reactor) < task->deadline_ms) {
        reactor_sleep_ms(task->reactor, 1);
    }
    const struct rider *rider = send_rider(task, value, 0);
    landed_well = await_landing(task, rider) && rider->err == ERR_OK && rider->value == value;
    gate_set(true);
}

static void prepare_party(struct task *task) {
    struct one_read *ones = arena_alloc(task->arena, PARTY_READS * sizeof *ones);
    party = arena_alloc(task->arena, PARTY_READS * sizeof *party);
    for (uint32_t i = 0; i < PARTY_READS; i++) {
        make_read(&ones[i], WELL, i);
        party[i] = ones[i].read;
    }
}

static void ask_in_a_party(struct task *task, struct chain *chain, void *arg) {
    (void)arg;
    gather_crowd(task, chain);
    prepare_party(task);
    reactor_spawn(task->reactor, ask_what_failed, task);
    struct block_ref block = state_block(1);
    state_read_many(task, chain, &block, party, PARTY_READS);
    await_crowd();
}

static void run(struct fake_state state, net_body body) {
    struct net net;
    node = state;
    node.fan_out = true;
    node.witness = PARENT_BYTE;
    landed_well = false;
    gate_set(false);
    state_start(&net, &node, 1);
    state_set_method(net.chain, METHOD_FAN_OUT, true);
    net_run(&net, body);
    net_close(&net);
}

static void test_what_failed_is_asked_again_while_its_party_waits(void **state) {
    (void)state;
    run((struct fake_state){.instead = serves_one_ill}, ask_in_a_party);
    assert_true(landed_well);
}

/* Holds back what has nothing to do with the contract that answers much. */
static void serves_the_long(struct fake_request *request, struct fake_state *state) {
    (void)state;
    if (strstr(request->text, "0600000000000000000000000000000000000000") == NULL) pass_gate();
    serve_state_as_ever(request);
}

static void ask_what_is_long(void *arg) {
    struct task *task = arg;
    while (party[0].bytes == NULL && reactor_now_ms(task->reactor) < task->deadline_ms) {
        reactor_sleep_ms(task->reactor, 1);
    }
    unsigned before = atomic_load(&node.plain);
    struct rider *rider = send_rider(task, 0, 0);
    rider->one.read.to = state_address(ANSWERS_MUCH);
    landed_well = await_landing(task, rider) && rider->err == ERR_OK;
    asked_again = atomic_load(&node.plain) - before;
    gate_set(true);
}

static void ask_for_much_in_a_party(struct task *task, struct chain *chain, void *arg) {
    (void)arg;
    gather_crowd(task, chain);
    prepare_party(task);
    party[0].to = state_address(ANSWERS_MUCH);
    reactor_spawn(task->reactor, ask_what_is_long, task);
    struct block_ref block = state_block(1);
    state_read_many(task, chain, &block, party, PARTY_READS);
    await_crowd();
}

/* Every request has a copy of its own within its own bounds; one more for latecomers would be without any. */
static void test_long_answers_are_not_kept_for_latecomers(void **state) {
    (void)state;
    run((struct fake_state){.instead = serves_the_long}, ask_for_much_in_a_party);
    assert_true(landed_well);
    assert_int_equal(asked_again, 1);
}

int main(void) {
    setenv("no_proxy", "*", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_failed_is_asked_again_while_its_party_waits),
        cmocka_unit_test(test_long_answers_are_not_kept_for_latecomers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
