/* Token metadata: odd tokens as they are found, and how long what they said is believed.
 * Each test makes and ends its fake chain.
 * Runs on one thread. */
#include "services/fake_chain.h"

#include "services/snapshot.h"

/* ABI: offset, length, text; and a word. */
#define STRING(length, text) \
    "0x0000000000000000000000000000000000000000000000000000000000000020" \
    "00000000000000000000000000000000000000000000000000000000000000" length text
#define WORD(last) "0x00000000000000000000000000000000000000000000000000000000000000" last
#define USDC STRING("04", "5553444300000000000000000000000000000000000000000000000000000000")
#define MKR "0x4d4b520000000000000000000000000000000000000000000000000000000000"
/* Selectors: name 06fdde03, symbol 95d89b41, decimals 313ce567. */
#define NAME "0x06fdde03"
#define SYMBOL "0x95d89b41"
#define DECIMALS "0x313ce567"

static struct metadata_read reads[4];
static size_t n_reads;
static struct block_ref block;

static void read_all(struct task *task, const struct source *source) {
    struct snapshot snapshot = {NULL, 0, reads, n_reads};
    snapshot_read(task, source, &snapshot, &block);
}

static void read_block(struct block_ref at, size_t n) {
    memset(reads, 0x5a, sizeof reads); /* outs are outs */
    for (size_t i = 0; i < n; i++) reads[i].token = fake_address((uint8_t)(i + 1));
    block = at;
    n_reads = n;
    fake_run(read_all);
}

/* Reads the tokens 1 to n. */
static void read_at(uint64_t number, bool is_head, size_t n) {
    if (is_head) fake.head = number;
    struct block_ref at = fake_block(number);
    at.head = is_head;
    read_block(at, n);
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
    assert_int_equal(fake.departures, 1);
    assert_int_equal(fake.asked, 3);
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
        {"0x", "0x", NULL, -1},
        {USDC, WORD("4d"), "USDC", 77},
        {USDC, WORD("4e"), "USDC", -1}, /* more than can be shown */
        {USDC, WORD("ff"), "USDC", -1},
        {USDC, "0xff00000000000000000000000000000000000000000000000000000000000006", "USDC", -1},
        {USDC, "0x0000000000000000000000000000000000000000000000010000000000000006", "USDC", -1},
        {USDC, "0x06", "USDC", -1},
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

/* However it refuses. */
static void test_a_getter_that_hogs_gas_is_missing(void **state) {
    (void)state;
    static const struct fake_answer answers[] = {
        {.match = SYMBOL, .outcome = RPC_OUT_OF_GAS, .err = ERR_EXECUTION_REVERTED, .detail = "ran out of gas"},
        {.match = NAME, .result = USDC},
        {.match = DECIMALS, .result = WORD("06")}};
    fake_begin(answers, 3);
    read_at(100, true, 1);
    assert_int_equal(reads[0].err, ERR_OK);
    assert_false(reads[0].metadata.has_symbol);
    assert_int_equal(reads[0].metadata.decimals, 6);
    fake_end();
}

static void test_each_token_fails_for_itself(void **state) {
    (void)state;
    static const struct fake_answer answers[] = {
        {.match = "call 0x0202", .outcome = RPC_TIMED_OUT, .err = ERR_TIMEOUT, .detail = "late"},
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
    assert_int_equal(fake.departures, 1);
    fake_end();
}

static void test_what_is_complete_is_kept_for_a_while_at_the_head(void **state) {
    (void)state;
    fake_begin(complete, 3);
    read_at(100, true, 1);
    read_at(101, true, 1); /* the next block: still believed */
    assert_int_equal(fake.asked, 3);
    assert_string_equal(reads[0].metadata.symbol, "USDC");
    read_at(101, false, 1); /* that block by its name: asked what it said there */
    assert_int_equal(fake.asked, 6);
    read_at(101, false, 1);
    assert_int_equal(fake.asked, 6);
    fake.chain.id++;
    read_at(101, true, 1);
    assert_int_equal(fake.asked, 9);
    fake_end();
}

static uint64_t look_up_at_ms;
static bool found;

static void look_up(struct task *task, const struct source *source) {
    fake_set_now(look_up_at_ms);
    found = metadata_look_up(task, source, reads, 1, &block) == 0;
    fake_now_is_real();
}

static bool is_kept_at(uint64_t now_ms) {
    look_up_at_ms = now_ms;
    fake_run(look_up);
    return found;
}

/* Tokens are upgradeable. */
static void test_what_is_complete_is_asked_again_after_ten_minutes(void **state) {
    (void)state;
    enum { MINUTE_MS = 60 * 1000 };
    fake_begin(complete, 3);
    uint64_t before_ms = reactor_now_ms(fake.reactor);
    read_at(100, true, 1);
    uint64_t after_ms = reactor_now_ms(fake.reactor);
    assert_true(is_kept_at(before_ms + 10 * MINUTE_MS - 1));
    assert_false(is_kept_at(after_ms + 10 * MINUTE_MS));
    assert_false(is_kept_at(before_ms)); /* gone */
    read_at(100, true, 1);
    assert_int_equal(fake.asked, 6);
    fake_end();
}

/* At the blocks that are named, for as long as amounts are. */
static void test_what_was_said_at_a_named_block(void **state) {
    (void)state;
    enum { HOUR_MS = 60 * 60 * 1000 };
    for (int final = 0; final < 2; final++) {
        fake_begin(complete, 3);
        struct block_ref named = fake_block(7);
        named.finalized = final != 0;
        read_block(named, 1);
        uint64_t after_ms = reactor_now_ms(fake.reactor);
        assert_true(is_kept_at(after_ms + HOUR_MS / 2));
        assert_int_equal(is_kept_at(after_ms + 1000 * (uint64_t)HOUR_MS), final);
        fake_end();
    }
}

/* Every text and number comes back from the cache as it went in, missing ones as missing. */
static void test_the_cache_keeps_all_of_it(void **state) {
    (void)state;
    static const struct fake_answer answers[] = {
        {.match = "call 0x0101010101010101010101010101010101010101 " NAME, .result = USDC},
        {.match = "call 0x0202020202020202020202020202020202020202 " SYMBOL, .result = MKR},
        {.match = "call 0x0303030303030303030303030303030303030303 " DECIMALS, .result = WORD("4d")},
        {.match = "call 0x0404040404040404040404040404040404040404 " DECIMALS, .result = WORD("00")},
        {.match = "call 0x0404040404040404040404040404040404040404", .result = STRING("00", "")}};
    struct erc20_metadata first[4];
    fake_begin(answers, 5);
    read_at(100, true, 4);
    for (size_t i = 0; i < 4; i++) first[i] = reads[i].metadata;
    read_at(100, true, 4);
    assert_int_equal(fake.asked, 12);
    for (size_t i = 0; i < 4; i++) {
        const struct erc20_metadata *m = &reads[i].metadata;
        assert_int_equal(m->has_name, i == 0 || i == 3);
        assert_int_equal(m->has_symbol, i == 1 || i == 3);
        assert_string_equal(m->name, first[i].name);
        assert_string_equal(m->symbol, first[i].symbol);
        assert_int_equal(m->decimals, first[i].decimals);
    }
    assert_string_equal(first[0].name, "USDC");
    assert_string_equal(first[1].symbol, "MKR");
    assert_int_equal(first[2].decimals, 77);
    assert_int_equal(first[3].decimals, 0);
    fake_end();
}

static void test_the_longest_texts_are_kept(void **state) {
    (void)state;
    enum { LONGEST = 255 };
    char text[2 + 2 * (64 + 256) + 1] = STRING("ff", "");
    for (size_t i = 0; i < 256; i++) memcpy(text + 2 + 2 * (64 + i), i < LONGEST ? "61" : "00", 3);
    const struct fake_answer answers[] = {{.match = DECIMALS, .result = WORD("06")}, {.match = "call", .result = text}};
    fake_begin(answers, 2);
    for (size_t i = 0; i < 2; i++) {
        read_at(100, true, 1);
        assert_int_equal(strlen(reads[0].metadata.name), LONGEST);
        assert_int_equal(strspn(reads[0].metadata.symbol, "a"), LONGEST);
    }
    assert_int_equal(fake.asked, 3);
    fake_end();
}

static void move_on(void) {
    fake.head = 101;
}

/* Of a reader that is late, nothing takes the place of what the next head said. */
static void test_a_late_reader_pushes_nothing_out(void **state) {
    (void)state;
    static const struct fake_answer incomplete[] = {{.match = NAME " @100", .result = USDC},
                                                    {.match = SYMBOL, .result = MKR}};
    fake_begin(incomplete, 2);
    struct block_ref old = fake_block(100);
    fake.on_the_way = move_on;
    read_block(old, 1);
    assert_true(reads[0].metadata.has_name);
    assert_int_equal(cache_stats(fake.cache).entries, 0);
    read_at(101, true, 1);
    assert_false(reads[0].metadata.has_name);
    read_block(old, 1);
    assert_true(reads[0].metadata.has_name);
    read_at(101, true, 1);
    assert_false(reads[0].metadata.has_name);
    assert_int_equal(fake.asked, 9);
    fake_end();
}

/* What is missing may be there in the next block. */
static void test_what_is_incomplete_is_kept_for_its_block_alone(void **state) {
    (void)state;
    static const struct fake_answer answers[] = {{.match = NAME, .result = USDC}};
    fake_begin(answers, 1);
    read_at(100, true, 1);
    read_at(100, true, 1);
    assert_int_equal(fake.asked, 3);
    fake.answers = complete;
    fake.n_answers = 3;
    read_at(101, true, 1);
    assert_int_equal(fake.asked, 6);
    assert_int_equal(reads[0].metadata.decimals, 6);
    assert_int_equal(cache_stats(fake.cache).entries, 1); /* the next head's has taken its place */
    fake.fork = 1;
    read_at(101, true, 1); /* complete: believed whatever the block */
    assert_int_equal(fake.asked, 6);
    fake_end();
}

static void test_only_what_is_missing_is_asked_for(void **state) {
    (void)state;
    fake_begin(complete, 3);
    read_at(100, true, 2);
    assert_int_equal(fake.asked, 6);
    read_at(100, true, 4);
    assert_int_equal(fake.asked, 12);
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
        block = fake_block(100);
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
        cmocka_unit_test(test_a_getter_that_hogs_gas_is_missing),
        cmocka_unit_test(test_each_token_fails_for_itself),
        cmocka_unit_test(test_what_is_complete_is_kept_for_a_while_at_the_head),
        cmocka_unit_test(test_what_is_complete_is_asked_again_after_ten_minutes),
        cmocka_unit_test(test_what_was_said_at_a_named_block),
        cmocka_unit_test(test_the_cache_keeps_all_of_it),
        cmocka_unit_test(test_the_longest_texts_are_kept),
        cmocka_unit_test(test_a_late_reader_pushes_nothing_out),
        cmocka_unit_test(test_what_is_incomplete_is_kept_for_its_block_alone),
        cmocka_unit_test(test_only_what_is_missing_is_asked_for),
        cmocka_unit_test(test_memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
