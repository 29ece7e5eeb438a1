/* Amounts: what is asked of a node, what its answers mean, and what the cache spares it.
 * Each test makes and ends its fake chain.
 * Runs on one thread. */
#include "services/fake_chain.h"

#include "services/amount.h"

#define WORD(last) "\"0x00000000000000000000000000000000000000000000000000000000000000" last "\""
#define OWNER "0x0101010101010101010101010101010101010101"
#define TOKEN "0x2222222222222222222222222222222222222222"

enum { MAX_READS = 8 };

static struct amount_read reads[MAX_READS];
static size_t n_reads;
static uint64_t block_number;
static char details[MAX_READS][TASK_DETAIL_BYTES]; /* kept: the task's arena goes */

static void read_all(struct task *task, const struct source *source) {
    struct block_ref block = fake_block(block_number);
    size_t missing = amount_look_up(task, source, reads, n_reads, &block);
    size_t marked = 0;
    for (size_t i = 0; i < n_reads; i++) marked += reads[i].missing ? 1 : 0;
    check(marked == missing);
    if (missing > 0) amount_fetch(task, source, reads, n_reads, &block);
    for (size_t i = 0; i < n_reads; i++) (void)snprintf(details[i], sizeof details[i], "%s", reads[i].detail);
}

static void read_at(uint64_t number, size_t n) {
    block_number = number;
    n_reads = n;
    fake_run(read_all);
}

static struct amount_read read_of(enum amount_kind kind, uint8_t token, uint8_t owner, uint8_t spender) {
    struct amount_read read = {.kind = kind, .owner = fake_address(owner)};
    if (kind != AMOUNT_NATIVE_BALANCE) read.token = fake_address(token);
    if (kind == AMOUNT_ALLOWANCE) read.spender = fake_address(spender);
    if (kind == AMOUNT_TOTAL_SUPPLY) read.owner = fake_address(0);
    return read;
}

static void assert_amount(size_t i, uint64_t want) {
    u256 amount = u256_from_u64(want);
    assert_int_equal(reads[i].err, ERR_OK);
    assert_int_equal(u256_cmp(&reads[i].amount, &amount), 0);
    assert_string_equal(details[i], "");
}

/* Selectors as the ABI has them: balanceOf 70a08231, allowance dd62ed3e, totalSupply 18160ddd. */
static const struct fake_answer good[] = {
    {.match = "eth_getBalance " OWNER " @100", .result = "\"0x2a\""},
    {.match = "eth_call " TOKEN " 0x70a08231000000000000000000000000"
              "0101010101010101010101010101010101010101 @100",
     .result = WORD("07")},
    {.match = "eth_call " TOKEN " 0xdd62ed3e000000000000000000000000"
              "0101010101010101010101010101010101010101"
              "000000000000000000000000"
              "0303030303030303030303030303030303030303 @100",
     .result = WORD("08")},
    {.match = "eth_call " TOKEN " 0x18160ddd @100", .result = WORD("09")},
};

static void test_each_kind_is_its_own_call(void **state) {
    (void)state;
    fake_begin(good, sizeof good / sizeof *good);
    reads[0] = read_of(AMOUNT_NATIVE_BALANCE, 0, 1, 0);
    reads[1] = read_of(AMOUNT_TOKEN_BALANCE, 0x22, 1, 0);
    reads[2] = read_of(AMOUNT_ALLOWANCE, 0x22, 1, 3);
    reads[3] = read_of(AMOUNT_TOTAL_SUPPLY, 0x22, 0, 0);
    read_at(100, 4);
    assert_amount(0, 42);
    assert_amount(1, 7);
    assert_amount(2, 8);
    assert_amount(3, 9);
    assert_int_equal(fake.batches, 1);
    assert_int_equal(fake.calls, 4);
    fake_end();
}

static void test_the_cache_answers_the_second_time(void **state) {
    (void)state;
    fake_begin(good, sizeof good / sizeof *good);
    reads[0] = read_of(AMOUNT_NATIVE_BALANCE, 0, 1, 0);
    read_at(100, 1);
    reads[0] = read_of(AMOUNT_TOKEN_BALANCE, 0x22, 1, 0);
    reads[1] = read_of(AMOUNT_NATIVE_BALANCE, 0, 1, 0);
    read_at(100, 2); /* only what is new is asked for */
    assert_amount(0, 7);
    assert_amount(1, 42);
    assert_int_equal(fake.calls, 2);
    read_at(100, 2);
    assert_amount(0, 7);
    assert_amount(1, 42);
    assert_int_equal(fake.calls, 2);
    fake_end();
}

/* Every part of a read tells it from others: at another block, on another chain, of another kind. */
static void test_the_cache_mixes_nothing_up(void **state) {
    (void)state;
    static const struct fake_answer any[] = {
        {.match = "eth_getBalance", .result = "\"0x1\""},
        {.match = "eth_call", .result = WORD("01")},
    };
    fake_begin(any, 2);
    const struct amount_read different[] = {
        read_of(AMOUNT_TOKEN_BALANCE, 0x22, 1, 0), read_of(AMOUNT_TOKEN_BALANCE, 0x22, 2, 0),
        read_of(AMOUNT_TOKEN_BALANCE, 0x23, 1, 0), read_of(AMOUNT_ALLOWANCE, 0x22, 1, 3),
        read_of(AMOUNT_ALLOWANCE, 0x22, 1, 4),     read_of(AMOUNT_TOKEN_BALANCE, 0, 1, 0),
        read_of(AMOUNT_NATIVE_BALANCE, 0, 1, 0),   read_of(AMOUNT_TOTAL_SUPPLY, 0x22, 0, 0),
    };
    for (size_t i = 0; i < MAX_READS; i++) { /* one after the other: each could find what was kept of those before */
        reads[0] = different[i];
        read_at(100, 1);
        assert_int_equal(fake.calls, i + 1);
    }
    memcpy(reads, different, sizeof different);
    read_at(100, MAX_READS);
    assert_int_equal(fake.calls, MAX_READS);
    read_at(101, MAX_READS);
    assert_int_equal(fake.calls, 2 * MAX_READS);
    fake.chain.id++;
    read_at(100, MAX_READS);
    assert_int_equal(fake.calls, 3 * MAX_READS);
    fake_end();
}

static void test_what_nodes_answer_instead(void **state) {
    (void)state;
    static const struct {
        struct fake_answer answer;
        enum amount_kind kind;
        enum err err;
        const char *said;
    } rows[] = {
        {{.match = "eth_", .result = "\"nonsense\""}, AMOUNT_NATIVE_BALANCE, ERR_UPSTREAM_ERROR, "eth_getBalance"},
        {{.match = "eth_", .result = "42"}, AMOUNT_NATIVE_BALANCE, ERR_UPSTREAM_ERROR, "eth_getBalance"},
        {{.match = "eth_", .result = "null"}, AMOUNT_NATIVE_BALANCE, ERR_UPSTREAM_ERROR, "eth_getBalance"},
        {{.match = "eth_", .result = "\"0x\""}, AMOUNT_NATIVE_BALANCE, ERR_UPSTREAM_ERROR, "eth_getBalance"},
        {{.match = "eth_", .result = "\"0x12345\""}, AMOUNT_TOKEN_BALANCE, ERR_UPSTREAM_ERROR, "eth_call"},
        {{.match = "eth_", .result = "null"}, AMOUNT_TOKEN_BALANCE, ERR_UPSTREAM_ERROR, "eth_call"},
        {{.match = "eth_", .result = "{}"}, AMOUNT_TOKEN_BALANCE, ERR_UPSTREAM_ERROR, "eth_call"},
        {{.match = "eth_", .result = "\"0x01\""}, AMOUNT_TOKEN_BALANCE, ERR_NOT_A_TOKEN, "1 bytes"},
        {{.match = "eth_", .outcome = RPC_REVERTED, .err = ERR_EXECUTION_REVERTED, .detail = "reverted: why"},
         AMOUNT_TOKEN_BALANCE,
         ERR_EXECUTION_REVERTED,
         "reverted: why"},
        {{.match = "eth_", .outcome = RPC_TIMED_OUT, .err = ERR_TIMEOUT, .detail = "too late", .retry_after_s = 9},
         AMOUNT_TOTAL_SUPPLY,
         ERR_TIMEOUT,
         "too late"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        fake_begin(&rows[i].answer, 1);
        reads[0] = read_of(rows[i].kind, 0x22, 1, 0);
        read_at(100, 1);
        assert_int_equal(reads[0].err, rows[i].err);
        assert_non_null(strstr(details[0], rows[i].said));
        assert_int_equal(reads[0].retry_after_s, rows[i].answer.retry_after_s);
        size_t calls = fake.calls;
        read_at(100, 1); /* a failure is not kept */
        assert_int_equal(fake.calls, 2 * calls);
        fake_end();
    }
}

static void test_longer_answers_count_by_their_first_word(void **state) {
    (void)state;
    static const struct fake_answer answers[] = {
        {.match = "eth_call",
         .result = "\"0x00000000000000000000000000000000000000000000000000000000000000ff"
                   "aa00000000000000000000000000000000000000000000000000000000000000\""}};
    fake_begin(answers, 1);
    reads[0] = read_of(AMOUNT_TOKEN_BALANCE, 0x22, 1, 0);
    read_at(100, 1);
    assert_amount(0, 255);
    fake_end();
}

/* Nothing came back: only the code can tell why. */
static void test_an_empty_answer_is_explained(void **state) {
    (void)state;
    static const struct fake_answer answers[] = {
        {.match = "eth_call", .result = "\"0x\""},
        {.match = "eth_getCode 0x2222", .result = "\"0x\""},
        {.match = "eth_getCode 0x3333", .result = "\"0x6001\""},
        {.match = "eth_getCode 0x4444", .result = "17"},
        {.match = "eth_getCode 0x5555",
         .outcome = RPC_UNREACHABLE,
         .err = ERR_UPSTREAM_UNAVAILABLE,
         .detail = "gone",
         .retry_after_s = 5},
        {.match = "eth_getBalance", .result = "\"0x1\""},
    };
    fake_begin(answers, sizeof answers / sizeof *answers);
    reads[0] = read_of(AMOUNT_TOKEN_BALANCE, 0x22, 1, 0);
    reads[1] = read_of(AMOUNT_NATIVE_BALANCE, 0, 1, 0);
    reads[2] = read_of(AMOUNT_TOKEN_BALANCE, 0x33, 1, 0);
    reads[3] = read_of(AMOUNT_TOKEN_BALANCE, 0x44, 1, 0);
    reads[4] = read_of(AMOUNT_TOKEN_BALANCE, 0x55, 1, 0);
    read_at(100, 5);
    assert_int_equal(reads[0].err, ERR_NOT_A_TOKEN);
    assert_non_null(strstr(details[0], "no contract at 0x2222"));
    assert_non_null(strstr(details[0], "block 100"));
    assert_amount(1, 1);
    assert_int_equal(reads[2].err, ERR_NOT_A_TOKEN);
    assert_non_null(strstr(details[2], "answers nothing"));
    assert_int_equal(reads[3].err, ERR_UPSTREAM_ERROR);
    assert_int_equal(reads[4].err, ERR_UPSTREAM_UNAVAILABLE);
    assert_string_equal(details[4], "gone");
    assert_int_equal(reads[4].retry_after_s, 5);
    assert_int_equal(fake.batches, 2);
    assert_int_equal(fake.calls, 5 + 4); /* the code of those four alone */
    fake_end();
}

/* What an earlier try left in the reads says nothing about this one. */
static void test_reads_are_used_again(void **state) {
    (void)state;
    static const struct fake_answer answers[] = {
        {.match = "@100",
         .outcome = RPC_RATE_LIMITED,
         .err = ERR_UPSTREAM_UNAVAILABLE,
         .detail = "busy",
         .retry_after_s = 30},
        {.match = "@101", .result = "\"0x01\""},
        {.match = "@102", .result = WORD("01")},
    };
    fake_begin(answers, 3);
    reads[0] = read_of(AMOUNT_TOKEN_BALANCE, 0x22, 1, 0);
    read_at(100, 1);
    assert_int_equal(reads[0].retry_after_s, 30);
    read_at(101, 1);
    assert_int_equal(reads[0].retry_after_s, 0);
    assert_int_equal(reads[0].err, ERR_NOT_A_TOKEN);
    read_at(102, 1);
    assert_amount(0, 1);
    fake_end();
}

static void test_memory_runs_out(void **state) {
    (void)state;
    static const struct fake_answer answers[] = {{.match = "eth_call", .result = WORD("01")}};
    enum err last = ERR_OVERLOADED;
    for (size_t bytes = 0; bytes < 16 * 1024; bytes += 128) {
        fake_begin(answers, 1);
        for (uint8_t i = 0; i < MAX_READS; i++) reads[i] = read_of(AMOUNT_TOKEN_BALANCE, 0x22, i, 0);
        block_number = 100;
        n_reads = MAX_READS;
        fake_run_in(read_all, bytes);
        last = reads[0].err;
        for (size_t i = 0; i < MAX_READS; i++) assert_true(reads[i].err == last || reads[i].err != ERR_OK);
        fake_end();
    }
    assert_int_equal(last, ERR_OK);
}

static void check_turns(struct task *task, const struct source *source) {
    struct amount_read read = {.err = ERR_UPSTREAM_UNAVAILABLE, .retry_after_s = 4, .detail = "it is %s"};
    (void)source;
    check(amount_read_check(task, &read) == ERR_UPSTREAM_UNAVAILABLE);
    check(task->fault.code == ERR_UPSTREAM_UNAVAILABLE && task->fault.retry_after_s == 4);
    check(strcmp(task->fault.detail, "it is %s") == 0); /* text, not a format */
    read.err = ERR_OK;
    task->fault = (struct fault){.code = ERR_OK};
    check(amount_read_check(task, &read) == ERR_OK && task->fault.code == ERR_OK);
}

static void test_a_failed_read_becomes_the_fault(void **state) {
    (void)state;
    fake_begin(NULL, 0);
    fake_run(check_turns);
    fake_end();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_kind_is_its_own_call),
        cmocka_unit_test(test_the_cache_answers_the_second_time),
        cmocka_unit_test(test_the_cache_mixes_nothing_up),
        cmocka_unit_test(test_what_nodes_answer_instead),
        cmocka_unit_test(test_longer_answers_count_by_their_first_word),
        cmocka_unit_test(test_an_empty_answer_is_explained),
        cmocka_unit_test(test_reads_are_used_again),
        cmocka_unit_test(test_memory_runs_out),
        cmocka_unit_test(test_a_failed_read_becomes_the_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
