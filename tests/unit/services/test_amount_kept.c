/* What is kept of amounts: for which block, for how long, in whose place.
 * Each test makes and ends its fake chain.
 * Runs on one thread. */
#include "services/amount_reads.h"

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

int main(void) {
    const struct CMUnitTest tests[] = {
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
