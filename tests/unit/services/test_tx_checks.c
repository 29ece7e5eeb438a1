/* What is refused before any node sees it, and what is left to the nodes: nonce, gas and funds of one sender, as one
 * node has them, as most have them, and at a head that may not be the newest. Each test makes and ends its fake chain;
 * receipts and polls are the test's, too. Runs on one thread. */
#include "services/fake_chain.h"

#include "core/clock.h"
#include "rpc/receipt.h"
#include "rpc/tx_poll.h"
#include "services/tx_checks.h"

enum { YEARS_MS = INT32_MAX, GAS = 21000, FEE = 10, VALUE = 5 };
#define COST "0x33455" /* 21000 * 10 + 5, in wei */
#define LESS "0x33454"

/* What nodes say beside the reads. */
static struct {
    uint64_t block_time_ms; /* from the head's timestamp on, for so long, there is no newer one */
    struct receipt receipt;
    enum err receipt_err;
    enum tx_poll past, funds;
    unsigned receipts, polls;
    uint64_t head; /* its number; 0: the fake's */
} world;

uint64_t chain_block_time_ms(const struct chain *chain) {
    (void)chain;
    return world.block_time_ms;
}

enum err receipt_read(struct task *task, struct chain *chain, struct receipt *out, const hash32 *tx) {
    (void)chain;
    check(tx->bytes[0] == 0xcd);
    world.receipts++;
    *out = world.receipt;
    return world.receipt_err == ERR_OK ? ERR_OK : task_fail(task, world.receipt_err, "no receipt");
}

void receipt_free(struct receipt *receipt) {
    (void)receipt;
}

enum tx_poll tx_poll_nonce(struct task *task, struct chain *chain, const address *sender, uint64_t nonce,
                           const hash32 *block) {
    (void)task, (void)chain;
    check(sender->bytes[0] == 0xaa && nonce == 7 && block->bytes[31] == (uint8_t)fake.head);
    world.polls++;
    return world.past;
}

enum tx_poll tx_poll_funds(struct task *task, struct chain *chain, const address *account, const u256 *amount,
                           const hash32 *block) {
    const u256 cost = u256_from_u64((uint64_t)GAS * FEE + VALUE);
    (void)task, (void)chain;
    check(account->bytes[0] == 0xaa && u256_cmp(amount, &cost) == 0 && block->bytes[31] == (uint8_t)fake.head);
    world.polls++;
    return world.funds;
}

static struct transaction tx;
static enum err outcome;
static bool in_chain;
static char detail[TASK_DETAIL_BYTES];

static void run_checks(struct task *task, const struct source *source) {
    outcome = tx_checks_run(task, source, &in_chain, &tx);
    (void)snprintf(detail, sizeof detail, "%s", outcome == ERR_OK ? "" : task->fault.detail);
}

static void check_at_head(const char *nonce, const char *balance) {
    const struct fake_answer answers[] = {{.match = "nonce 0xaa", .result = nonce, .err = ERR_UPSTREAM_ERROR},
                                          {.match = "balance 0xaa", .result = balance, .err = ERR_UPSTREAM_ERROR}};
    fake_begin(answers, 2);
    if (world.head != 0) fake.head = world.head;
    in_chain = false;
    world.receipts = world.polls = 0;
    fake_run(run_checks);
    fake_end();
}

/* A transaction that nothing speaks against, at a head that is the newest for years. */
static int set_up(void **state) {
    (void)state;
    memset(&world, 0, sizeof world);
    world.block_time_ms = (uint64_t)YEARS_MS * 1000;
    tx = (struct transaction){.type = TRANSACTION_LEGACY,
                              .nonce = 7,
                              .gas = GAS,
                              .max_fee_per_gas = u256_from_u64(FEE),
                              .value = u256_from_u64(VALUE),
                              .sender = {{0xaa}},
                              .hash = {{0xcd}}};
    return 0;
}

static void test_nothing_against_it(void **state) {
    (void)state;
    check_at_head("0x7", COST);
    assert_int_equal(outcome, ERR_OK);
    assert_false(in_chain);
    assert_int_equal(fake.resolves, 1);
    check_at_head("0x6", COST); /* those before it are on their way */
    assert_int_equal(outcome, ERR_OK);
    assert_int_equal(world.receipts + world.polls, 0);
}

static void test_gas(void **state) {
    (void)state;
    tx.gas--;
    check_at_head("0x7", COST);
    assert_int_equal(outcome, ERR_GAS_TOO_LOW);
    assert_non_null(strstr(detail, "20999"));
    assert_non_null(strstr(detail, "21000"));
    assert_int_equal(fake.asked, 0);
}

static void test_a_nonce_that_is_past(void **state) {
    (void)state;
    world.past = TX_POLL_YES;
    check_at_head("0x8", COST);
    assert_int_equal(outcome, ERR_NONCE_TOO_LOW);
    assert_string_equal(detail, "the nonce is 7, and the next one of its sender is 8");
    assert_int_equal(world.polls, 1);
}

/* The nodes refuse it themselves, if that is so. */
static void test_a_nonce_that_only_one_node_says_is_past(void **state) {
    (void)state;
    static const enum tx_poll polls[] = {TX_POLL_NO, TX_POLL_UNCLEAR};
    for (size_t i = 0; i < 2; i++) {
        world.past = polls[i];
        check_at_head("0x8", COST);
        assert_int_equal(outcome, ERR_OK);
        assert_false(in_chain);
    }
}

static void test_it_is_what_used_the_nonce(void **state) {
    (void)state;
    static const struct receipt receipts[] = {{.state = RECEIPT_MINED}, {.state = RECEIPT_PENDING}};
    world.funds = TX_POLL_NO;
    for (size_t i = 0; i < 2; i++) {
        world.receipt = receipts[i];
        check_at_head("0x8", "0x0");
        assert_int_equal(outcome, ERR_OK);
        assert_true(in_chain);
        assert_int_equal(world.polls, 0);
    }
}

static void test_whether_it_is_that_cannot_be_told(void **state) {
    (void)state;
    world.past = TX_POLL_YES;
    world.receipt_err = ERR_UPSTREAM_UNAVAILABLE;
    check_at_head("0x8", COST);
    assert_int_equal(outcome, ERR_UPSTREAM_UNAVAILABLE);
}

static void test_reads_that_fail(void **state) {
    (void)state;
    check_at_head(NULL, COST);
    assert_int_equal(outcome, ERR_UPSTREAM_ERROR);
    check_at_head("0x7", NULL);
    assert_int_equal(outcome, ERR_UPSTREAM_ERROR);
}

static void test_funds(void **state) {
    (void)state;
    world.funds = TX_POLL_NO;
    check_at_head("0x7", LESS);
    assert_int_equal(outcome, ERR_INSUFFICIENT_FUNDS);
    assert_string_equal(detail, "the sender has 210004 wei, and it may cost 210005");
    assert_int_equal(fake.resolves, 2); /* the head was read a moment ago */
    assert_int_equal(fake.forgets, 1);
    assert_int_equal(world.polls, 1);
}

static void test_funds_that_only_one_node_misses(void **state) {
    (void)state;
    static const enum tx_poll polls[] = {TX_POLL_YES, TX_POLL_UNCLEAR};
    for (size_t i = 0; i < 2; i++) {
        world.funds = polls[i];
        check_at_head("0x7", LESS);
        assert_int_equal(outcome, ERR_OK);
    }
}

static void test_funds_at_a_head_that_may_not_be_the_newest(void **state) {
    (void)state;
    static const uint64_t times_ms[] = {12000, 999, 0};
    world.funds = TX_POLL_NO;
    for (size_t i = 0; i < 3; i++) {
        world.block_time_ms = times_ms[i];
        check_at_head("0x7", "0x0");
        assert_int_equal(outcome, ERR_OK);
        assert_int_equal(world.polls, 0);
    }
}

/* Of less than a second a timestamp does not tell, even one that lies ahead. */
static void test_funds_where_blocks_come_fast(void **state) {
    (void)state;
    static const uint64_t times_ms[] = {999, 0, 1000};
    world.funds = TX_POLL_NO;
    world.head = clock_wall_s() + 3600 - fake_block(0).timestamp;
    for (size_t i = 0; i < 3; i++) {
        world.block_time_ms = times_ms[i];
        check_at_head("0x7", "0x0");
        assert_int_equal(outcome, times_ms[i] < 1000 ? ERR_OK : ERR_INSUFFICIENT_FUNDS);
    }
}

/* They came with the block that has just been. */
static void test_funds_that_have_come(void **state) {
    (void)state;
    static const struct fake_answer answers[] = {
        {.match = "nonce", .result = "0x7"}, {.match = "@100", .result = LESS}, {.match = "@101", .result = COST}};
    fake_begin(answers, 3);
    fake_run(run_checks);
    assert_int_equal(outcome, ERR_OK);
    assert_int_equal(fake.resolves, 2);
    fake_end();
}

static void test_more_than_there_can_be(void **state) {
    (void)state;
    tx.value = (u256){{UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX}};
    world.block_time_ms = 0;
    check_at_head("0x7", COST);
    assert_int_equal(outcome, ERR_INSUFFICIENT_FUNDS);
    assert_non_null(strstr(detail, "2^256"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_nothing_against_it, set_up),
        cmocka_unit_test_setup(test_gas, set_up),
        cmocka_unit_test_setup(test_a_nonce_that_is_past, set_up),
        cmocka_unit_test_setup(test_a_nonce_that_only_one_node_says_is_past, set_up),
        cmocka_unit_test_setup(test_it_is_what_used_the_nonce, set_up),
        cmocka_unit_test_setup(test_whether_it_is_that_cannot_be_told, set_up),
        cmocka_unit_test_setup(test_reads_that_fail, set_up),
        cmocka_unit_test_setup(test_funds, set_up),
        cmocka_unit_test_setup(test_funds_that_only_one_node_misses, set_up),
        cmocka_unit_test_setup(test_funds_at_a_head_that_may_not_be_the_newest, set_up),
        cmocka_unit_test_setup(test_funds_where_blocks_come_fast, set_up),
        cmocka_unit_test_setup(test_funds_that_have_come, set_up),
        cmocka_unit_test_setup(test_more_than_there_can_be, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
