/* Balances: amounts joined with the right token's metadata, all at one block, each failing for itself.
 * Each test makes and ends its fake chain.
 * Runs on one thread. */
#include "services/fake_chain.h"

#include "services/balance_service.h"

#define WORD(last) "0x00000000000000000000000000000000000000000000000000000000000000" last
#define TEXT(hex) "0x" hex "0000000000000000000000000000000000000000000000000000000000"
#define SYMBOL "0x95d89b41"
#define NAME "0x06fdde03"
#define DECIMALS "0x313ce567"
#define BALANCE_OF "0x70a08231"

enum { MAX_BALANCES = 300 };

/* What is left of a run once its arena is gone. */
static struct {
    struct balance balances[MAX_BALANCES];
    struct erc20_metadata metadata[MAX_BALANCES];
    size_t n;
    struct block_ref block;
    struct block_spec spec;
    enum err err;
    struct fault fault;
    bool single;
} run;

static void get(struct task *task, const struct source *source) {
    run.err = run.single ? balance_service_get(task, source, run.balances, &run.block, &run.spec)
                         : balance_service_get_many(task, source, run.balances, run.n, &run.block, &run.spec);
    run.fault = task->fault;
    check(run.err == ERR_OK || run.fault.code == run.err);
    for (size_t i = 0; i < run.n && run.err == ERR_OK; i++) {
        if (run.balances[i].read.err == ERR_OK) run.metadata[i] = *run.balances[i].metadata;
    }
}

static void add(uint8_t token, uint8_t owner) {
    struct amount_read *read = &run.balances[run.n++].read;
    *read = (struct amount_read){.kind = token != 0 ? AMOUNT_TOKEN_BALANCE : AMOUNT_NATIVE_BALANCE,
                                 .owner = fake_address(owner)};
    if (token != 0) read->token = fake_address(token);
}

static void begin(const struct fake_answer *answers, size_t n) {
    memset(&run, 0, sizeof run);
    fake_begin(answers, n);
}

static void assert_balance(size_t i, uint64_t amount, const char *symbol, int decimals) {
    u256 want = u256_from_u64(amount);
    assert_int_equal(run.balances[i].read.err, ERR_OK);
    assert_int_equal(u256_cmp(&run.balances[i].read.amount, &want), 0);
    assert_string_equal(run.metadata[i].symbol, symbol);
    assert_int_equal(run.metadata[i].decimals, decimals);
}

/* Token 1 is ABC with 6 decimals, token 2 DEF with 8; owner o has o of the first and 2o of the second. */
static const struct fake_answer two_tokens[] = {
    {.match = "0x0101010101010101010101010101010101010101 " SYMBOL, .result = TEXT("414243")},
    {.match = "0x0202020202020202020202020202020202020202 " SYMBOL, .result = TEXT("444546")},
    {.match = NAME, .result = TEXT("414141")},
    {.match = "0x0101010101010101010101010101010101010101 " DECIMALS, .result = WORD("06")},
    {.match = "0x0202020202020202020202020202020202020202 " DECIMALS, .result = WORD("08")},
    {.match = "0x0101010101010101010101010101010101010101 " BALANCE_OF "0000000000000000000000000505",
     .result = WORD("05")},
    {.match = "0x0202020202020202020202020202020202020202 " BALANCE_OF "0000000000000000000000000505",
     .result = WORD("0a")},
    {.match = "0x0101010101010101010101010101010101010101 " BALANCE_OF "0000000000000000000000000707",
     .result = WORD("07")},
    {.match = "balance 0x0505", .result = "0x99"},
};
enum { TWO_TOKENS = sizeof two_tokens / sizeof *two_tokens };

static void test_each_balance_gets_its_token_s_metadata(void **state) {
    (void)state;
    begin(two_tokens, TWO_TOKENS);
    add(2, 5);
    add(0, 5);
    add(1, 7);
    add(1, 5);
    fake_run(get);
    assert_int_equal(run.err, ERR_OK);
    assert_balance(0, 10, "DEF", 8);
    assert_balance(1, 0x99, "FAK", 18);
    assert_balance(2, 7, "ABC", 6);
    assert_balance(3, 5, "ABC", 6);
    assert_int_equal(run.block.number, 100);
    assert_int_equal(fake.asked, 4 + 2 * 3); /* a token is asked once for what it says of itself */
    assert_int_equal(fake.departures, 1);
    fake_end();
}

static void test_native_balances_alone(void **state) {
    (void)state;
    begin(two_tokens, TWO_TOKENS);
    add(0, 5);
    run.single = true;
    fake_run(get);
    assert_balance(0, 0x99, "FAK", 18);
    assert_int_equal(fake.asked, 1);
    fake_end();
}

static void test_the_cache_spares_all_calls(void **state) {
    (void)state;
    begin(two_tokens, TWO_TOKENS);
    add(1, 5);
    add(0, 5);
    fake_run(get);
    size_t calls = fake.asked;
    memset(run.metadata, 0, sizeof run.metadata);
    fake_run(get);
    assert_balance(0, 5, "ABC", 6);
    assert_balance(1, 0x99, "FAK", 18);
    assert_int_equal(fake.asked, calls);
    assert_int_equal(fake.departures, 1);
    fake.head = 101; /* the next block: balances anew, what the token says is believed for a while */
    fake_run(get);
    assert_balance(0, 5, "ABC", 6);
    assert_int_equal(fake.asked, calls + 2);
    assert_int_equal(fake.departures, 2);
    fake_end();
}

static void test_one_that_fails_leaves_the_others(void **state) {
    (void)state;
    begin(two_tokens, TWO_TOKENS);
    add(1, 5);
    add(9, 5); /* reverts whatever it is asked */
    add(0, 5);
    fake_run(get);
    assert_int_equal(run.err, ERR_OK);
    assert_balance(0, 5, "ABC", 6);
    assert_int_equal(run.balances[1].read.err, ERR_EXECUTION_REVERTED);
    assert_balance(2, 0x99, "FAK", 18);
    fake_end();
}

static void test_a_single_one_that_fails_is_the_fault(void **state) {
    (void)state;
    begin(two_tokens, TWO_TOKENS);
    add(9, 5);
    run.single = true;
    fake_run(get);
    assert_int_equal(run.err, ERR_EXECUTION_REVERTED);
    assert_string_equal(run.fault.detail, "reverted");
    fake_end();
}

/* An amount without knowing how to show it is half an answer. */
static void test_metadata_that_cannot_be_read_fails_the_balance(void **state) {
    (void)state;
    static const struct fake_answer answers[] = {
        {.match = BALANCE_OF, .result = WORD("05")},
        {.match = DECIMALS,
         .outcome = RPC_RATE_LIMITED,
         .err = ERR_UPSTREAM_UNAVAILABLE,
         .detail = "busy",
         .retry_after_s = 8},
    };
    begin(answers, 2);
    add(1, 5);
    run.single = true;
    fake_run(get);
    assert_int_equal(run.err, ERR_UPSTREAM_UNAVAILABLE);
    assert_string_equal(run.fault.detail, "busy");
    assert_int_equal(run.fault.retry_after_s, 8);
    fake_end();
}

static const struct fake_answer reorged[] = {
    {.match = "@100", .outcome = RPC_BLOCK_UNKNOWN, .err = ERR_BLOCK_NOT_FOUND, .detail = "gone"},
    {.match = "balance", .result = "0x1"},
    {.match = BALANCE_OF, .result = WORD("05")},
    {.match = DECIMALS, .result = WORD("06")},
    {.match = "call", .result = TEXT("414243")},
};

static void test_a_reorg_in_between_is_read_again(void **state) {
    (void)state;
    begin(reorged, 5);
    add(1, 5);
    add(0, 5);
    fake_run(get);
    assert_int_equal(run.err, ERR_OK);
    assert_int_equal(run.block.number, 101);
    assert_balance(0, 5, "ABC", 6);
    assert_balance(1, 1, "FAK", 18);
    fake_end();
}

static void test_a_named_block_that_is_gone_fails_all(void **state) {
    (void)state;
    begin(reorged, 5);
    run.spec = (struct block_spec){.kind = BLOCK_NUMBER, .number = 100};
    add(1, 5);
    add(0, 5);
    fake_run(get);
    assert_int_equal(run.err, ERR_BLOCK_NOT_FOUND);
    assert_int_equal(fake.resolves, 1);
    fake_end();
}

static void test_many_balances_of_many_tokens(void **state) {
    (void)state;
    static const struct fake_answer answers[] = {
        {.match = BALANCE_OF, .result = WORD("05")},
        {.match = DECIMALS, .result = WORD("06")},
        {.match = "call", .result = TEXT("414243")},
    };
    begin(answers, 3);
    for (unsigned i = 0; i < MAX_BALANCES; i++) add((uint8_t)(255 - i % 40), (uint8_t)(i % 100));
    fake_run(get);
    assert_int_equal(run.err, ERR_OK);
    for (size_t i = 0; i < MAX_BALANCES; i++) assert_balance(i, 5, "ABC", 6);
    fake_end();
}

static void test_memory_runs_out(void **state) {
    (void)state;
    for (size_t bytes = 0; bytes < 16 * 1024; bytes += 512) {
        begin(two_tokens, TWO_TOKENS);
        add(1, 5);
        add(2, 5);
        add(0, 5);
        fake_run_in(get, bytes);
        assert_true(run.err == ERR_OK || run.err == ERR_OVERLOADED);
        fake_end();
    }
    assert_int_equal(run.err, ERR_OK);
    assert_balance(1, 10, "DEF", 8);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_balance_gets_its_token_s_metadata),
        cmocka_unit_test(test_native_balances_alone),
        cmocka_unit_test(test_the_cache_spares_all_calls),
        cmocka_unit_test(test_one_that_fails_leaves_the_others),
        cmocka_unit_test(test_a_single_one_that_fails_is_the_fault),
        cmocka_unit_test(test_metadata_that_cannot_be_read_fails_the_balance),
        cmocka_unit_test(test_a_reorg_in_between_is_read_again),
        cmocka_unit_test(test_a_named_block_that_is_gone_fails_all),
        cmocka_unit_test(test_many_balances_of_many_tokens),
        cmocka_unit_test(test_memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
