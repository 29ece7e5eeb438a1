/* Amounts: what is asked of a node, what its answers mean, and what the cache spares it.
 * Each test makes and ends its fake chain.
 * Runs on one thread. */
#include "services/fake_chain.h"

#include "services/snapshot.h"

#define WORD(last) "0x00000000000000000000000000000000000000000000000000000000000000" last
#define OWNER "0x0101010101010101010101010101010101010101"
#define TOKEN "0x2222222222222222222222222222222222222222"

enum { MAX_READS = 8 };

static struct amount_read reads[MAX_READS];
static size_t n_reads;
static struct block_ref block;
static char details[MAX_READS][TASK_DETAIL_BYTES]; /* kept: the task's arena goes */

static void read_all(struct task *task, const struct source *source) {
    struct snapshot snapshot = {reads, n_reads, NULL, 0};
    snapshot_read(task, source, &snapshot, &block);
    for (size_t i = 0; i < n_reads; i++) (void)snprintf(details[i], sizeof details[i], "%s", reads[i].detail);
}

/* At the head when the number is fake.head. */
static void read_at(uint64_t number, size_t n) {
    block = fake_block(number);
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

static void test_amounts_of_every_size_come_back(void **state) {
    (void)state;
    static const char *const amounts[] = {"0x0",
                                          "0x1",
                                          "0xff",
                                          "0x100",
                                          "0xffffffffffffffff",
                                          "0x10000000000000000",
                                          "0xf00000000000000000000000000000000000000000000000000000000000000",
                                          "0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"};
    for (size_t i = 0; i < sizeof amounts / sizeof *amounts; i++) {
        const struct fake_answer answer = {.match = "balance", .result = amounts[i]};
        u256 want;
        assert_int_equal(u256_from_hex(&want, amounts[i], strlen(amounts[i])), ERR_OK);
        fake_begin(&answer, 1);
        for (unsigned round = 0; round < 4; round++) {
            reads[0] = read_of(AMOUNT_NATIVE_BALANCE, 0, 1, 0);
            reads[0].amount = u256_from_u64(12345);
            read_at(round < 2 ? 100 : 7, 1); /* the head, and a block by its number */
            assert_int_equal(reads[0].err, ERR_OK);
            assert_int_equal(u256_cmp(&reads[0].amount, &want), 0);
        }
        assert_int_equal(fake.asked, 2);
        fake_end();
    }
}

/* The longest detail that there can be. */
static void test_refusals_come_back_whole(void **state) {
    (void)state;
    char detail[TASK_DETAIL_BYTES] = "";
    memset(detail, 'd', sizeof detail - 1);
    const struct fake_answer answer = {
        .match = "call", .outcome = RPC_REVERTED, .err = ERR_EXECUTION_REVERTED, .detail = detail};
    fake_begin(&answer, 1);
    for (size_t i = 0; i < 2; i++) {
        reads[0] = read_of(AMOUNT_TOKEN_BALANCE, 0x22, 1, 0);
        read_at(100, 1);
        assert_string_equal(details[0], detail);
    }
    assert_int_equal(fake.asked, 1);
    fake_end();
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

/* --- what is kept, and for which block --- */

static const struct fake_answer by_block[] = {
    {.match = "@100", .result = "0x64"}, {.match = "@101", .result = "0x65"}, {.match = "@99", .result = "0x63"}};

static void read_native_at(struct block_ref at, uint64_t want) {
    block = at;
    n_reads = 1;
    reads[0] = read_of(AMOUNT_NATIVE_BALANCE, 0, 1, 0);
    fake_run(read_all);
    assert_amount(0, want);
}

static void test_the_next_head_takes_the_place_of_the_last(void **state) {
    (void)state;
    static const struct fake_answer any[] = {{.match = "balance", .result = "0x1"},
                                             {.match = "call", .result = WORD("01")}};
    fake_begin(any, 2);
    for (fake.head = 100; fake.head < 200; fake.head++) {
        for (uint8_t i = 0; i < MAX_READS; i++) {
            reads[i] = read_of(i % 2 == 0 ? AMOUNT_TOKEN_BALANCE : AMOUNT_NATIVE_BALANCE, 0x22, i, 0);
        }
        read_at(fake.head, MAX_READS);
        read_at(fake.head, MAX_READS);
        for (size_t i = 0; i < MAX_READS; i++) assert_amount(i, 1);
        assert_int_equal(cache_stats(fake.cache).entries, MAX_READS);
    }
    assert_int_equal(fake.asked, 100 * MAX_READS);
    fake_end();
}

/* A balance of an ordinary size and what it takes to find it: memory for 100,000 of them is a promise. */
static void test_a_kept_balance_is_small(void **state) {
    (void)state;
    enum { ROUNDS = 100 };
    static const struct fake_answer answer = {.match = "call",
                                              .result = "0x"
                                                        "000000000000000000000000000000000000000000000000"
                                                        "0de0b6b3a7640000"};
    fake_begin(&answer, 1);
    for (size_t round = 0; round < ROUNDS; round++) {
        for (uint8_t i = 0; i < MAX_READS; i++) {
            reads[i] = read_of(AMOUNT_TOKEN_BALANCE, 0x22, i, 0);
            memcpy(reads[i].owner.bytes, &round, sizeof round);
        }
        read_at(100, MAX_READS);
    }
    struct cache_stats stats = cache_stats(fake.cache);
    assert_int_equal(stats.entries, ROUNDS * MAX_READS);
    assert_in_range(stats.bytes / stats.entries, 80, 128);
    fake_end();
}

/* The head moves while its question is under way: the answer is right for whoever asked, but is not kept, since it
 * would push out what is asked for now. */
static void move_on(void) {
    fake.head = 101;
}

static void test_a_late_reader_pushes_nothing_out(void **state) {
    (void)state;
    fake_begin(by_block, 3);
    struct block_ref old = fake_block(100);
    fake.on_the_way = move_on;
    read_native_at(old, 100);
    assert_int_equal(cache_stats(fake.cache).entries, 0);
    fake.on_the_way = NULL;
    read_native_at(fake_block(101), 101);
    read_native_at(old, 100); /* pinned before the head moved, looks up after it */
    read_native_at(fake_block(101), 101);
    assert_int_equal(fake.asked, 3);
    fake_end();
}

/* What a reorg took away is asked for again, at the same height and below; and again when its block comes back. */
static void test_a_reorg_leaves_nothing_to_answer_with(void **state) {
    (void)state;
    fake_begin(by_block, 3);
    read_native_at(fake_block(100), 100);
    static const struct fake_answer other = {.match = "balance", .result = "0x7"};
    fake.answers = &other;
    fake.n_answers = 1;
    fake.fork = 1;
    read_native_at(fake_block(100), 7);
    read_native_at(fake_block(100), 7);
    assert_int_equal(fake.asked, 2);
    fake.head = 99; /* shorter, too */
    read_native_at(fake_block(99), 7);
    read_native_at(fake_block(99), 7);
    assert_int_equal(fake.asked, 3);
    fake.answers = by_block;
    fake.n_answers = 3;
    fake.fork = 0;
    fake.head = 100;
    read_native_at(fake_block(100), 100);
    assert_int_equal(fake.asked, 4);
    assert_int_equal(cache_stats(fake.cache).entries, 1);
    fake_end();
}

/* The head is kept apart from the same block by its hash once it is the head no more. */
static void test_named_blocks_stay_beside_the_head(void **state) {
    (void)state;
    fake_begin(by_block, 3);
    read_native_at(fake_block(99), 99);
    read_native_at(fake_block(100), 100);
    fake.head = 101;
    read_native_at(fake_block(101), 101);
    read_native_at(fake_block(99), 99);
    assert_int_equal(fake.asked, 3);
    read_native_at(fake_block(100), 100);
    read_native_at(fake_block(100), 100);
    assert_int_equal(fake.asked, 4);
    fake_end();
}

static uint64_t look_up_at_ms;
static bool found;

static void look_up(struct task *task, const struct source *source) {
    fake_set_now(look_up_at_ms);
    found = amount_look_up(task, source, reads, 1, &block) == 0;
    fake_now_is_real();
}

static bool is_kept_at(uint64_t now_ms) {
    look_up_at_ms = now_ms;
    fake_run(look_up);
    return found;
}

static void test_how_long_amounts_are_kept(void **state) {
    (void)state;
    enum { HOUR_MS = 60 * 60 * 1000 };
    static const uint64_t year_ms = UINT64_C(365) * 24 * HOUR_MS;
    struct block_ref blocks[4];
    fake_begin(by_block, 3);
    for (size_t i = 0; i < 4; i++) {
        blocks[i] = fake_block(i < 2 ? 99 : 100);
        blocks[i].hash.bytes[5] = (uint8_t)i;
        blocks[i].finalized = i % 2 == 1;
        uint64_t before_ms = reactor_now_ms(fake.reactor);
        fake.head = 100;
        block = blocks[i];
        block.head = false;
        n_reads = 1;
        reads[0] = read_of(AMOUNT_NATIVE_BALANCE, 0, 1, 0);
        fake_run(read_all);
        uint64_t after_ms = reactor_now_ms(fake.reactor);
        assert_true(is_kept_at(before_ms + HOUR_MS - 1));
        assert_int_equal(is_kept_at(after_ms + year_ms), blocks[i].finalized);
        if (!blocks[i].finalized) assert_false(is_kept_at(before_ms)); /* gone */
    }
    read_native_at(fake_block(100), 100);
    assert_true(is_kept_at(reactor_now_ms(fake.reactor) + year_ms)); /* the head: until the next one */
    fake_end();
}

static const struct fake_answer no_code[] = {{.match = "call 0x2222", .result = "0x"},
                                             {.match = "code 0x2222", .result = "0x"},
                                             {.match = "balance", .result = "0x1"},
                                             {.match = "call", .result = WORD("01")}};

/* A thousand holders of a token that is not there cost one question at each block. */
static void test_no_code_is_found_out_once_for_all(void **state) {
    (void)state;
    fake_begin(no_code, 4);
    for (uint8_t owner = 1; owner <= 100; owner++) {
        reads[0] = read_of(AMOUNT_TOKEN_BALANCE, 0x22, owner, 0);
        reads[1] = read_of(AMOUNT_ALLOWANCE, 0x22, owner, 3);
        reads[2] = read_of(AMOUNT_TOTAL_SUPPLY, 0x22, 0, 0);
        read_at(100, 3);
        for (size_t i = 0; i < 3; i++) {
            assert_int_equal(reads[i].err, ERR_NOT_A_TOKEN);
            assert_true(reads[i].no_code);
            assert_non_null(strstr(details[i], "no contract at 0x2222"));
            assert_non_null(strstr(details[i], "block 100"));
        }
        assert_int_equal(fake.asked, 6);
    }
    reads[0] = read_of(AMOUNT_TOKEN_BALANCE, 0x33, 1, 0); /* says nothing of other tokens ... */
    reads[1] = read_of(AMOUNT_NATIVE_BALANCE, 0, 1, 0);
    reads[1].token = fake_address(0x22); /* ... or of coins */
    read_at(100, 2);
    assert_amount(0, 1);
    assert_amount(1, 1);
    fake.head = 101; /* it may have been deployed */
    fake.answers = no_code + 3;
    fake.n_answers = 1;
    reads[0] = read_of(AMOUNT_TOKEN_BALANCE, 0x22, 1, 0);
    read_at(101, 1);
    assert_amount(0, 1);
    assert_false(reads[0].no_code);
    fake_end();
}

/* Why one read came back empty takes a second question: what is known by then must not wait for it. */
static size_t kept_by_then;

static void count_kept(void) {
    if (fake.departures == 2) kept_by_then = cache_stats(fake.cache).entries;
}

static void test_what_is_known_is_kept_before_anything_waits(void **state) {
    (void)state;
    fake_begin(no_code, 4);
    fake.on_the_way = count_kept;
    kept_by_then = 0;
    reads[0] = read_of(AMOUNT_TOKEN_BALANCE, 0x22, 1, 0);
    reads[1] = read_of(AMOUNT_NATIVE_BALANCE, 0, 1, 0);
    reads[2] = read_of(AMOUNT_TOKEN_BALANCE, 0x33, 1, 0);
    read_at(100, 3);
    assert_int_equal(fake.departures, 2);
    assert_int_equal(kept_by_then, 2);
    assert_int_equal(reads[0].err, ERR_NOT_A_TOKEN);
    assert_amount(1, 1);
    assert_amount(2, 1);
    fake_end();
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
        cmocka_unit_test(test_amounts_of_every_size_come_back),
        cmocka_unit_test(test_refusals_come_back_whole),
        cmocka_unit_test(test_the_next_head_takes_the_place_of_the_last),
        cmocka_unit_test(test_a_kept_balance_is_small),
        cmocka_unit_test(test_a_late_reader_pushes_nothing_out),
        cmocka_unit_test(test_a_reorg_leaves_nothing_to_answer_with),
        cmocka_unit_test(test_named_blocks_stay_beside_the_head),
        cmocka_unit_test(test_how_long_amounts_are_kept),
        cmocka_unit_test(test_no_code_is_found_out_once_for_all),
        cmocka_unit_test(test_what_is_known_is_kept_before_anything_waits),
        cmocka_unit_test(test_a_failed_read_becomes_the_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
