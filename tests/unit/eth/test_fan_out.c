/* Tests eth/multicall's fan-out: the code is the one that anvil ran, and what anvil answered is read; lies are refused.
 * Owns nothing.
 * Runs on one thread, from the root of the checkout. */
#include "multicall_rows.h"

#include "eth/u256.h"

enum { WORD = 32, WITNESS = 2 * WORD };

/* What is answered to a balance, a call that returned three bytes, and one that failed. */
static const uint8_t small[] = {
    [30] = 1, 2,   [WORD] = 0x77, [WITNESS] = MULTICALL_OK, 0, WORD, [WITNESS + 3 + WORD] = MULTICALL_OK, 0, 3,
    'a',      'b', 'c',           MULTICALL_FAILED,         0, 0,
};
enum { AT_CALL = WITNESS + 3 + WORD, AT_FAILED = AT_CALL + 6 };

static void make_small(uint8_t reply[sizeof small], struct multicall_row *row) {
    *row = (struct multicall_row){.what = "small", .n = 3};
    row->items[0].kind = MULTICALL_BALANCE;
    memcpy(reply, small, sizeof small);
}

static enum err decode_small(struct multicall_row *row, const uint8_t *reply, size_t len) {
    return row_decode_copy(row, fan_out_decode, reply, len);
}

static void test_vectors(void **state) {
    (void)state;
    rows_check("fan_out.tsv", 18, fan_out_encode, fan_out_decode);
}

static void test_small(void **state) {
    (void)state;
    uint8_t reply[sizeof small];
    struct multicall_row row;
    make_small(reply, &row);
    hash32 parent_hash;
    assert_int_equal(fan_out_decode(&parent_hash, row.items, row.n, reply, sizeof reply), ERR_OK);
    assert_memory_equal(parent_hash.bytes, reply + WORD, WORD);
    assert_ptr_equal(row.items[0].bytes, reply + WITNESS + 3);
    assert_int_equal(row.items[0].len, WORD);
    assert_memory_equal(row.items[1].bytes, "abc", 3);
    assert_int_equal(row.items[2].answer, MULTICALL_FAILED);
    assert_null(row.items[2].bytes);
}

static void test_cut_short_and_too_long(void **state) {
    (void)state;
    uint8_t reply[sizeof small + 1] = {0};
    struct multicall_row row;
    make_small(reply, &row);
    for (size_t len = 0; len <= sizeof reply; len++) {
        enum err expected = len == sizeof small ? ERR_OK : ERR_UPSTREAM_ERROR;
        assert_int_equal(decode_small(&row, reply, len), expected);
    }
    row.n = 2;
    assert_int_equal(decode_small(&row, reply, sizeof small), ERR_UPSTREAM_ERROR);
    row.n = 4;
    assert_int_equal(decode_small(&row, reply, sizeof small), ERR_UPSTREAM_ERROR);
}

/* One byte changed into what the program never writes. */
static void test_lies(void **state) {
    (void)state;
    static const struct {
        size_t at;
        uint8_t byte;
    } lies[] = {
        {0, 0xef},           /* no block number */
        {23, 1},             /* the same, just past 64 bits */
        {WITNESS, 3},        /* no answer */
        {AT_CALL, 3},        /* the same */
        {AT_CALL, 0xff},     /* the same */
        {AT_FAILED, 3},      /* the same */
        {AT_CALL, 0},        /* failed with data */
        {AT_CALL, 2},        /* omitted with data */
        {WITNESS, 0},        /* a balance cannot fail */
        {WITNESS + 2, 31},   /* a balance is a word */
        {WITNESS + 2, 33},   /* the same */
        {AT_CALL + 1, 0xff}, /* past the end */
        {AT_CALL + 2, 2},    /* what follows is no answer */
        {AT_CALL + 2, 4},    /* the last answer is cut */
        {AT_FAILED + 2, 1},  /* past the end */
    };
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        uint8_t reply[sizeof small];
        struct multicall_row row;
        make_small(reply, &row);
        reply[lies[i].at] = lies[i].byte;
        if (decode_small(&row, reply, sizeof reply) != ERR_UPSTREAM_ERROR) fail_msg("lie %zu was believed", i);
    }
}

/* A balance is a word or too much for the room; unlike a call it cannot fail. */
static void test_answers_to_a_balance(void **state) {
    (void)state;
    struct multicall_row row = {.n = 1};
    row.items[0].kind = MULTICALL_BALANCE;
    for (uint8_t answer = MULTICALL_FAILED; answer <= MULTICALL_OMITTED; answer++) {
        for (uint8_t len = 0; len <= 2 * WORD; len++) {
            uint8_t reply[WITNESS + 3 + 2 * WORD] = {[WITNESS] = answer, 0, len};
            bool good = answer == MULTICALL_OK ? len == WORD : answer == MULTICALL_OMITTED && len == 0;
            enum err err = decode_small(&row, reply, (size_t)WITNESS + 3 + len);
            assert_int_equal(err, good ? ERR_OK : ERR_UPSTREAM_ERROR);
        }
    }
}

static void test_longer_than_the_program_returns(void **state) {
    (void)state;
    uint8_t reply[FAN_OUT_MAX_RETURN_BYTES + 1] = {0};
    struct multicall_row row = {.n = 1};
    for (size_t len = sizeof reply - 1; len <= sizeof reply; len++) {
        size_t n = len - WITNESS - 3;
        reply[WITNESS] = MULTICALL_OK;
        reply[WITNESS + 1] = (uint8_t)(n >> 8);
        reply[WITNESS + 2] = (uint8_t)n;
        assert_int_equal(decode_small(&row, reply, len), len < sizeof reply ? ERR_OK : ERR_UPSTREAM_ERROR);
    }
}

static size_t encoded_bytes(const struct multicall_item *items, size_t n) {
    struct buf out;
    buf_init(&out, FAN_OUT_MAX_CODE_BYTES);
    fan_out_encode(&out, items, n);
    assert_false(out.failed);
    size_t len = out.len;
    buf_free(&out);
    return len;
}

static void test_fits(void **state) {
    (void)state;
    static const uint8_t calldata[MULTICALL_MAX_ITEM_DATA];
    struct multicall_item items[MULTICALL_MAX_ITEMS + 1] = {0};
    for (size_t n = 0; n <= MULTICALL_MAX_ITEMS; n++) assert_int_equal(fan_out_fits(items, n), n);
    assert_int_equal(fan_out_fits(items, MULTICALL_MAX_ITEMS + 1), MULTICALL_MAX_ITEMS);

    for (size_t i = 0; i <= MULTICALL_MAX_ITEMS; i++) {
        items[i].data = calldata;
        items[i].data_len = sizeof calldata;
    }
    size_t fits = fan_out_fits(items, MULTICALL_MAX_ITEMS);
    assert_in_range(fits, 40, 47);
    size_t left = FAN_OUT_MAX_CODE_BYTES - encoded_bytes(items, fits);
    size_t head = encoded_bytes(items, 2) - encoded_bytes(items, 1) - sizeof calldata;
    assert_true(left >= head && left < head + sizeof calldata);
    items[fits].data_len = left - head;
    assert_int_equal(fan_out_fits(items, fits + 1), fits + 1);
    assert_int_equal(encoded_bytes(items, fits + 1), FAN_OUT_MAX_CODE_BYTES);
    items[fits].data_len++;
    assert_int_equal(fan_out_fits(items, fits + 1), fits);
}

/* A balance has no calldata, whatever stands in its fields. */
static void test_balance_without_calldata(void **state) {
    (void)state;
    struct multicall_item items[] = {{.kind = MULTICALL_BALANCE}, {.kind = MULTICALL_BALANCE, .data_len = 1000}};
    assert_int_equal(encoded_bytes(items, 1), encoded_bytes(items + 1, 1));
    assert_int_equal(fan_out_fits(items, 2), 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_small),
        cmocka_unit_test(test_cut_short_and_too_long),
        cmocka_unit_test(test_lies),
        cmocka_unit_test(test_answers_to_a_balance),
        cmocka_unit_test(test_longer_than_the_program_returns),
        cmocka_unit_test(test_fits),
        cmocka_unit_test(test_balance_without_calldata),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
