/* Tests eth/u256 against Python's integers (arithmetic) and viem (text and whole units). */
#include "../vectors.h"

#include "eth/u256.h"

static u256 from_hex(const char *text) {
    u256 value;
    assert_int_equal(u256_from_hex(&value, text, strlen(text)), ERR_OK);
    return value;
}

static u256 from_dec(const char *text) {
    u256 value;
    assert_int_equal(u256_from_dec(&value, text, strlen(text)), ERR_OK);
    return value;
}

static void assert_same(const u256 *a, const u256 *b) {
    assert_memory_equal(a->limb, b->limb, sizeof(a->limb));
}

static void test_arithmetic_vectors(void **state) {
    (void)state;
    struct vectors v;
    vectors_open(&v, "u256_arith.tsv");
    while (vectors_next(&v, 7)) {
        u256 a = from_hex(v.fields[0]), b = from_hex(v.fields[1]), out;
        long order = strtol(v.fields[2], NULL, 10);
        u256 sum = from_hex(v.fields[3]), difference = from_hex(v.fields[5]);
        bool carry = v.fields[4][0] == '1', borrow = v.fields[6][0] == '1';

        assert_int_equal(u256_cmp(&a, &b), order);
        assert_int_equal(u256_cmp(&b, &a), -order);
        assert_int_equal(u256_add(&out, &a, &b), carry);
        assert_same(&out, &sum);
        assert_int_equal(u256_sub(&out, &a, &b), borrow);
        assert_same(&out, &difference);

        u256 alias = a;
        assert_int_equal(u256_add(&alias, &alias, &b), carry);
        assert_same(&alias, &sum);
        alias = b;
        assert_int_equal(u256_sub(&alias, &a, &alias), borrow);
        assert_same(&alias, &difference);
    }
    vectors_close(&v, 500);
}

static void test_product_vectors(void **state) {
    (void)state;
    struct vectors v;
    vectors_open(&v, "u256_products.tsv");
    while (vectors_next(&v, 4)) {
        u256 a = from_hex(v.fields[0]), product = from_hex(v.fields[2]), out;
        assert_int_equal(u256_mul_u64(&out, &a, strtoull(v.fields[1], NULL, 10)), v.fields[3][0] == '1');
        assert_same(&out, &product);
        assert_int_equal(u256_mul_u64(&a, &a, strtoull(v.fields[1], NULL, 10)), v.fields[3][0] == '1');
        assert_same(&a, &product);
    }
    vectors_close(&v, 300);
}

static void test_quotient_vectors(void **state) {
    (void)state;
    struct vectors v;
    vectors_open(&v, "u256_quotients.tsv");
    while (vectors_next(&v, 4)) {
        u256 a = from_hex(v.fields[0]), quotient = from_hex(v.fields[2]), out;
        uint64_t b = strtoull(v.fields[1], NULL, 10), remainder = strtoull(v.fields[3], NULL, 10);
        assert_true(u256_div_u64(&out, &a, b) == remainder);
        assert_same(&out, &quotient);
        assert_true(u256_div_u64(&a, &a, b) == remainder);
        assert_same(&a, &quotient);
    }
    vectors_close(&v, 300);
}

static void test_text_vectors(void **state) {
    (void)state;
    struct vectors v;
    vectors_open(&v, "u256_text.tsv");
    while (vectors_next(&v, 2)) {
        u256 value = from_dec(v.fields[0]), same = from_hex(v.fields[1]);
        char dec[U256_DEC_BYTES], hex[U256_HEX_BYTES];
        assert_same(&value, &same);
        assert_int_equal(u256_to_dec(dec, &value), strlen(v.fields[0]));
        assert_string_equal(dec, v.fields[0]);
        assert_int_equal(u256_to_hex(hex, &value), strlen(v.fields[1]));
        assert_string_equal(hex, v.fields[1]);
    }
    vectors_close(&v, 500);
}

static void test_format_vectors(void **state) {
    (void)state;
    struct vectors v;
    vectors_open(&v, "u256_format.tsv");
    while (vectors_next(&v, 3)) {
        u256 value = from_dec(v.fields[0]);
        char out[U256_FORMATTED_BYTES];
        size_t len = u256_format(out, &value, (unsigned)strtoul(v.fields[1], NULL, 10));
        assert_string_equal(out, v.fields[2]);
        assert_int_equal(len, strlen(v.fields[2]));
    }
    vectors_close(&v, 400);
}

static void test_fraction_vectors(void **state) {
    (void)state;
    struct vectors v;
    vectors_open(&v, "u256_fraction.tsv");
    while (vectors_next(&v, 4)) {
        u256 part = from_dec(v.fields[0]), whole = from_dec(v.fields[1]);
        char out[U256_FORMATTED_BYTES];
        size_t len = u256_fraction(out, &part, &whole, (unsigned)strtoul(v.fields[2], NULL, 10));
        assert_string_equal(out, v.fields[3]);
        assert_int_equal(len, strlen(v.fields[3]));
    }
    vectors_close(&v, 300);
}

static void test_big_endian_word(void **state) {
    (void)state;
    uint8_t word[32], back[32];
    for (size_t i = 0; i < 32; i++) word[i] = (uint8_t)(i + 1);
    u256 value = u256_from_be(word);
    u256 expected = from_hex("0x0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20");
    assert_same(&value, &expected);
    assert_true(value.limb[0] == UINT64_C(0x191a1b1c1d1e1f20));
    u256_to_be(back, &value);
    assert_memory_equal(back, word, 32);
}

static void test_small_values(void **state) {
    (void)state;
    u256 zero = u256_from_u64(0), max64 = u256_from_u64(UINT64_MAX), one = u256_from_u64(1), wide;
    assert_true(u256_is_zero(&zero));
    assert_false(u256_is_zero(&one));
    assert_true(u256_fits_u64(&max64));
    assert_false(u256_add(&wide, &max64, &one));
    for (size_t limb = 1; limb < 4; limb++) {
        wide = (u256){{0}};
        wide.limb[limb] = 1;
        assert_false(u256_fits_u64(&wide));
        assert_false(u256_is_zero(&wide));
    }
}

static void test_decimal_refused(void **state) {
    (void)state;
    static const char *const wrong[] = {
        "",
        "+1",
        "-1",
        " 1",
        "1 ",
        "0x1",
        "1.0",
        "1e3",
        "1_000",
        "a",
        "12345678901234567890/",
        "12345678901234567890:",
        /* 2^256, then 10^78 - 1, then one with 79 digits */
        "115792089237316195423570985008687907853269984665640564039457584007913129639936",
        "999999999999999999999999999999999999999999999999999999999999999999999999999999",
        "0000000000000000000000000000000000000000000000000000000000000000000000000000001",
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        u256 value = u256_from_u64(7);
        assert_int_equal(u256_from_dec(&value, wrong[i], strlen(wrong[i])), ERR_INVALID_PARAMETER);
        assert_true(value.limb[0] == 7);
    }
    u256 padded = from_dec("000000000000000000000000000000000000000000000000000000000000000000000000000042");
    assert_true(u256_fits_u64(&padded) && padded.limb[0] == 42);
    assert_int_equal(u256_from_dec(&padded, "12", 1), ERR_OK); /* the length counts, not the NUL */
    assert_true(padded.limb[0] == 1);
}

static void test_hex_refused(void **state) {
    (void)state;
    static const char *const wrong[] = {
        "",
        "0",
        "0x",
        "1",
        "x1",
        "0X1",
        "0xg",
        "0x-1",
        "0x1 ",
        "0x 1",
        "0x00000000000000000000000000000000000000000000000000000000000000001", /* 65 digits */
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        u256 value = u256_from_u64(7);
        assert_int_equal(u256_from_hex(&value, wrong[i], strlen(wrong[i])), ERR_INVALID_PARAMETER);
        assert_true(value.limb[0] == 7);
    }
    u256 upper = from_hex("0xABCDEF"), lower = from_hex("0x000abcdef");
    assert_same(&upper, &lower);
}

/* Digits are read eight at a time and one by one. */
static void test_decimal_refuses_wrong_characters(void **state) {
    (void)state;
    static const char good[] = "123456789012345678901234567890";
    for (size_t len = 1; len < sizeof good; len += 5) {
        for (size_t at = 0; at < len; at++) {
            for (int c = 0; c < 256; c++) {
                char text[sizeof good];
                u256 value;
                memcpy(text, good, len);
                text[at] = (char)c;
                assert_int_equal(u256_from_dec(&value, text, len),
                                 c >= '0' && c <= '9' ? ERR_OK : ERR_INVALID_PARAMETER);
            }
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decimal_refuses_wrong_characters),
        cmocka_unit_test(test_arithmetic_vectors),
        cmocka_unit_test(test_product_vectors),
        cmocka_unit_test(test_quotient_vectors),
        cmocka_unit_test(test_text_vectors),
        cmocka_unit_test(test_format_vectors),
        cmocka_unit_test(test_fraction_vectors),
        cmocka_unit_test(test_big_endian_word),
        cmocka_unit_test(test_small_values),
        cmocka_unit_test(test_decimal_refused),
        cmocka_unit_test(test_hex_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
