/* Who shares in a failure: those who waited for it, nobody who comes later.
 * Each test makes and takes down its own net of fake nodes; riders and what they see are the test's.
 * Runs on the main thread; the nodes run on theirs. */
#include "crowd.h"

enum { PARTY_READS = 2 * MULTICALL_MAX_ITEMS };

static struct fake_state node;
static struct state_read *party;
static bool landed_well;

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

static void ask_in_a_party(struct task *task, struct chain *chain, void *arg) {
    (void)arg;
    gather_crowd(task, chain);
    struct one_read *ones = arena_alloc(task->arena, PARTY_READS * sizeof *ones);
    struct block_ref block = state_block(1);
    party = arena_alloc(task->arena, PARTY_READS * sizeof *party);
    for (uint32_t i = 0; i < PARTY_READS; i++) {
        make_read(&ones[i], WELL, i);
        party[i] = ones[i].read;
    }
    reactor_spawn(task->reactor, ask_what_failed, task);
    state_read_many(task, chain, &block, party, PARTY_READS);
    await_crowd();
}

static void test_what_failed_is_asked_again_while_its_party_waits(void **state) {
    (void)state;
    struct net net;
    node = (struct fake_state){.fan_out = true, .witness = PARENT_BYTE, .instead = serves_one_ill};
    gate_set(false);
    state_start(&net, &node, 1);
    state_set_method(net.chain, METHOD_FAN_OUT, true);
    net_run(&net, ask_in_a_party);
    net_close(&net);
    assert_true(landed_well);
}

int main(void) {
    setenv("no_proxy", "*", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_failed_is_asked_again_while_its_party_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
