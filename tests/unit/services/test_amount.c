/* Amounts: what is asked of a node, what its answers mean, and what the cache spares it.
 * Each test makes and ends its fake chain.
 * Runs on one thread. */
#include "services/amount_reads.h"

/* Selectors as the ABI has them: balanceOf 70a08231, allowance dd62ed3e, totalSupply 18160ddd. */
static const struct fake_answer good[] = {
    {.match = "balance " OWNER " @100", .result = "0x2a"},
    {.match = "call " TOKEN " 0x70a08231000000000000000000000000"
              "0101010101010101010101010101010101010101 @100",
     .result = WORD("07")},
    {.match = "call " TOKEN " 0xdd62ed3e000000000000000000000000"
              "0101010101010101010101010101010101010101"
              "000000000000000000000000"
              "0303030303030303030303030303030303030303 @100",
     .result = WORD("08")},
    {.match = "call " TOKEN " 0x18160ddd @100", .result = WORD("09")},
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
    assert_int_equal(fake.departures, 1);
    assert_int_equal(fake.asked, 4);
    fake_end();
}

/* They answer anything, and nothing of it is a balance. */
static void test_precompiled_contracts_are_no_tokens(void **state) {
    (void)state;
    static const struct fake_answer any[] = {{.match = "call", .result = WORD("07")}};
    static const uint8_t ends[][2] = {{0x00, 0x01}, {0x00, 0x11}, {0x01, 0x00},
                                      {0x01, 0xff}, {0x02, 0x00}, {0x08, 0x02}};
    fake_begin(any, 1);
    for (size_t i = 0; i < 6; i++) {
        reads[i] = read_of(AMOUNT_TOKEN_BALANCE, 0, 1, 0);
        memcpy(&reads[i].token.bytes[18], ends[i], 2);
    }
    read_at(100, 6);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(reads[i].err, ERR_NOT_A_TOKEN);
        assert_true(reads[i].no_code);
    }
    assert_amount(4, 7);
    assert_amount(5, 7);
    assert_int_equal(fake.asked, 2);
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
    assert_int_equal(fake.asked, 2);
    read_at(100, 2);
    assert_amount(0, 7);
    assert_amount(1, 42);
    assert_int_equal(fake.asked, 2);
    fake_end();
}

/* Every part of a read tells it from others: at another block, on another chain, of another kind. */
static void test_the_cache_mixes_nothing_up(void **state) {
    (void)state;
    static const struct fake_answer any[] = {
        {.match = "balance", .result = "0x1"},
        {.match = "call", .result = WORD("01")},
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
        assert_int_equal(fake.asked, i + 1);
    }
    memcpy(reads, different, sizeof different);
    read_at(100, MAX_READS);
    assert_int_equal(fake.asked, MAX_READS);
    read_at(101, MAX_READS);
    assert_int_equal(fake.asked, 2 * MAX_READS);
    fake.chain.id++;
    read_at(100, MAX_READS);
    assert_int_equal(fake.asked, 3 * MAX_READS);
    fake_end();
}

static void test_what_nodes_answer_instead(void **state) {
    (void)state;
    static const struct {
        struct fake_answer answer;
        enum err err;
        const char *said;
        bool kept; /* it is true at the block, whoever asks */
    } rows[] = {
        {{.match = "call", .result = "0x01"}, ERR_NOT_A_TOKEN, "1 bytes", true},
        {{.match = "call", .outcome = RPC_REVERTED, .err = ERR_EXECUTION_REVERTED, .detail = "reverted: why"},
         ERR_EXECUTION_REVERTED,
         "reverted: why",
         true},
        {{.match = "call", .outcome = RPC_OUT_OF_GAS, .err = ERR_EXECUTION_REVERTED, .detail = "ran out of gas"},
         ERR_EXECUTION_REVERTED,
         "ran out of gas",
         false},
        {{.match = "call", .outcome = RPC_NONSENSE, .err = ERR_UPSTREAM_ERROR, .detail = "what?"},
         ERR_UPSTREAM_ERROR,
         "what?",
         false},
        {{.match = "call", .outcome = RPC_TIMED_OUT, .err = ERR_TIMEOUT, .detail = "too late", .retry_after_s = 9},
         ERR_TIMEOUT,
         "too late",
         false},
        {{.match = "call", .outcome = RPC_STATE_MISSING, .err = ERR_STATE_UNAVAILABLE, .detail = "pruned"},
         ERR_STATE_UNAVAILABLE,
         "pruned",
         false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        fake_begin(&rows[i].answer, 1);
        for (size_t round = 1; round <= 2; round++) {
            reads[0] = read_of(AMOUNT_TOKEN_BALANCE, 0x22, 1, 0);
            read_at(100, 1);
            assert_int_equal(reads[0].err, rows[i].err);
            assert_non_null(strstr(details[0], rows[i].said));
            assert_int_equal(reads[0].retry_after_s, rows[i].answer.retry_after_s);
            assert_int_equal(fake.asked, rows[i].kept ? 1 : round);
        }
        fake.head = 101; /* at another block, the contract may say something else */
        fake.n_answers = 0;
        read_at(101, 1);
        assert_int_equal(reads[0].err, ERR_EXECUTION_REVERTED);
        assert_string_equal(details[0], "reverted");
        fake_end();
    }
}

static void test_longer_answers_count_by_their_first_word(void **state) {
    (void)state;
    static const struct fake_answer answers[] = {
        {.match = "call",
         .result = "0x00000000000000000000000000000000000000000000000000000000000000ff"
                   "aa00000000000000000000000000000000000000000000000000000000000000"}};
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
        {.match = "call", .result = "0x"},
        {.match = "code 0x2222", .result = "0x"},
        {.match = "code 0x3333", .result = "0x6001"},
        {.match = "code 0x4444", .outcome = RPC_NONSENSE, .err = ERR_UPSTREAM_ERROR, .detail = "what?"},
        {.match = "code 0x5555",
         .outcome = RPC_UNREACHABLE,
         .err = ERR_UPSTREAM_UNAVAILABLE,
         .detail = "gone",
         .retry_after_s = 5},
        {.match = "balance", .result = "0x1"},
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
    assert_int_equal(fake.departures, 2);
    assert_int_equal(fake.asked, 5 + 4); /* the code of those four alone */
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
        {.match = "@101", .result = "0x01"},
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
    static const struct fake_answer answers[] = {{.match = "call", .result = WORD("01")}};
    enum err last = ERR_OVERLOADED;
    for (size_t bytes = 0; bytes < 16 * 1024; bytes += 128) {
        fake_begin(answers, 1);
        for (uint8_t i = 0; i < MAX_READS; i++) reads[i] = read_of(AMOUNT_TOKEN_BALANCE, 0x22, i, 0);
        block = fake_block(100);
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
        cmocka_unit_test(test_precompiled_contracts_are_no_tokens),
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
