/* Tests eth/abi: what viem encodes is read right, and what no honest contract sends is refused or harmless. */
#include "../vectors.h"

#include "eth/abi.h"

enum { CAP = 256 };

/* A copy of exactly len bytes, so that ASan sees each overrun. The caller frees it. */
static uint8_t *exact_copy(const uint8_t *data, size_t len) {
    uint8_t *copy = malloc(len > 0 ? len : 1);
    memcpy(copy, data, len);
    return copy;
}

static void put_word(uint8_t word[32], uint64_t value) {
    memset(word, 0, 24);
    for (size_t i = 0; i < 8; i++) word[24 + i] = (uint8_t)(value >> (56 - 8 * i));
}

static void test_u256(void **state) {
    (void)state;
    uint8_t data[40];
    put_word(data, 1234567);
    memset(data + 32, 0xff, 8);
    u256 v;
    for (size_t len = 0; len <= sizeof(data); len++) {
        enum err expected = len < 32 ? ERR_NOT_A_TOKEN : ERR_OK;
        v = u256_from_u64(0);
        assert_int_equal(abi_decode_u256(&v, data, len), expected);
        assert_true(v.limb[0] == (len < 32 ? 0 : 1234567) && u256_fits_u64(&v));
    }
    assert_int_equal(abi_decode_u256(&v, NULL, 0), ERR_NOT_A_TOKEN);
}

static void test_string_vectors(void **state) {
    (void)state;
    struct vectors v;
    vectors_open(&v, "abi_strings.tsv");
    while (vectors_next(&v, 3)) {
        size_t len, expected_len;
        uint8_t *data = vectors_bytes(&len, v.fields[1]);
        uint8_t *expected = vectors_bytes(&expected_len, v.fields[2]);
        char out[CAP];
        if (abi_decode_string(out, sizeof(out), data, len) != ERR_OK) fail_msg("%s", v.fields[0]);
        if (strlen(out) != expected_len || memcmp(out, expected, expected_len) != 0) fail_msg("%s", v.fields[0]);
        free(expected);
        free(data);
    }
    vectors_close(&v, 30);
}

/* Every way to cut a reply short: what has all its text is a string, the rest is an error, except that 32 bytes are
 * a bytes32. */
static void test_string_cut_short(void **state) {
    (void)state;
    uint8_t data[96] = {0};
    put_word(data, 32);
    put_word(data + 32, 4);
    memcpy(data + 64, "USDC", 4);
    for (size_t len = 0; len <= sizeof(data); len++) {
        uint8_t *copy = exact_copy(data, len);
        char out[CAP] = "?";
        enum err err = abi_decode_string(out, sizeof(out), copy, len);
        if (len >= 68) {
            assert_int_equal(err, ERR_OK);
            assert_string_equal(out, "USDC");
        } else if (len == 32) {
            assert_int_equal(err, ERR_OK);
            assert_string_equal(out, " "); /* the offset, 0x20, read as text */
        } else {
            assert_int_equal(err, ERR_NOT_A_TOKEN);
        }
        free(copy);
    }
}

static void test_string_honours_the_offset(void **state) {
    (void)state;
    uint8_t data[32 + 7 + 32 + 3];
    memset(data, 0xff, sizeof(data));
    put_word(data, 39); /* nothing says that it is a multiple of 32 */
    put_word(data + 39, 3);
    memcpy(data + 71, "DAI", 3);
    char out[CAP];
    assert_int_equal(abi_decode_string(out, sizeof(out), data, sizeof(data)), ERR_OK);
    assert_string_equal(out, "DAI");
}

static void test_string_with_lying_words(void **state) {
    (void)state;
    static const u256 lies[] = {
        {{97, 0, 0, 0}},
        {{UINT32_MAX, 0, 0, 0}},
        {{UINT64_MAX - 31, 0, 0, 0}},
        {{UINT64_MAX, 0, 0, 0}},
        {{32, 1, 0, 0}},
        {{4, 0, 0, 1}},
        {{4, 0, 1, 0}},
        {{0, 0, 0, UINT64_C(1) << 63}},
        {{UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX}},
    };
    for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
        for (size_t word = 0; word < 2; word++) {
            uint8_t data[96] = {0};
            put_word(data, 32);
            put_word(data + 32, 4);
            u256_to_be(data + 32 * word, &lies[i]);
            char out[CAP];
            assert_int_equal(abi_decode_string(out, sizeof(out), data, sizeof(data)), ERR_NOT_A_TOKEN);
        }
    }
}

static void test_string_at_the_last_byte(void **state) {
    (void)state;
    uint8_t data[96] = {0};
    char out[CAP];
    put_word(data, 64); /* the length is the last word: empty text fits, one byte does not */
    assert_int_equal(abi_decode_string(out, sizeof(out), data, sizeof(data)), ERR_OK);
    assert_string_equal(out, "");
    put_word(data + 64, 1);
    assert_int_equal(abi_decode_string(out, sizeof(out), data, sizeof(data)), ERR_NOT_A_TOKEN);
    put_word(data, 65);
    assert_int_equal(abi_decode_string(out, sizeof(out), data, sizeof(data)), ERR_NOT_A_TOKEN);
    put_word(data, 32);
    put_word(data + 32, 33);
    assert_int_equal(abi_decode_string(out, sizeof(out), data, sizeof(data)), ERR_NOT_A_TOKEN);
}

static void test_string_broken_utf8(void **state) {
    (void)state;
    uint8_t data[32] = "A\xff"
                       "B\xc3\xa9\xe2\x82";
    char out[CAP];
    assert_int_equal(abi_decode_string(out, sizeof(out), data, sizeof(data)), ERR_OK);
    assert_string_equal(out, "AB\xc3\xa9");
    assert_int_equal(abi_decode_string(out, 4, data, sizeof(data)), ERR_OK);
    assert_string_equal(out, "AB");
}

static void test_revert_vectors(void **state) {
    (void)state;
    struct vectors v;
    vectors_open(&v, "abi_reverts.tsv");
    while (vectors_next(&v, 2)) {
        size_t len;
        uint8_t *data = vectors_bytes(&len, v.fields[0]);
        char out[CAP];
        assert_int_equal(abi_decode_revert(out, sizeof(out), data, len), strlen(v.fields[1]));
        assert_string_equal(out, v.fields[1]);
        free(data);
    }
    vectors_close(&v, 19);
}

/* Short of its text, an Error(string) is only a selector; short of a selector it is nothing. */
static void test_revert_cut_short(void **state) {
    (void)state;
    uint8_t data[4 + 96] = {0x08, 0xc3, 0x79, 0xa0};
    put_word(data + 4, 32);
    put_word(data + 36, 5);
    memcpy(data + 68,
           "x\ny\xff"
           "z",
           5);
    for (size_t len = 0; len <= sizeof(data); len++) {
        uint8_t *copy = exact_copy(data, len);
        char out[CAP] = "?";
        size_t n = abi_decode_revert(out, sizeof(out), copy, len);
        assert_string_equal(out, len < 4 ? "" : len < 73 ? "custom error 0x08c379a0" : "xyz");
        assert_int_equal(n, strlen(out));
        free(copy);
    }
    const uint8_t panic[4 + 31] = {0x4e, 0x48, 0x7b, 0x71};
    char out[CAP];
    abi_decode_revert(out, sizeof(out), panic, sizeof(panic));
    assert_string_equal(out, "custom error 0x4e487b71");
}

static void test_revert_honours_cap(void **state) {
    (void)state;
    uint8_t panic[4 + 32] = {0x4e, 0x48, 0x7b, 0x71, [35] = 0x11};
    for (size_t cap = 1; cap <= 40; cap++) {
        char *out = malloc(cap);
        size_t n = abi_decode_revert(out, cap, panic, sizeof(panic));
        assert_int_equal(n, strlen(out));
        assert_memory_equal(out, "panic 0x11 (arithmetic overflow)", n);
        assert_int_equal(n, cap - 1 < 32 ? cap - 1 : 32);
        free(out);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_u256),
        cmocka_unit_test(test_string_vectors),
        cmocka_unit_test(test_string_cut_short),
        cmocka_unit_test(test_string_honours_the_offset),
        cmocka_unit_test(test_string_with_lying_words),
        cmocka_unit_test(test_string_at_the_last_byte),
        cmocka_unit_test(test_string_broken_utf8),
        cmocka_unit_test(test_revert_vectors),
        cmocka_unit_test(test_revert_cut_short),
        cmocka_unit_test(test_revert_honours_cap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
