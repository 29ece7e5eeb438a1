/* Tests eth/abi_word by the encoders that dev/abi2c makes of tests/vectors/words.abi, against viem, and the names that
 * it gives them: the test does not compile when one of them is another. */
#include "../death.h"
#include "../vectors.h"

#include "tests/vectors/words.h"

enum { CALL_MAX = 4 + 8 * 32 };

static const uint8_t *counted(uint8_t *out, size_t n, uint8_t first) {
    for (size_t i = 0; i < n; i++) out[i] = (uint8_t)(first + i);
    return out;
}

static address account(uint8_t first) {
    address a;
    counted(a.bytes, sizeof a.bytes, first);
    return a;
}

static size_t uints_low(uint8_t *out) {
    const u256 zero = {{0}};
    words_uints_encode(out, 0, 0, 0, &zero, &zero, &zero);
    return WORDS_UINTS_BYTES;
}

static size_t uints_high(uint8_t *out) {
    const u256 d = {{UINT64_MAX, 0xff}}, e = {{UINT64_MAX, UINT64_MAX}};
    const u256 f = {{UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX}};
    words_uints_encode(out, UINT8_MAX, 0xffffff, UINT64_MAX, &d, &e, &f);
    return WORDS_UINTS_BYTES;
}

static size_t uints_middle(uint8_t *out) {
    const u256 d = {{0x3456789abcdef012, 0x12}}, e = {{0, 1}}, f = {{0, 0, 0, 1ull << 63}};
    words_uints_encode(out, 0x12, 0x123456, 0x123456789abcdef0, &d, &e, &f);
    return WORDS_UINTS_BYTES;
}

static size_t ints_low(uint8_t *out) {
    const u256 d = {{0, UINT64_MAX << 7, UINT64_MAX, UINT64_MAX}}, e = {{0, 1ull << 63, UINT64_MAX, UINT64_MAX}};
    const u256 f = {{0, 0, 0, 1ull << 63}};
    words_ints_encode(out, INT8_MIN, -0x800000, INT64_MIN, &d, &e, &f);
    return WORDS_INTS_BYTES;
}

static size_t ints_high(uint8_t *out) {
    const u256 d = {{UINT64_MAX, 0x7f}}, e = {{UINT64_MAX, INT64_MAX}};
    const u256 f = {{UINT64_MAX, UINT64_MAX, UINT64_MAX, INT64_MAX}};
    words_ints_encode(out, INT8_MAX, 0x7fffff, INT64_MAX, &d, &e, &f);
    return WORDS_INTS_BYTES;
}

static size_t ints_minus_one(uint8_t *out) {
    const u256 all = {{UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX}};
    words_ints_encode(out, -1, -1, -1, &all, &all, &all);
    return WORDS_INTS_BYTES;
}

static size_t fixed_bytes(uint8_t *out) {
    uint8_t a[1], b[4], c[32], d[24];
    words_fixed_bytes_encode(out, counted(a, 1, 0xab), counted(b, 4, 1), counted(c, 32, 0x80), counted(d, 24, 0x50));
    return WORDS_FIXED_BYTES_BYTES;
}

static size_t others(uint8_t *out) {
    const address owner = account(0x10), to = account(0xe0);
    words_others_encode(out, &owner, true, 7, 255, false, true, &to);
    return WORDS_OTHERS_BYTES;
}

static size_t overloaded(uint8_t *out) {
    words_overloaded_encode(out);
    return WORDS_OVERLOADED_BYTES;
}

static size_t overloaded_2(uint8_t *out) {
    words_overloaded_2_encode(out, true);
    return WORDS_OVERLOADED_2_BYTES;
}

static size_t server(uint8_t *out) {
    words_http_server_of_x2_y_encode(out, (const uint8_t[4]){0xde, 0xad, 0xbe, 0xef});
    return WORDS_HTTP_SERVER_OF_X2_Y_BYTES;
}

static const struct {
    const char *what;
    size_t (*encode)(uint8_t *out);
} calls[] = {
    {"uints low", uints_low},       {"uints high", uints_high}, {"uints middle", uints_middle},
    {"ints low", ints_low},         {"ints high", ints_high},   {"ints minus one", ints_minus_one},
    {"fixed bytes", fixed_bytes},   {"others", others},         {"overloaded", overloaded},
    {"overloaded 2", overloaded_2}, {"server", server},
};

static void test_calls_are_viems(void **state) {
    (void)state;
    struct vectors v;
    vectors_open(&v, "abi_words.tsv");
    while (vectors_next(&v, 2)) {
        uint8_t out[CALL_MAX];
        size_t n, which = 0;
        uint8_t *expected = vectors_bytes(&n, v.fields[1]);
        while (strcmp(calls[which].what, v.fields[0]) != 0) which++;
        memset(out, 0xaa, sizeof out);
        assert_int_equal(calls[which].encode(out), n);
        assert_memory_equal(out, expected, n);
        for (size_t i = n; i < sizeof out; i++) assert_int_equal(out[i], 0xaa);
        free(expected);
    }
    vectors_close(&v, sizeof calls / sizeof calls[0]);
}

static void test_names(void **state) {
    (void)state;
    assert_string_equal(WORDS_OVERLOADED_3_SIGNATURE, "overloaded(string)");
    assert_string_equal(WORDS_OVERLOADED_4_SIGNATURE, "overloaded(bool[2])");
    assert_string_equal(WORDS_MOVED_EVENT_SIGNATURE, "Moved(address,uint256)");
    assert_string_equal(WORDS_MOVED_EVENT_2_SIGNATURE, "Moved(address,bytes32)");
    assert_string_equal(WORDS_MOVED_ERROR_SIGNATURE, "Moved(uint8)");
    assert_string_equal(WORDS_HIDDEN_EVENT_SIGNATURE, "Hidden(bool)");
    assert_memory_not_equal(words_moved_event_topic.bytes, words_moved_event_2_topic.bytes, 32);
}

/* A constant expression, which only compiles where it is one. */
static const uint8_t constant[] = {WORDS_MOVED_ERROR_SELECTOR, WORDS_MOVED_EVENT_TOPIC};

static void test_constants(void **state) {
    (void)state;
    assert_int_equal(sizeof constant, 36);
    assert_memory_equal(constant, words_moved_error_selector, 4);
    assert_memory_equal(constant + 4, words_moved_event_topic.bytes, 32);
}

static void past_uint24(void) {
    uint8_t word[32];
    abi_word_u64(word, 1 << 24, 24);
}

static void past_uint72(void) {
    uint8_t word[32];
    const u256 value = {{0, 0x100}};
    abi_word_u256(word, &value, 72);
}

static void below_int24(void) {
    uint8_t word[32];
    abi_word_i64(word, -0x800001, 24);
}

static void past_int8(void) {
    uint8_t word[32];
    abi_word_i64(word, 128, 8);
}

/* Positive by its first byte, and not what 72 bits say. */
static void past_int72(void) {
    uint8_t word[32];
    const u256 value = {{0, 0x80}};
    abi_word_i256(word, &value, 72);
}

static void test_no_room(void **state) {
    (void)state;
    void (*const bugs[])(void) = {past_uint24, past_uint72, below_int24, past_int8, past_int72};
    for (size_t i = 0; i < sizeof bugs / sizeof bugs[0]; i++) assert_aborts(bugs[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_calls_are_viems),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_constants),
        cmocka_unit_test(test_no_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
