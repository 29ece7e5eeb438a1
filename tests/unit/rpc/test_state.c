/* Reads of state as the layers above see them: what comes back, and what each kind of failure is called.
 * Each test makes and takes down its own net of fake nodes.
 * Runs on the main thread; the nodes run on theirs. */
#include "fake_state.h"

enum { MAX_READS = 8 };

/* The reads of one test, and what a body saw of them. */
static struct {
    struct one_read ones[MAX_READS];
    struct state_read reads[MAX_READS];
    size_t n;
    uint8_t bytes[MAX_READS][64];
    uint8_t revert[MAX_READS][128];
    size_t arena_bytes; /* 0: plenty */
    uint64_t rpc_us;
} trial;

static struct fake_state node;

static void read_all(struct task *task, struct chain *chain, void *arg) {
    (void)arg;
    struct block_ref block = state_block(1);
    struct task own = *task;
    if (trial.arena_bytes > 0) own.arena = arena_new(trial.arena_bytes);
    for (size_t i = 0; i < trial.n; i++) trial.reads[i] = trial.ones[i].read;
    state_read_many(&own, chain, &block, trial.reads, trial.n);
    for (size_t i = 0; i < trial.n; i++) {
        const struct state_read *read = &trial.reads[i];
        if (read->bytes != NULL && read->len <= sizeof trial.bytes[i]) memcpy(trial.bytes[i], read->bytes, read->len);
        if (read->revert_len <= sizeof trial.revert[i] && read->revert_data != NULL) {
            memcpy(trial.revert[i], read->revert_data, read->revert_len);
        }
    }
    trial.rpc_us = own.rpc_us;
    if (trial.arena_bytes > 0) arena_free(own.arena);
}

static void plan(size_t n) {
    memset(&trial, 0, sizeof trial);
    trial.n = n;
    for (size_t i = 0; i < n; i++) make_read(&trial.ones[i], WELL, (uint32_t)i + 1);
}

static void run(uint64_t task_ms) {
    struct net net;
    state_start(&net, &node, 1);
    net.task_ms = task_ms;
    net_run(&net, read_all);
    net_close(&net);
}

static void test_each_kind_by_each_method(void **state) {
    (void)state;
    static const uint8_t slot[32] = {[0] = 0x36, [31] = 0xbc};
    const struct fake_state nodes[] = {
        {.multicall3 = true, .witness = PARENT_BYTE}, {.fan_out = true, .witness = PARENT_BYTE}, {.fan_out = false}};
    for (size_t i = 0; i < 3; i++) {
        node = nodes[i];
        plan(5);
        trial.ones[1].read.kind = STATE_BALANCE;
        trial.ones[1].read.to.bytes[19] = 7; /* which is what it has */
        trial.ones[2].read.kind = STATE_CODE;
        trial.ones[3].read.kind = STATE_NONCE;
        trial.ones[3].read.to.bytes[19] = 9;
        trial.ones[4].read.kind = STATE_STORAGE;
        trial.ones[4].read.data = slot;
        trial.ones[4].read.data_len = sizeof slot;
        run(20000);
        for (size_t r = 0; r < 5; r++) {
            assert_int_equal(trial.reads[r].err, ERR_OK);
            assert_int_equal(trial.reads[r].outcome, RPC_OK);
            assert_string_equal(trial.reads[r].detail, "");
            assert_non_null(trial.reads[r].bytes);
        }
        assert_int_equal(trial.reads[0].len, 32);
        assert_int_equal(trial.bytes[0][31], 1);
        assert_int_equal(trial.reads[1].len, 32);
        assert_int_equal(trial.bytes[1][31], 7);
        assert_int_equal(trial.reads[2].len, 1);
        assert_int_equal(trial.bytes[2][0], 0x60);
        assert_int_equal(trial.reads[3].len, 32);
        assert_int_equal(trial.bytes[3][31], 9);
        assert_int_equal(trial.reads[4].len, 32);
        assert_memory_equal(trial.bytes[4], slot, 32);
        assert_true(trial.rpc_us > 0);
    }
}

static void test_each_fails_for_itself(void **state) {
    (void)state;
    node = (struct fake_state){.fan_out = true, .witness = PARENT_BYTE};
    plan(3);
    make_read(&trial.ones[1], REVERTS, 2);
    make_read(&trial.ones[2], ANSWERS_NOTHING, 3);
    run(20000);
    assert_int_equal(trial.bytes[0][31], 1);
    assert_int_equal(trial.reads[1].err, ERR_EXECUTION_REVERTED);
    assert_int_equal(trial.reads[1].outcome, RPC_REVERTED);
    assert_null(trial.reads[1].bytes);
    assert_null(trial.reads[0].revert_data);
    assert_null(trial.reads[2].revert_data);
    assert_int_equal(trial.reads[2].err, ERR_OK);
    assert_int_equal(trial.reads[2].len, 0);
    assert_non_null(trial.reads[2].bytes);
}

/* The selector of Error(string), and its words. */
static void check_says_no(size_t i) {
    static const uint8_t says_no[4 + 96] = {0x08,          0xc3,         0x79,       0xa0,
                                            [4 + 31] = 32, [4 + 63] = 2, [68] = 'n', [69] = 'o'};
    assert_int_equal(trial.reads[i].err, ERR_EXECUTION_REVERTED);
    assert_int_equal(trial.reads[i].revert_len, sizeof says_no);
    assert_memory_equal(trial.revert[i], says_no, sizeof says_no);
}

static void test_revert_data_reaches_all_who_asked(void **state) {
    (void)state;
    const struct fake_state nodes[] = {
        {.multicall3 = true, .witness = PARENT_BYTE}, {.fan_out = true, .witness = PARENT_BYTE}, {.fan_out = false}};
    for (size_t i = 0; i < 3; i++) {
        node = nodes[i];
        plan(5);
        for (size_t r = 0; r < 3; r++) make_read(&trial.ones[r], REVERTS, r < 2 ? 5 : 6);
        run(20000);
        for (size_t r = 0; r < 3; r++) check_says_no(r);
        assert_int_equal(trial.bytes[3][31], 4);
        if (i < 2) assert_int_equal(node.plain, 2); /* each of them alone, once for both who asked the same */
    }
}

static void test_revert_data_is_bounded(void **state) {
    (void)state;
    node = (struct fake_state){.fan_out = true, .witness = PARENT_BYTE};
    plan(2);
    make_read(&trial.ones[0], REVERTS_MUCH, 5);
    run(20000);
    assert_int_equal(trial.reads[0].err, ERR_EXECUTION_REVERTED);
    assert_null(trial.reads[0].revert_data);
    assert_int_equal(trial.reads[0].revert_len, 0);
    assert_int_equal(trial.bytes[1][31], 2);
}

static void test_none_and_twice_the_same(void **state) {
    (void)state;
    node = (struct fake_state){.fan_out = true, .witness = PARENT_BYTE};
    plan(0);
    run(20000);
    assert_int_equal(node.codes + node.packed + node.plain, 0);
    plan(4);
    for (size_t i = 0; i < 4; i++) make_read(&trial.ones[i], WELL, 5);
    run(20000);
    for (size_t i = 0; i < 4; i++) assert_int_equal(trial.bytes[i][31], 5);
    assert_int_equal(node.items, 2); /* the probe's, and this */
}

static void test_equal_init_codes_run_once(void **state) {
    (void)state;
    node = (struct fake_state){.fan_out = true, .witness = PARENT_BYTE};
    plan(4);
    for (size_t i = 0; i < 4; i++) make_init_code(&trial.ones[i], i < 3 ? 5 : 6);
    run(20000);
    for (size_t i = 0; i < 4; i++) assert_int_equal(trial.bytes[i][31], i < 3 ? 5 : 6);
    assert_int_equal(node.init_codes, 2);
}

static void hangs(struct fake_request *request, struct fake_state *state) {
    (void)state;
    fake_hang(request);
}

static void test_deadline(void **state) {
    (void)state;
    node = (struct fake_state){.fan_out = true, .instead = hangs};
    plan(3);
    run(200);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(trial.reads[i].err, ERR_TIMEOUT);
        assert_string_equal(trial.reads[i].detail, "the deadline passed while waiting for a node");
    }
}

static void test_no_memory(void **state) {
    (void)state;
    node = (struct fake_state){.fan_out = true, .witness = PARENT_BYTE};
    plan(3);
    trial.arena_bytes = 16; /* not even for the wait */
    run(20000);
    for (size_t i = 0; i < 3; i++) assert_int_equal(trial.reads[i].err, ERR_OVERLOADED);
    assert_int_equal(node.codes, 0);
}

enum { TASKS = 200 };

struct swarm {
    struct chain *chain;
    unsigned wrong;
};

static void read_five(struct task *task, void *arg, size_t i) {
    struct swarm *swarm = arg;
    struct block_ref block = state_block(1);
    struct one_read one;
    (void)i;
    make_read(&one, WELL, 5);
    state_read_many(task, swarm->chain, &block, &one.read, 1);
    if (read_value(&one.read) != 5) swarm->wrong++;
}

static _Thread_local struct swarm own_swarm;

static void read_in_swarm(struct task *task, struct chain *chain, void *arg) {
    (void)arg;
    own_swarm = (struct swarm){.chain = chain};
    task_parallel(task, TASKS, read_five, &own_swarm);
    if (own_swarm.wrong > 0) abort();
}

static void *swarm_on_second(void *arg) {
    net_run_on(1, arg, read_in_swarm, false);
    return NULL;
}

/* No request waits on another thread's. */
static void test_two_reactors_ask_twice_at_most(void **state) {
    (void)state;
    struct net net;
    pthread_t second;
    node = (struct fake_state){.fan_out = true, .witness = PARENT_BYTE};
    state_start(&net, &node, 1);
    state_set_method(net.chain, METHOD_FAN_OUT, true);
    pthread_create(&second, NULL, swarm_on_second, &net);
    net_run_on(0, &net, read_in_swarm, false);
    pthread_join(second, NULL);
    net_close(&net);
    assert_int_equal(node.items, 2);
}

int main(void) {
    setenv("no_proxy", "*", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_kind_by_each_method),
        cmocka_unit_test(test_each_fails_for_itself),
        cmocka_unit_test(test_revert_data_reaches_all_who_asked),
        cmocka_unit_test(test_revert_data_is_bounded),
        cmocka_unit_test(test_none_and_twice_the_same),
        cmocka_unit_test(test_equal_init_codes_run_once),
        cmocka_unit_test(test_deadline),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_two_reactors_ask_twice_at_most),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
