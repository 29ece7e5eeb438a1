/* Token metadata: odd tokens as they are found, and how long what they said is believed.
 * Each test makes and ends its fake chain.
 * Runs on one thread. */
#include "services/fake_chain.h"

#include "services/metadata.h"

/* ABI: offset, length, text; and a word. */
#define STRING(length, text) \
    "\"0x0000000000000000000000000000000000000000000000000000000000000020" \
    "00000000000000000000000000000000000000000000000000000000000000" length text "\""
#define WORD(last) "\"0x00000000000000000000000000000000000000000000000000000000000000" last "\""
#define USDC STRING("04", "5553444300000000000000000000000000000000000000000000000000000000")
#define MKR "\"0x4d4b520000000000000000000000000000000000000000000000000000000000\""
/* Selectors: name 06fdde03, symbol 95d89b41, decimals 313ce567. */
#define NAME "0x06fdde03"
#define SYMBOL "0x95d89b41"
#define DECIMALS "0x313ce567"

static struct metadata_read reads[4];
static size_t n_reads;
static uint64_t block_number;
static bool at_head;

static void read_all(struct task *task, const struct source *source) {
    struct block_ref block = fake_block(block_number);
    if (metadata_look_up(task, source, reads, n_reads, &block, at_head) > 0) {
        metadata_fetch(task, source, reads, n_reads, &block, at_head);
    }
}

/* Reads the tokens 1 to n. */
static void read_at(uint64_t number, bool is_head, size_t n) {
    memset(reads, 0x5a, sizeof reads); /* outs are outs */
    for (size_t i = 0; i < n; i++) reads[i].token = fake_address((uint8_t)(i + 1));
    block_number = number;
    at_head = is_head;
    n_reads = n;
    fake_run(read_all);
}

static const struct fake_answer complete[] = {
    {.match = NAME, .result = USDC}, {.match = SYMBOL, .result = USDC}, {.match = DECIMALS, .result = WORD("06")}};

static void test_a_plain_token(void **state) {
    (void)state;
    fake_begin(complete, 3);
    read_at(100, true, 1);
    assert_int_equal(reads[0].err, ERR_OK);
    assert_true(reads[0].metadata.has_name && reads[0].metadata.has_symbol);
    assert_string_equal(reads[0].metadata.name, "USDC");
    assert_string_equal(reads[0].metadata.symbol, "USDC");
    assert_int_equal(reads[0].metadata.decimals, 6);
    assert_int_equal(fake.batches, 1);
    assert_int_equal(fake.calls, 3);
    assert_non_null(strstr(fake.log, "0x0101010101010101010101010101010101010101 " NAME " @100"));
    fake_end();
}

static void test_odd_tokens(void **state) {
    (void)state;
    static const struct {
        const char *name, *decimals; /* results; NULL: reverts */
        const char *want_name;       /* NULL: none */
        int want_decimals;
    } rows[] = {
        {MKR, WORD("12"), "MKR", 18},
        {NULL, NULL, NULL, -1},
        {"\"0x\"", "\"0x\"", NULL, -1},
        {USDC, WORD("4d"), "USDC", 77},
        {USDC, WORD("4e"), "USDC", -1}, /* more than can be shown */
        {USDC, WORD("ff"), "USDC", -1},
        {USDC, "\"0xff00000000000000000000000000000000000000000000000000000000000006\"", "USDC", -1},
        {USDC, "\"0x0000000000000000000000000000000000000000000000010000000000000006\"", "USDC", -1},
        {USDC, "\"0x06\"", "USDC", -1},
        {STRING("00", ""), WORD("00"), "", 0}, /* empty is not missing */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct fake_answer answers[] = {
            {.match = rows[i].name != NULL ? NAME : "-", .result = rows[i].name},
            {.match = rows[i].decimals != NULL ? DECIMALS : "-", .result = rows[i].decimals}};
        fake_begin(answers, 2);
        read_at(100, true, 1);
        assert_int_equal(reads[0].err, ERR_OK);
        assert_false(reads[0].metadata.has_symbol);
        assert_string_equal(reads[0].metadata.symbol, "");
        assert_int_equal(reads[0].metadata.has_name, rows[i].want_name != NULL);
        assert_string_equal(reads[0].metadata.name, rows[i].want_name != NULL ? rows[i].want_name : "");
        assert_int_equal(reads[0].metadata.decimals, rows[i].want_decimals);
        fake_end();
    }
}

/* "Unknown" is only said of what the token does not say: a node that fails is an error, and nothing is kept. */
static void test_a_node_that_fails(void **state) {
    (void)state;
    static const struct fake_answer answers[] = {{.match = SYMBOL,
                                                  .outcome = RPC_UNREACHABLE,
                                                  .err = ERR_UPSTREAM_UNAVAILABLE,
                                                  .detail = "gone",
                                                  .retry_after_s = 3},
                                                 {.match = NAME, .result = USDC},
                                                 {.match = DECIMALS, .result = WORD("06")}};
    fake_begin(answers, 3);
    read_at(100, true, 1);
    assert_int_equal(reads[0].err, ERR_UPSTREAM_UNAVAILABLE);
    assert_int_equal(reads[0].retry_after_s, 3);
    fake.answers = complete;
    read_at(100, true, 1);
    assert_int_equal(reads[0].err, ERR_OK);
    assert_int_equal(reads[0].retry_after_s, 0);
    assert_string_equal(reads[0].metadata.symbol, "USDC");
    fake_end();
}

static void test_each_token_fails_for_itself(void **state) {
    (void)state;
    static const struct fake_answer answers[] = {
        {.match = "eth_call 0x0202", .outcome = RPC_TIMED_OUT, .err = ERR_TIMEOUT, .detail = "late"},
        {.match = NAME, .result = USDC},
        {.match = SYMBOL, .result = MKR},
        {.match = DECIMALS, .result = WORD("06")}};
    fake_begin(answers, 4);
    read_at(100, true, 3);
    assert_int_equal(reads[0].err, ERR_OK);
    assert_int_equal(reads[1].err, ERR_TIMEOUT);
    assert_int_equal(reads[2].err, ERR_OK);
    assert_string_equal(reads[2].metadata.name, "USDC");
    assert_string_equal(reads[2].metadata.symbol, "MKR");
    assert_int_equal(fake.batches, 1);
    fake_end();
}

static void test_what_is_complete_is_kept_for_a_while_at_the_head(void **state) {
    (void)state;
    fake_begin(complete, 3);
    read_at(100, true, 1);
    read_at(101, true, 1); /* the next block: still believed */
    assert_int_equal(fake.calls, 3);
    assert_string_equal(reads[0].metadata.symbol, "USDC");
    read_at(101, false, 1); /* that block by its name: asked what it said there */
    assert_int_equal(fake.calls, 6);
    read_at(101, false, 1);
    assert_int_equal(fake.calls, 6);
    fake.chain.id++;
    read_at(101, true, 1);
    assert_int_equal(fake.calls, 9);
    fake_end();
}

/* What is missing may be there in the next block. */
static void test_what_is_incomplete_is_kept_for_its_block_alone(void **state) {
    (void)state;
    static const struct fake_answer answers[] = {{.match = NAME, .result = USDC}};
    fake_begin(answers, 1);
    read_at(100, true, 1);
    read_at(100, true, 1);
    assert_int_equal(fake.calls, 3);
    fake.answers = complete;
    fake.n_answers = 3;
    read_at(101, true, 1);
    assert_int_equal(fake.calls, 6);
    assert_int_equal(reads[0].metadata.decimals, 6);
    fake_end();
}

static void test_only_what_is_missing_is_asked_for(void **state) {
    (void)state;
    fake_begin(complete, 3);
    read_at(100, true, 2);
    assert_int_equal(fake.calls, 6);
    read_at(100, true, 4);
    assert_int_equal(fake.calls, 12);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(reads[i].err, ERR_OK);
        assert_string_equal(reads[i].metadata.name, "USDC");
    }
    fake_end();
}

static void test_memory_runs_out(void **state) {
    (void)state;
    enum err last = ERR_OVERLOADED;
    for (size_t bytes = 0; bytes < 16 * 1024; bytes += 256) {
        fake_begin(complete, 3);
        for (size_t i = 0; i < 3; i++) reads[i] = (struct metadata_read){.token = fake_address((uint8_t)(i + 1))};
        n_reads = 3;
        fake_run_in(read_all, bytes);
        for (size_t i = 0; i < 3; i++)
            assert_true(reads[i].err == ERR_OK || reads[i].err == ERR_OVERLOADED || reads[i].err == ERR_UPSTREAM_ERROR);
        last = reads[2].err;
        fake_end();
    }
    assert_int_equal(last, ERR_OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_plain_token),
        cmocka_unit_test(test_odd_tokens),
        cmocka_unit_test(test_a_node_that_fails),
        cmocka_unit_test(test_each_token_fails_for_itself),
        cmocka_unit_test(test_what_is_complete_is_kept_for_a_while_at_the_head),
        cmocka_unit_test(test_what_is_incomplete_is_kept_for_its_block_alone),
        cmocka_unit_test(test_only_what_is_missing_is_asked_for),
        cmocka_unit_test(test_memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
