/* Tests eth/multicall's Multicall3: what viem writes and reads is written and read alike, lies are refused.
 * Owns nothing.
 * Runs on one thread, from the root of the checkout. */
#include "multicall_rows.h"

#include "eth/keccak.h"
#include "eth/u256.h"

enum { WORD = 32, RUNTIME_AT = 32 };

/* Where the words of "balances and a call" stand: offset, number of results, three offsets, then the results, each of
 * success, offset, length and one word of data. */
enum { AT_COUNT = 1 * WORD, AT_OFFSETS = 2 * WORD, AT_WITNESS = 5 * WORD, AT_BALANCE = 9 * WORD, AT_CALL = 13 * WORD };
enum { SMALL_BYTES = 17 * WORD };

static void put_word(uint8_t *word, uint64_t value) {
    u256 number = u256_from_u64(value);
    u256_to_be(word, &number);
}

/* The answer to a balance and a call, as an ABI encoder lays it out. */
static void make_small(uint8_t reply[SMALL_BYTES], struct multicall_row *row) {
    *row = (struct multicall_row){.what = "small", .n = 2};
    row->items[0].kind = MULTICALL_BALANCE;
    row->items[1].kind = MULTICALL_CALL;
    memset(reply, 0, SMALL_BYTES);
    put_word(reply, WORD);
    put_word(reply + AT_COUNT, 3);
    for (size_t i = 0; i < 3; i++) {
        size_t at = AT_WITNESS + i * 4 * WORD;
        put_word(reply + AT_OFFSETS + i * WORD, at - AT_OFFSETS);
        put_word(reply + at, 1);
        put_word(reply + at + WORD, 2 * WORD);
        put_word(reply + at + 2 * WORD, WORD);
        memset(reply + at + 3 * WORD, (int)(0x11 * (i + 1)), WORD);
    }
}

static enum err decode_small(struct multicall_row *row, const uint8_t *reply, size_t len) {
    return row_decode_copy(row, multicall3_decode, reply, len);
}

static void test_vectors(void **state) {
    (void)state;
    rows_check("multicall3.tsv", 60, multicall3_encode, multicall3_decode);
}

/* The runtime code stands in the transaction that deploys it, behind a constructor of 32 bytes. */
static void test_code_hash(void **state) {
    (void)state;
    static const uint8_t begins[] = {0x60, 0x80, 0x60, 0x40, 0x52, 0x60, 0x04, 0x36};
    static const size_t runtime_bytes = 0xee0;
    FILE *file = fopen("dev/chain/multicall3.tx", "r");
    assert_non_null(file);
    char text[16384];
    size_t n = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[strcspn(text, "\n")] = '\0';
    assert_true(n > 2 * runtime_bytes);

    size_t len;
    uint8_t *tx = vectors_bytes(&len, text);
    const uint8_t *runtime = memmem(tx + RUNTIME_AT, len - RUNTIME_AT, begins, sizeof begins);
    assert_true(runtime != NULL && (size_t)(tx + len - runtime) >= runtime_bytes);
    uint8_t hash[32];
    keccak256(hash, runtime, runtime_bytes);
    assert_memory_equal(hash, multicall3_code_hash.bytes, sizeof hash);
    free(tx);
}

static void test_past_the_buffers_maximum(void **state) {
    (void)state;
    struct multicall_row *row = row_named("multicall3.tsv", "one token");
    struct buf out;
    buf_init(&out, row->code_len - 1);
    multicall3_encode(&out, row->items, row->n);
    assert_true(out.failed);
    buf_free(&out);
    row_free(row);
}

static void test_small(void **state) {
    (void)state;
    uint8_t reply[SMALL_BYTES];
    struct multicall_row row;
    make_small(reply, &row);
    hash32 parent_hash;
    assert_int_equal(multicall3_decode(&parent_hash, row.items, row.n, reply, sizeof reply), ERR_OK);
    assert_memory_equal(parent_hash.bytes, reply + AT_WITNESS + 3 * WORD, WORD);
    assert_ptr_equal(row.items[0].bytes, reply + AT_BALANCE + 3 * WORD);
    assert_ptr_equal(row.items[1].bytes, reply + AT_CALL + 3 * WORD);
    assert_int_equal(row.items[1].len, WORD);
}

static void test_cut_short(void **state) {
    (void)state;
    uint8_t reply[SMALL_BYTES];
    struct multicall_row row;
    make_small(reply, &row);
    for (size_t len = 0; len < sizeof reply; len++) {
        assert_int_equal(decode_small(&row, reply, len), ERR_UPSTREAM_ERROR);
    }
    assert_int_equal(decode_small(&row, reply, sizeof reply), ERR_OK);
}

static void test_of_another_number_of_items(void **state) {
    (void)state;
    uint8_t reply[SMALL_BYTES];
    struct multicall_row row;
    make_small(reply, &row);
    row.n = 1;
    assert_int_equal(decode_small(&row, reply, sizeof reply), ERR_UPSTREAM_ERROR);
    row.n = 3;
    assert_int_equal(decode_small(&row, reply, sizeof reply), ERR_UPSTREAM_ERROR);
    row.n = 2;
    put_word(reply + AT_COUNT, 4);
    assert_int_equal(decode_small(&row, reply, sizeof reply), ERR_UPSTREAM_ERROR);
}

/* Offsets and lengths that lead out of the data, by themselves or because a sum wraps. */
static void test_lying_words(void **state) {
    (void)state;
    static const u256 lies[] = {
        {{SMALL_BYTES + 1, 0, 0, 0}},
        {{UINT32_MAX, 0, 0, 0}},
        {{UINT64_MAX - 31, 0, 0, 0}},
        {{UINT64_MAX, 0, 0, 0}},
        {{WORD, 1, 0, 0}},
        {{WORD, 0, 0, UINT64_C(1) << 63}},
        {{1, 0, 1, 0}},
        {{UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX}},
    };
    static const size_t words[] = {0,          AT_COUNT,          AT_OFFSETS,        AT_OFFSETS + 2 * WORD,
                                   AT_WITNESS, AT_BALANCE + WORD, AT_CALL + WORD,    AT_CALL,
                                   AT_BALANCE, AT_WITNESS + WORD, AT_CALL + 2 * WORD};
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        for (size_t k = 0; k < sizeof words / sizeof words[0]; k++) {
            uint8_t reply[SMALL_BYTES];
            struct multicall_row row;
            make_small(reply, &row);
            u256_to_be(reply + words[k], &lies[i]);
            assert_int_equal(decode_small(&row, reply, sizeof reply), ERR_UPSTREAM_ERROR);
        }
    }
}

/* One long answer that every item points to would be copied for each of them. */
static void test_answers_that_share_bytes(void **state) {
    (void)state;
    enum { N = 4, LONG = 10 * WORD, AT_RESULT = (3 + N) * WORD };
    uint8_t reply[AT_RESULT + 3 * WORD + LONG + 4 * WORD] = {0};
    struct multicall_row row = {.what = "shared", .n = N};
    put_word(reply, WORD);
    put_word(reply + AT_COUNT, 1 + N);
    put_word(reply + AT_OFFSETS, sizeof reply - 4 * WORD - AT_OFFSETS);
    for (size_t i = 1; i <= N; i++) put_word(reply + AT_OFFSETS + i * WORD, AT_RESULT - AT_OFFSETS);
    static const size_t lengths[] = {LONG, WORD};
    static const size_t places[] = {AT_RESULT, sizeof reply - 4 * WORD};
    for (size_t i = 0; i < 2; i++) {
        put_word(reply + places[i], 1);
        put_word(reply + places[i] + WORD, 2 * WORD);
        put_word(reply + places[i] + 2 * WORD, lengths[i]);
    }
    assert_int_equal(decode_small(&row, reply, sizeof reply), ERR_UPSTREAM_ERROR);
    put_word(reply + AT_RESULT + 2 * WORD, WORD); /* as long as they are not longer together than the data */
    assert_int_equal(decode_small(&row, reply, sizeof reply), ERR_OK);
}

static void test_length_past_the_end(void **state) {
    (void)state;
    uint8_t reply[SMALL_BYTES];
    struct multicall_row row;
    make_small(reply, &row);
    put_word(reply + AT_CALL + 2 * WORD, WORD + 1);
    assert_int_equal(decode_small(&row, reply, sizeof reply), ERR_UPSTREAM_ERROR);
    put_word(reply + AT_CALL + 2 * WORD, WORD - 1);
    assert_int_equal(decode_small(&row, reply, sizeof reply), ERR_OK);
    put_word(reply + AT_CALL + WORD, 4 * WORD); /* behind the end */
    assert_int_equal(decode_small(&row, reply, sizeof reply), ERR_UPSTREAM_ERROR);
}

static void test_witness_must_be_a_hash(void **state) {
    (void)state;
    uint8_t reply[SMALL_BYTES];
    struct multicall_row row;
    for (uint64_t len = 0; len <= 2 * WORD; len++) {
        make_small(reply, &row);
        put_word(reply + AT_WITNESS + 2 * WORD, len);
        assert_int_equal(decode_small(&row, reply, sizeof reply), len == WORD ? ERR_OK : ERR_UPSTREAM_ERROR);
    }
    make_small(reply, &row);
    put_word(reply + AT_WITNESS, 0);
    assert_int_equal(decode_small(&row, reply, sizeof reply), ERR_UPSTREAM_ERROR);
}

static void test_balance_must_be_a_word(void **state) {
    (void)state;
    uint8_t reply[SMALL_BYTES];
    struct multicall_row row;
    for (uint64_t len = 0; len <= 2 * WORD; len++) {
        make_small(reply, &row);
        put_word(reply + AT_BALANCE + 2 * WORD, len);
        assert_int_equal(decode_small(&row, reply, sizeof reply), len == WORD ? ERR_OK : ERR_UPSTREAM_ERROR);
    }
    make_small(reply, &row);
    put_word(reply + AT_BALANCE, 0); /* no gas was left for it */
    put_word(reply + AT_BALANCE + 2 * WORD, 0);
    assert_int_equal(decode_small(&row, reply, sizeof reply), ERR_OK);
    assert_int_equal(row.items[0].answer, MULTICALL_FAILED);
    assert_true(row.items[0].bytes == NULL && row.items[0].len == 0);
}

static void test_success_is_a_bool(void **state) {
    (void)state;
    uint8_t reply[SMALL_BYTES];
    struct multicall_row row;
    for (uint64_t flag = 0; flag < 300; flag++) {
        make_small(reply, &row);
        put_word(reply + AT_CALL, flag);
        assert_int_equal(decode_small(&row, reply, sizeof reply), flag <= 1 ? ERR_OK : ERR_UPSTREAM_ERROR);
    }
}

/* Nothing in the specification says in which order the results lie, nor that nothing lies between them. */
static void test_another_order(void **state) {
    (void)state;
    uint8_t reply[SMALL_BYTES + 7];
    struct multicall_row row;
    make_small(reply, &row);
    memmove(reply + AT_CALL + 7, reply + AT_CALL, 4 * WORD);
    put_word(reply + AT_OFFSETS + WORD, AT_CALL + 7 - AT_OFFSETS);
    put_word(reply + AT_OFFSETS + 2 * WORD, AT_BALANCE - AT_OFFSETS);
    hash32 parent_hash;
    assert_int_equal(multicall3_decode(&parent_hash, row.items, row.n, reply, sizeof reply), ERR_OK);
    assert_ptr_equal(row.items[0].bytes, reply + AT_CALL + 7 + 3 * WORD);
    assert_ptr_equal(row.items[1].bytes, reply + AT_BALANCE + 3 * WORD);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_code_hash),
        cmocka_unit_test(test_past_the_buffers_maximum),
        cmocka_unit_test(test_small),
        cmocka_unit_test(test_cut_short),
        cmocka_unit_test(test_of_another_number_of_items),
        cmocka_unit_test(test_lying_words),
        cmocka_unit_test(test_answers_that_share_bytes),
        cmocka_unit_test(test_length_past_the_end),
        cmocka_unit_test(test_witness_must_be_a_hash),
        cmocka_unit_test(test_balance_must_be_a_word),
        cmocka_unit_test(test_success_is_a_bool),
        cmocka_unit_test(test_another_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
