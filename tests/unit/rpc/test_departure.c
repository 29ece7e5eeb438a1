/* How a batch of reads is sent: no read fails for another's sake, whatever the node and the contracts do.
 * Each test makes and takes down its own net of fake nodes.
 * Runs on the main thread; the nodes run on theirs. */
#include "trial.h"

static const enum method packing_methods[] = {METHOD_MULTICALL3, METHOD_FAN_OUT};

static void test_one_call_for_all(void **state) {
    (void)state;
    for (size_t m = 0; m < 2; m++) {
        struct fake_state node = good_node();
        plan(MAX_READS);
        send_to(&node, 1, packing_methods[m], true);
        assert_all_well();
        assert_int_equal(node.packed, 1);
        assert_int_equal(node.items, MAX_READS);
        assert_int_equal(node.plain, 0);
    }
}

static void test_without_packing(void **state) {
    (void)state;
    struct fake_state node = good_node();
    plan(MAX_READS);
    send_to(&node, 1, METHOD_JSON_RPC, true);
    assert_all_well();
    assert_int_equal(node.packed, 0);
    assert_int_equal(node.plain, MAX_READS);
    assert_int_equal(node.plain_requests, 2); /* 100 each */
}

static void test_failed_items_are_asked_alone_together(void **state) {
    (void)state;
    for (size_t m = 0; m < 2; m++) {
        struct fake_state node = good_node();
        plan(20);
        misbehave(3, REVERTS);
        misbehave(4, STARVES);
        misbehave(19, REVERTS);
        send_to(&node, 1, packing_methods[m], true);
        for (size_t i = 0; i < 20; i++) {
            if (i == 3 || i == 19) {
                assert_int_equal(trial.fates[i].outcome, RPC_REVERTED);
                assert_int_equal(trial.fates[i].err, ERR_EXECUTION_REVERTED);
                assert_string_equal(trial.fates[i].detail, "execution reverted: no");
            } else {
                assert_well(i);
            }
        }
        bool apart =
            packing_methods[m] == METHOD_MULTICALL3; /* one contract a call; the lonely read is plain at once */
        assert_int_equal(node.packed, apart ? 2 : 1);
        assert_int_equal(node.plain, 3);
        assert_int_equal(node.plain_requests, apart ? 2 : 1);
    }
}

/* What one contract changes in its call, the next would see: init code is safe from that, aggregate3 is not. */
static void test_multicall3_keeps_contracts_apart(void **state) {
    (void)state;
    struct fake_state node = good_node();
    plan(40);
    for (size_t i = 0; i < 30; i++) trial.reads[i].read.to.bytes[5] = (uint8_t)(i % 3);
    for (size_t i = 30; i < 38; i++) {
        trial.reads[i].read.kind = STATE_BALANCE;
        trial.reads[i].read.to.bytes[19] = (uint8_t)(i + 1); /* which is what it has */
    }
    trial.reads[38].read.to.bytes[5] = 7;
    trial.reads[39].read.to.bytes[5] = 8;
    send_to(&node, 1, METHOD_MULTICALL3, true);
    assert_all_well();
    assert_int_equal(node.packed, 4); /* three contracts, and the balances, which call none */
    assert_int_equal(node.packed_requests, 1);
    assert_int_equal(node.items, 38);
    assert_int_equal(node.largest, 10);
    assert_int_equal(node.plain, 2);
    assert_int_equal(node.plain_requests, 1);
    assert_false(node.mixed);
}

/* A client's word that a function is a view is no reason to let it run before what others read of the contract. */
static void test_multicall3_keeps_strangers_apart(void **state) {
    (void)state;
    for (size_t m = 0; m < 2; m++) {
        struct fake_state node = good_node();
        bool apart = packing_methods[m] == METHOD_MULTICALL3;
        plan(20);
        trial.reads[3].read.may_write = trial.reads[19].read.may_write = true;
        send_to(&node, 1, packing_methods[m], true);
        assert_all_well();
        assert_int_equal(node.packed, 1);
        assert_int_equal(node.items, apart ? 18 : 20);
        assert_int_equal(node.plain, apart ? 2 : 0);
    }
}

static void test_empty_answers_are_answers(void **state) {
    (void)state;
    for (size_t m = 0; m < 2; m++) {
        struct fake_state node = good_node();
        plan(2);
        misbehave(0, ANSWERS_NOTHING);
        misbehave(1, ANSWERS_NOTHING);
        send_to(&node, 1, packing_methods[m], true);
        for (size_t i = 0; i < 2; i++) {
            assert_int_equal(trial.fates[i].err, ERR_OK);
            assert_int_equal(trial.fates[i].len, 0);
        }
        assert_int_equal(node.plain, 0);
    }
}

static void test_halves_until_one_is_left(void **state) {
    (void)state;
    struct fake_state node = good_node();
    plan(MAX_READS);
    misbehave(77, POISONS);
    send_to(&node, 1, METHOD_FAN_OUT, true);
    assert_all_well(); /* alone it has gas enough */
    assert_int_equal(node.plain, 1);
    assert_true(node.packed <= 2 * 8 + 1);
}

static void test_many_that_break_calls_cost_little(void **state) {
    (void)state;
    struct fake_state node = good_node();
    plan(MAX_READS);
    for (size_t i = 0; i < MAX_READS; i += 2) misbehave(i, POISONS);
    send_to(&node, 1, METHOD_FAN_OUT, true);
    assert_all_well();
    assert_true(node.packed <= 2 * 8 + 1);
}

static void test_little_gas_is_halved_to(void **state) {
    (void)state;
    for (size_t m = 0; m < 2; m++) {
        struct fake_state node = good_node();
        node.max_items = 60;
        plan(MAX_READS);
        send_to(&node, 1, packing_methods[m], true);
        assert_all_well();
        assert_int_equal(node.packed, 7); /* 200, 100, 100, then four of 50 */
        assert_int_equal(node.plain, 0);
    }
}

static void test_long_replies_are_halved(void **state) {
    (void)state;
    struct net net;
    struct fake_state node = good_node();
    state_start(&net, &node, 1);
    net.chain->limits.max_reply_bytes = 24 * 1024; /* a read takes 320 digits */
    plan(MAX_READS);
    send_by(&net, METHOD_MULTICALL3, true);
    net_close(&net);
    assert_all_well();
    assert_int_equal(node.packed, 7);
}

static void test_steps_down_at_a_block_before_multicall3(void **state) {
    (void)state;
    struct net net;
    struct fake_state node = good_node();
    node.multicall3 = false;
    state_start(&net, &node, 1);
    plan(50);
    send_by(&net, METHOD_MULTICALL3, true);
    assert_all_well();
    assert_int_equal(node.packed, 2);
    assert_int_equal(node.plain, 0);
    assert_string_equal(method_status(net.chain), "multicall3"); /* it is there at newer blocks */
    net_close(&net);
}

static void test_steps_down_to_plain_calls(void **state) {
    (void)state;
    struct fake_state node = {.witness = PARENT_BYTE};
    plan(50);
    send_to(&node, 1, METHOD_MULTICALL3, true);
    assert_all_well();
    assert_int_equal(node.packed, 2);
    assert_int_equal(node.plain, 50);
    assert_int_equal(node.plain_requests, 1);
}

static void test_what_cannot_be_packed_goes_along(void **state) {
    (void)state;
    static uint8_t longer[MULTICALL_MAX_ITEM_DATA + 4];
    for (size_t m = 0; m < 2; m++) {
        struct fake_state node = good_node();
        plan(5);
        memset(longer, 0, sizeof longer);
        longer[sizeof longer - 1] = 2;
        trial.reads[1].read.data = longer;
        trial.reads[1].read.data_len = sizeof longer;
        trial.reads[2].read.kind = STATE_CODE;
        trial.reads[3].read.kind = STATE_BALANCE;
        trial.reads[3].read.to.bytes[19] = 4; /* which is what it has */
        send_to(&node, 1, packing_methods[m], true);
        for (size_t i = 0; i < 5; i++) {
            if (i != 2) assert_well(i);
        }
        assert_int_equal(trial.fates[2].err, ERR_OK);
        assert_int_equal(trial.fates[2].len, 1);
        assert_int_equal(node.packed, 1);
        assert_int_equal(node.items, packing_methods[m] == METHOD_MULTICALL3 ? 2 : 3);
        assert_int_equal(node.plain_requests, 1);
    }
}

/* Nobody waits for a stranger's code, whatever way the others go. */
static void test_init_code_goes_alone(void **state) {
    (void)state;
    static const enum method methods[] = {METHOD_MULTICALL3, METHOD_FAN_OUT, METHOD_JSON_RPC};
    for (size_t m = 0; m < 3; m++) {
        struct fake_state node = good_node();
        plan(6);
        make_init_code(&trial.reads[0], 1);
        make_init_code(&trial.reads[2], (uint32_t)INIT_CODE_REVERTS << 24);
        trial.reads[4].read.kind = STATE_CODE;
        send_to(&node, 1, methods[m], true);
        for (size_t i = 0; i < 6; i++) {
            if (i != 2 && i != 4) assert_well(i);
        }
        assert_int_equal(trial.fates[2].outcome, RPC_REVERTED);
        assert_int_equal(trial.fates[2].err, ERR_EXECUTION_REVERTED);
        assert_int_equal(trial.fates[4].err, ERR_OK);
        assert_int_equal(node.init_codes, 2);
        assert_int_equal(node.packed_requests, methods[m] == METHOD_JSON_RPC ? 0 : 1);
        assert_int_equal(node.plain_requests, 2);
    }
}

/* A call's own sender is the zero address, and some nodes give the sender coins without end. */
static void test_what_the_zero_address_has_is_asked_plainly(void **state) {
    (void)state;
    for (size_t m = 0; m < 2; m++) {
        struct fake_state node = good_node();
        plan(3);
        for (size_t i = 0; i < 3; i++) trial.reads[i].read.kind = STATE_BALANCE;
        trial.reads[0].read.to = (address){{0}};
        for (size_t i = 1; i < 3; i++) trial.reads[i].read.to.bytes[19] = (uint8_t)(i + 1); /* which is what it has */
        send_to(&node, 1, packing_methods[m], true);
        assert_int_equal(trial.fates[0].err, ERR_OK);
        assert_int_equal(trial.fates[0].value, 0);
        assert_well(1);
        assert_well(2);
        assert_int_equal(node.items, 2);
        assert_int_equal(node.plain, 1);
    }
}

static void test_a_single_read_is_packed_for_the_proof(void **state) {
    (void)state;
    struct fake_state node = good_node();
    plan(1);
    send_to(&node, 1, METHOD_MULTICALL3, true);
    assert_all_well();
    assert_int_equal(node.packed, 1);
    assert_int_equal(node.plain, 0);
    plan(1);
    node = good_node();
    send_to(&node, 1, METHOD_MULTICALL3, false);
    assert_all_well();
    assert_int_equal(node.packed, 0);
    assert_int_equal(node.plain, 1);
}

int main(void) {
    setenv("no_proxy", "*", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_call_for_all),
        cmocka_unit_test(test_without_packing),
        cmocka_unit_test(test_failed_items_are_asked_alone_together),
        cmocka_unit_test(test_multicall3_keeps_contracts_apart),
        cmocka_unit_test(test_multicall3_keeps_strangers_apart),
        cmocka_unit_test(test_empty_answers_are_answers),
        cmocka_unit_test(test_halves_until_one_is_left),
        cmocka_unit_test(test_many_that_break_calls_cost_little),
        cmocka_unit_test(test_little_gas_is_halved_to),
        cmocka_unit_test(test_long_replies_are_halved),
        cmocka_unit_test(test_steps_down_at_a_block_before_multicall3),
        cmocka_unit_test(test_steps_down_to_plain_calls),
        cmocka_unit_test(test_what_cannot_be_packed_goes_along),
        cmocka_unit_test(test_init_code_goes_alone),
        cmocka_unit_test(test_what_the_zero_address_has_is_asked_plainly),
        cmocka_unit_test(test_a_single_read_is_packed_for_the_proof),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
