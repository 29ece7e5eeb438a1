/* Who waits for what and when it leaves: equal reads are one question, different ones travel together.
 * Each test makes and takes down its own net of fake nodes; riders and what they see are the test's.
 * Runs on the main thread; the nodes run on theirs. */
#include "crowd.h"

static void serves_behind_gate(struct fake_request *request, struct fake_state *state) {
    (void)state;
    pass_gate();
    serve_state_as_ever(request);
}

static void first_waits_at_gate(struct fake_request *request, struct fake_state *state) {
    if (request->nth == 0) pass_gate();
    (void)state;
    serve_state_as_ever(request);
}

static struct fake_state node;

static void run_with(net_body body, struct fake_state state, uint64_t usual_ms) {
    struct net net;
    node = state;
    node.fan_out = true;
    node.witness = PARENT_BYTE;
    gate_set(false);
    state_start(&net, &node, 1);
    state_set_method(net.chain, METHOD_FAN_OUT, true);
    atomic_store(&net.chain->batching.usual_us, usual_ms * 1000);
    net_run(&net, body);
    net_close(&net);
}

static void run(net_body body) {
    run_with(body, (struct fake_state){.instead = NULL}, 0);
}

static void ask_the_same(struct task *task, struct chain *chain, void *arg) {
    (void)arg;
    gather_crowd(task, chain);
    for (size_t i = 0; i < MAX_RIDERS; i++) send_rider(task, 7, 0);
    await_crowd();
}

static void test_a_thousand_equal_reads_are_one_question(void **state) {
    (void)state;
    int64_t reads = 0, joined = 0;
    struct net net;
    node = (struct fake_state){.fan_out = true, .witness = PARENT_BYTE};
    state_start(&net, &node, 1);
    state_set_method(net.chain, METHOD_FAN_OUT, true);
    net_run(&net, ask_the_same);
    reads = metrics_value(METRIC_STATE_READS, 0, 0);
    joined = metrics_value(METRIC_STATE_JOINED, 0, 0);
    assert_int_equal(metrics_value(METRIC_STATE_BATCHES, 0, METHOD_FAN_OUT), 1);
    net_close(&net);
    for (size_t i = 0; i < crowd.n; i++) {
        assert_int_equal(crowd.riders[i].value, 7);
        assert_int_equal(crowd.riders[i].task.rpc_calls, 1); /* each had a part in it */
        assert_true(crowd.riders[i].task.rpc_us > 0);
    }
    assert_int_equal(node.packed, 1);
    assert_int_equal(node.items, 1);
    assert_int_equal(reads, MAX_RIDERS);
    assert_int_equal(joined, MAX_RIDERS - 1);
}

static void ask_all_different(struct task *task, struct chain *chain, void *arg) {
    (void)arg;
    gather_crowd(task, chain);
    for (size_t i = 0; i < MAX_RIDERS; i++) send_rider(task, (uint32_t)i, 0);
    await_crowd();
}

static void test_different_reads_leave_together(void **state) {
    (void)state;
    run(ask_all_different);
    for (size_t i = 0; i < crowd.n; i++) assert_int_equal(crowd.riders[i].value, i);
    assert_int_equal(node.packed, MAX_RIDERS / MULTICALL_MAX_ITEMS);
    assert_int_equal(node.items, MAX_RIDERS);
}

/* The same question at another block, of another contract, of another kind is another question. */
static void ask_alike(struct task *task, struct chain *chain, void *arg) {
    (void)arg;
    gather_crowd(task, chain);
    send_rider(task, 7, 0);
    send_rider(task, 7, 0)->block = 2;
    send_rider(task, 7, 0)->one.read.to.bytes[5] = 1;
    send_rider(task, 7, 0)->one.read.kind = STATE_BALANCE;
    send_rider(task, 7, 0)->one.read.data_len = 3;
    await_crowd();
}

static void test_alike_is_not_equal(void **state) {
    (void)state;
    run(ask_alike);
    assert_int_equal(node.packed, 2); /* one a block */
    assert_int_equal(node.items, 5);
    for (size_t i = 0; i < 5; i++) assert_int_equal(crowd.riders[i].err, ERR_OK);
    for (size_t i = 0; i < 3; i++) assert_int_equal(crowd.riders[i].value, 7);
    assert_int_equal(crowd.riders[3].value, 0);
}

static void ask_while_one_is_under_way(struct task *task, struct chain *chain, void *arg) {
    (void)arg;
    gather_crowd(task, chain);
    send_rider(task, 1000, 0);
    await_count(task, &node.packed, 1);
    for (uint32_t i = 0; i < 50; i++) {
        send_rider(task, i, 0);
        send_rider(task, 1000, 0); /* joins what is under way */
        reactor_sleep_ms(task->reactor, 1);
    }
    gate_set(true);
    await_crowd();
}

static void test_what_comes_meanwhile_leaves_in_the_next(void **state) {
    (void)state;
    run_with(ask_while_one_is_under_way, (struct fake_state){.instead = first_waits_at_gate}, 5000);
    for (size_t i = 0; i < crowd.n; i++) assert_int_equal(crowd.riders[i].err, ERR_OK);
    assert_int_equal(node.packed, 2);
    assert_int_equal(node.items, 51);
}

static struct { bool second_landed, first_landed; } order;

static void ask_behind_one_that_hangs(struct task *task, struct chain *chain, void *arg) {
    (void)arg;
    gather_crowd(task, chain);
    const struct rider *first = send_rider(task, 1, 0);
    await_count(task, &node.packed, 1);
    const struct rider *second = send_rider(task, 2, 0);
    order.second_landed = await_landing(task, second);
    order.first_landed = first->landed;
    gate_set(true);
    await_crowd();
}

static void test_a_batch_that_hangs_does_not_hold_up_the_rest(void **state) {
    (void)state;
    run_with(ask_behind_one_that_hangs, (struct fake_state){.instead = first_waits_at_gate}, 5);
    assert_true(order.second_landed);
    assert_false(order.first_landed);
    assert_int_equal(crowd.riders[0].value, 1);
    assert_int_equal(crowd.riders[1].value, 2);
}

static int64_t batches_left;

static void fill_a_batch(struct task *task, struct chain *chain, void *arg) {
    (void)arg;
    gather_crowd(task, chain);
    send_rider(task, 1000, 0);
    await_count(task, &node.packed, 1);
    for (uint32_t i = 0; i < MULTICALL_MAX_ITEMS; i++) send_rider(task, i, 0);
    reactor_sleep_ms(task->reactor, 1); /* less than patience lasts */
    batches_left = metrics_value(METRIC_STATE_BATCHES, 0, METHOD_FAN_OUT);
    gate_set(true);
    await_crowd();
}

static void test_a_full_batch_does_not_wait(void **state) {
    (void)state;
    run_with(fill_a_batch, (struct fake_state){.instead = serves_behind_gate}, 1000 * 1000);
    assert_int_equal(batches_left, 2);
    for (size_t i = 0; i < crowd.n; i++) assert_int_equal(crowd.riders[i].err, ERR_OK);
}

static struct { unsigned right, under_way; } rush;

/* Lets the batches under way land once no more of them leave. */
static void open_when_quiet(void *arg) {
    struct task *task = arg;
    await_count(task, &node.packed, 8);
    reactor_sleep_ms(task->reactor, 50);
    rush.under_way = atomic_load(&node.packed);
    gate_set(true);
}

static void ask_for_more_than_may_leave(struct task *task, struct chain *chain, void *arg) {
    (void)arg;
    enum { READS = 9 * MULTICALL_MAX_ITEMS + 10 };
    struct one_read *ones = arena_alloc(task->arena, READS * sizeof *ones);
    struct state_read *reads = arena_alloc(task->arena, READS * sizeof *reads);
    struct block_ref block = state_block(1);
    for (uint32_t i = 0; i < READS; i++) {
        make_read(&ones[i], WELL, i);
        reads[i] = ones[i].read;
    }
    reactor_spawn(task->reactor, open_when_quiet, task);
    state_read_many(task, chain, &block, reads, READS);
    for (uint32_t i = 0; i < READS; i++) rush.right += read_value(&reads[i]) == i ? 1 : 0;
}

static void test_eight_batches_at_once(void **state) {
    (void)state;
    memset(&rush, 0, sizeof rush);
    run_with(ask_for_more_than_may_leave, (struct fake_state){.instead = serves_behind_gate}, 0);
    assert_int_equal(rush.right, 9 * MULTICALL_MAX_ITEMS + 10);
    assert_int_equal(rush.under_way, 8);
    assert_int_equal(node.packed, 10);
    assert_int_equal(node.largest, MULTICALL_MAX_ITEMS);
}

static struct state_read *party;
static bool landed_late;

enum { PARTY_READS = 2 * MULTICALL_MAX_ITEMS };

/* Wants what the party has, while that waits for more. */
static void ask_again(void *arg) {
    struct task *task = arg;
    uint32_t value = 0;
    while (party[value].bytes == NULL && reactor_now_ms(task->reactor) < task->deadline_ms) {
        reactor_sleep_ms(task->reactor, 1);
        value = party[0].bytes == NULL ? PARTY_READS - 1 : 0;
    }
    const struct rider *rider = send_rider(task, value, 0);
    landed_late = await_landing(task, rider) && rider->value == value;
    gate_set(true);
}

static void ask_what_half_a_party_has(struct task *task, struct chain *chain, void *arg) {
    (void)arg;
    gather_crowd(task, chain);
    struct one_read *ones = arena_alloc(task->arena, PARTY_READS * sizeof *ones);
    struct block_ref block = state_block(1);
    party = arena_alloc(task->arena, PARTY_READS * sizeof *party);
    for (uint32_t i = 0; i < PARTY_READS; i++) {
        make_read(&ones[i], WELL, i);
        party[i] = ones[i].read;
    }
    reactor_spawn(task->reactor, ask_again, task);
    state_read_many(task, chain, &block, party, PARTY_READS);
    await_crowd();
}

static void test_what_has_landed_is_not_asked_again_before_its_party_has_it(void **state) {
    (void)state;
    run_with(ask_what_half_a_party_has, (struct fake_state){.instead = first_waits_at_gate}, 0);
    assert_true(landed_late);
    assert_int_equal(node.items, PARTY_READS);
}

static void leave_early(struct task *task, struct chain *chain, void *arg) {
    (void)arg;
    gather_crowd(task, chain);
    const struct rider *hasty = send_rider(task, 7, 50);
    send_rider(task, 7, 0);
    await_landing(task, hasty);
    gate_set(true);
    await_crowd();
}

static void test_whose_time_is_up_goes_and_the_rest_get_theirs(void **state) {
    (void)state;
    run_with(leave_early, (struct fake_state){.instead = serves_behind_gate}, 0);
    assert_int_equal(crowd.riders[0].err, ERR_TIMEOUT);
    assert_int_equal(crowd.riders[0].outcome, RPC_TIMED_OUT);
    assert_string_equal(crowd.riders[0].one.read.detail, "the deadline passed while waiting for a node");
    assert_int_equal(crowd.riders[1].value, 7);
    assert_int_equal(node.packed, 1);
}

static void leave_the_line(struct task *task, struct chain *chain, void *arg) {
    (void)arg;
    gather_crowd(task, chain);
    send_rider(task, 1, 0);
    await_count(task, &node.packed, 1);
    const struct rider *hasty = send_rider(task, 2, 50);
    send_rider(task, 3, 0);
    await_landing(task, hasty);
    gate_set(true);
    await_crowd();
}

static void test_what_nobody_wants_any_more_is_not_asked(void **state) {
    (void)state;
    run_with(leave_the_line, (struct fake_state){.instead = first_waits_at_gate}, 1000 * 1000);
    assert_int_equal(crowd.riders[1].err, ERR_TIMEOUT);
    assert_int_equal(crowd.riders[2].value, 3);
    assert_int_equal(node.items, 2);
}

static void join_late(struct task *task, struct chain *chain, void *arg) {
    (void)arg;
    gather_crowd(task, chain);
    send_rider(task, 7, 300);
    await_count(task, &node.packed, 1);
    send_rider(task, 7, 0);
    await_crowd();
    gate_set(true);
}

/* The batch ends with the time of whom it left with; who joined it later has more. */
static void test_a_read_whose_batch_ran_out_of_time_goes_again(void **state) {
    (void)state;
    run_with(join_late, (struct fake_state){.instead = first_waits_at_gate}, 0);
    assert_int_equal(crowd.riders[0].err, ERR_TIMEOUT);
    assert_int_equal(crowd.riders[1].value, 7);
    assert_int_equal(node.packed, 2);
}

static void fill_one_arena(struct task *task, struct chain *chain, void *arg) {
    (void)arg;
    gather_crowd(task, chain);
    struct rider *full = send_rider(task, 7, 0);
    send_rider(task, 7, 0);
    reactor_sleep_ms(task->reactor, 1); /* both wait now */
    while (arena_alloc(full->task.arena, 16) != NULL) continue;
    gate_set(true);
    await_crowd();
}

static void test_a_full_arena_is_its_owners_own_matter(void **state) {
    (void)state;
    run_with(fill_one_arena, (struct fake_state){.instead = serves_behind_gate}, 0);
    assert_int_equal(crowd.riders[0].err, ERR_OVERLOADED);
    assert_int_equal(crowd.riders[1].value, 7);
}

static void ask_without_room(struct task *task, struct chain *chain, void *arg) {
    (void)arg;
    gather_crowd(task, chain);
    reactor_set_room(task->reactor, 0);
    send_rider(task, 7, 0);
    await_crowd();
    reactor_set_room(task->reactor, 3); /* for the conductor, who carries the batch itself then */
    send_rider(task, 8, 0);
    await_crowd();
}

static void test_without_room_for_a_coroutine(void **state) {
    (void)state;
    run(ask_without_room);
    assert_int_equal(crowd.riders[0].err, ERR_OVERLOADED);
    assert_int_equal(crowd.riders[1].value, 8);
    assert_int_equal(node.packed, 1);
}

static char trace_seen[FAKE_MAX_HEADERS];

static void keep_trace(struct fake_request *request, struct fake_state *state) {
    (void)state;
    pthread_mutex_lock(&request->node->mutex);
    memcpy(trace_seen, request->node->headers, sizeof trace_seen);
    pthread_mutex_unlock(&request->node->mutex);
    serve_state_as_ever(request);
}

static void ask_traced(struct task *task, struct chain *chain, void *arg) {
    const unsigned *traces = arg;
    gather_crowd(task, chain);
    for (unsigned i = 0; i < 4; i++) {
        struct rider *rider = send_rider(task, i, 0);
        memset(rider->task.trace.trace_id, (int)(0x11 * (1 + i % *traces)), sizeof rider->task.trace.trace_id);
    }
    await_crowd();
}

static bool run_traced(unsigned traces, const char *header) {
    struct net net;
    node = (struct fake_state){.fan_out = true, .witness = PARENT_BYTE, .instead = keep_trace};
    state_start(&net, &node, 1);
    state_set_method(net.chain, METHOD_FAN_OUT, true);
    net.arg = &traces;
    net_run(&net, ask_traced);
    net_close(&net);
    return strstr(trace_seen, header) != NULL;
}

static void test_the_trace_of_one_request_or_a_fresh_one(void **state) {
    (void)state;
    assert_true(run_traced(1, "traceparent: 00-11111111111111111111111111111111-"));
    assert_true(run_traced(2, "traceparent: 00-"));
    assert_null(strstr(trace_seen, "1111111111111111"));
    assert_null(strstr(trace_seen, "2222222222222222"));
}

int main(void) {
    setenv("no_proxy", "*", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_thousand_equal_reads_are_one_question),
        cmocka_unit_test(test_different_reads_leave_together),
        cmocka_unit_test(test_alike_is_not_equal),
        cmocka_unit_test(test_what_comes_meanwhile_leaves_in_the_next),
        cmocka_unit_test(test_a_batch_that_hangs_does_not_hold_up_the_rest),
        cmocka_unit_test(test_a_full_batch_does_not_wait),
        cmocka_unit_test(test_eight_batches_at_once),
        cmocka_unit_test(test_what_has_landed_is_not_asked_again_before_its_party_has_it),
        cmocka_unit_test(test_whose_time_is_up_goes_and_the_rest_get_theirs),
        cmocka_unit_test(test_what_nobody_wants_any_more_is_not_asked),
        cmocka_unit_test(test_a_read_whose_batch_ran_out_of_time_goes_again),
        cmocka_unit_test(test_a_full_arena_is_its_owners_own_matter),
        cmocka_unit_test(test_without_room_for_a_coroutine),
        cmocka_unit_test(test_the_trace_of_one_request_or_a_fresh_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
