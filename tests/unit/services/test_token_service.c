/* Tokens: what counts as one, and what may be missing of it.
 * Each test makes and ends its fake chain.
 * Runs on one thread. */
#include "services/fake_chain.h"

#include "services/token_service.h"

#define WORD(last) "0x00000000000000000000000000000000000000000000000000000000000000" last
#define TEXT "0x4142430000000000000000000000000000000000000000000000000000000000"
#define NAME "0x06fdde03"
#define SYMBOL "0x95d89b41"
#define DECIMALS "0x313ce567"
#define TOTAL_SUPPLY "0x18160ddd"

static struct token token;
static struct block_ref block;
static struct block_spec spec;
static enum err err;
static struct fault fault;

static void get(struct task *task, const struct source *source) {
    token = (struct token){.address = fake_address(1)};
    err = token_service_get(task, source, &token, &block, &spec);
    fault = task->fault;
    check(err == ERR_OK || fault.code == err);
}

static void get_with(const struct fake_answer *answers, size_t n) {
    fake_begin(answers, n);
    spec = (struct block_spec){.kind = BLOCK_LATEST};
    fake_run(get);
}

static void test_a_whole_token(void **state) {
    (void)state;
    static const struct fake_answer answers[] = {{.match = DECIMALS, .result = WORD("06")},
                                                 {.match = TOTAL_SUPPLY, .result = WORD("64")},
                                                 {.match = "call", .result = TEXT}};
    get_with(answers, 3);
    u256 hundred = u256_from_u64(100);
    assert_int_equal(err, ERR_OK);
    assert_string_equal(token.metadata.name, "ABC");
    assert_string_equal(token.metadata.symbol, "ABC");
    assert_int_equal(token.metadata.decimals, 6);
    assert_true(token.has_total_supply);
    assert_int_equal(u256_cmp(&token.total_supply, &hundred), 0);
    assert_int_equal(block.number, 100);
    assert_int_equal(fake.departures, 1);
    fake_run(get); /* the cache knows all of it */
    assert_int_equal(err, ERR_OK);
    assert_true(token.has_total_supply && token.metadata.decimals == 6);
    assert_int_equal(fake.asked, 4);
    fake_end();
}

static void test_a_supply_alone_will_do(void **state) {
    (void)state;
    static const struct fake_answer answers[] = {{.match = TOTAL_SUPPLY, .result = WORD("00")}};
    get_with(answers, 1);
    assert_int_equal(err, ERR_OK);
    assert_true(token.has_total_supply && u256_is_zero(&token.total_supply));
    assert_false(token.metadata.has_name || token.metadata.has_symbol);
    assert_int_equal(token.metadata.decimals, -1);
    fake_end();
}

static void test_a_token_without_supply(void **state) {
    (void)state;
    static const struct fake_answer reverts[] = {{.match = SYMBOL, .result = TEXT}};
    static const struct fake_answer says_nothing[] = {{.match = SYMBOL, .result = TEXT},
                                                      {.match = TOTAL_SUPPLY, .result = "0x"},
                                                      {.match = "code", .result = "0x60"}};
    static const struct fake_answer says_too_little[] = {{.match = SYMBOL, .result = TEXT},
                                                         {.match = TOTAL_SUPPLY, .result = "0x01"}};
    static const struct {
        const struct fake_answer *answers;
        size_t n;
    } rows[] = {{reverts, 1}, {says_nothing, 3}, {says_too_little, 2}};
    for (size_t i = 0; i < 3; i++) {
        get_with(rows[i].answers, rows[i].n);
        assert_int_equal(err, ERR_OK);
        assert_false(token.has_total_supply);
        assert_string_equal(token.metadata.symbol, "ABC");
        fake_end();
    }
}

static void test_what_is_no_token(void **state) {
    (void)state;
    static const struct fake_answer no_code[] = {{.match = "call", .result = "0x"}, {.match = "code", .result = "0x"}};
    static const struct fake_answer other_contract[] = {{.match = "call", .result = "0x"},
                                                        {.match = "code", .result = "0x60"}};
    get_with(no_code, 2);
    assert_int_equal(err, ERR_NOT_A_TOKEN);
    assert_non_null(strstr(fault.detail, "no contract"));
    fake_end();
    get_with(other_contract, 2);
    assert_int_equal(err, ERR_NOT_A_TOKEN);
    fake_end();
    get_with(NULL, 0); /* reverts whatever it is asked */
    assert_int_equal(err, ERR_NOT_A_TOKEN);
    fake_end();
}

/* What it said a while ago is still believed, but not that it is a token. */
static void test_a_token_that_is_gone(void **state) {
    (void)state;
    static const struct fake_answer answers[] = {{.match = "@101", .result = "0x"},
                                                 {.match = DECIMALS, .result = WORD("06")},
                                                 {.match = TOTAL_SUPPLY, .result = WORD("64")},
                                                 {.match = "call", .result = TEXT}};
    get_with(answers, 4);
    assert_int_equal(err, ERR_OK);
    fake.head = 101;
    for (size_t i = 0; i < 2; i++) {
        fake_run(get);
        assert_int_equal(err, ERR_NOT_A_TOKEN);
        assert_non_null(strstr(fault.detail, "no contract"));
        assert_int_equal(fake.asked, 4 + 2); /* its supply and its code */
    }
    fake_end();
}

static void test_nodes_that_fail(void **state) {
    (void)state;
    static const struct { const char *match; } rows[] = {{NAME}, {SYMBOL}, {DECIMALS}, {TOTAL_SUPPLY}};
    for (size_t i = 0; i < 4; i++) {
        const struct fake_answer answers[] = {{.match = rows[i].match,
                                               .outcome = RPC_RATE_LIMITED,
                                               .err = ERR_UPSTREAM_UNAVAILABLE,
                                               .detail = "busy",
                                               .retry_after_s = 6},
                                              {.match = DECIMALS, .result = WORD("06")},
                                              {.match = TOTAL_SUPPLY, .result = WORD("64")},
                                              {.match = "call", .result = TEXT}};
        get_with(answers, 4);
        assert_int_equal(err, ERR_UPSTREAM_UNAVAILABLE);
        assert_string_equal(fault.detail, "busy");
        assert_int_equal(fault.retry_after_s, 6);
        fake_end();
    }
}

/* Whichever half notices it. */
static void test_a_reorg_in_between_is_read_again(void **state) {
    (void)state;
    static const char *const matches[] = {NAME " @100", DECIMALS " @100", TOTAL_SUPPLY " @100", "@100"};
    for (size_t i = 0; i < 4; i++) {
        const struct fake_answer answers[] = {
            {.match = matches[i], .outcome = RPC_BLOCK_UNKNOWN, .err = ERR_BLOCK_NOT_FOUND, .detail = "gone"},
            {.match = DECIMALS, .result = WORD("06")},
            {.match = TOTAL_SUPPLY, .result = WORD("64")},
            {.match = "call", .result = TEXT}};
        get_with(answers, 4);
        assert_int_equal(err, ERR_OK);
        assert_int_equal(block.number, 101);
        assert_true(token.has_total_supply && token.metadata.decimals == 6);
        fake_end();
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_whole_token),
        cmocka_unit_test(test_a_supply_alone_will_do),
        cmocka_unit_test(test_a_token_without_supply),
        cmocka_unit_test(test_what_is_no_token),
        cmocka_unit_test(test_a_token_that_is_gone),
        cmocka_unit_test(test_nodes_that_fail),
        cmocka_unit_test(test_a_reorg_in_between_is_read_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
