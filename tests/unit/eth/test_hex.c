/* Tests eth/hex against libc's number parsing and printing. */
#include "../vectors.h"

#include <ctype.h>
#include <inttypes.h>

#include "eth/hex.h"

static void test_digit(void **state) {
    (void)state;
    for (int c = 0; c < 256; c++) {
        char text[2] = {(char)c, '\0'};
        int expected = isxdigit(c) ? (int)strtol(text, NULL, 16) : -1;
        assert_int_equal(hex_digit((char)c), expected);
    }
}

static void test_bytes_round_trip(void **state) {
    (void)state;
    for (size_t n = 0; n <= 64; n++) {
        uint8_t bytes[64], back[64];
        for (size_t i = 0; i < n; i++) bytes[i] = (uint8_t)random();

        char expected[2 + 2 * 64 + 1] = "0x";
        for (size_t i = 0; i < n; i++) snprintf(expected + 2 + 2 * i, 3, "%02x", bytes[i]);
        char *text = malloc(2 * n + 3);
        assert_ptr_equal(hex_encode(text, bytes, n), text);
        assert_string_equal(text, expected);

        size_t decoded = SIZE_MAX;
        assert_int_equal(hex_decode_exact(back, n, text, 2 * n + 2), ERR_OK);
        assert_memory_equal(back, bytes, n);
        for (char *p = text + 2; *p != '\0'; p++) *p = (char)toupper((unsigned char)*p);
        assert_int_equal(hex_decode(back, sizeof(back), &decoded, text, 2 * n + 2), ERR_OK);
        assert_int_equal(decoded, n);
        assert_memory_equal(back, bytes, n);
        free(text);
    }
}

static void test_decode_exact_wants_exactly_n(void **state) {
    (void)state;
    const char text[] = "0x00112233";
    uint8_t out[8];
    for (size_t n = 0; n <= 8; n++) {
        for (size_t len = 0; len < sizeof(text); len++) {
            enum err expected = len == 2 * n + 2 ? ERR_OK : ERR_INVALID_PARAMETER;
            assert_int_equal(hex_decode_exact(out, n, text, len), expected);
        }
    }
}

static void test_decode_refuses_wrong_characters(void **state) {
    (void)state;
    uint8_t out[4];
    size_t n;
    for (size_t at = 0; at < 10; at++) {
        for (int c = 0; c < 256; c++) {
            char text[] = "0x00112233";
            bool allowed = at == 0 ? c == '0' : at == 1 ? c == 'x' : isxdigit(c) != 0;
            text[at] = (char)c;
            enum err expected = allowed ? ERR_OK : ERR_INVALID_PARAMETER;
            assert_int_equal(hex_decode_exact(out, 4, text, 10), expected);
            assert_int_equal(hex_decode(out, 4, &n, text, 10), expected);
        }
    }
}

static void test_decode_honours_cap(void **state) {
    (void)state;
    uint8_t out[3];
    size_t n = 99;
    assert_int_equal(hex_decode(out, 3, &n, "0x", 2), ERR_OK);
    assert_int_equal(n, 0);
    assert_int_equal(hex_decode(out, 3, &n, "0x010203", 8), ERR_OK);
    assert_int_equal(n, 3);
    assert_int_equal(hex_decode(out, 3, &n, "0x01020304", 10), ERR_INVALID_PARAMETER);
    assert_int_equal(hex_decode(out, 3, &n, "0x01020", 7), ERR_INVALID_PARAMETER);
    assert_int_equal(hex_decode(out, 3, &n, "", 0), ERR_INVALID_PARAMETER);
    assert_int_equal(hex_decode(out, 3, &n, NULL, 0), ERR_INVALID_PARAMETER);
}

static void test_u64_round_trip(void **state) {
    (void)state;
    for (unsigned shift = 0; shift < 64; shift++) {
        const uint64_t around = UINT64_C(1) << shift;
        const uint64_t values[] = {around - 1, around, around + 1, UINT64_MAX >> shift};
        for (size_t i = 0; i < 4; i++) {
            char expected[19], text[19];
            uint64_t back;
            snprintf(expected, sizeof(expected), "0x%" PRIx64, values[i]);
            assert_ptr_equal(hex_encode_u64(text, values[i]), text);
            assert_string_equal(text, expected);
            assert_int_equal(hex_decode_u64(&back, text, strlen(text)), ERR_OK);
            assert_true(back == values[i]);
        }
    }
}

static void test_u64_text(void **state) {
    (void)state;
    static const struct {
        const char *text;
        enum err err;
        uint64_t value;
    } cases[] = {
        {"0x0", ERR_OK, 0},
        {"0x00", ERR_OK, 0},
        {"0x000000000000001f", ERR_OK, 31}, /* some nodes pad */
        {"0xFfFfFfFfFfFfFfFf", ERR_OK, UINT64_MAX},
        {"0x0000000000000001f", ERR_INVALID_PARAMETER, 0}, /* 17 digits */
        {"0x10000000000000000", ERR_INVALID_PARAMETER, 0},
        {"", ERR_INVALID_PARAMETER, 0},
        {"0", ERR_INVALID_PARAMETER, 0},
        {"0x", ERR_INVALID_PARAMETER, 0},
        {"x0", ERR_INVALID_PARAMETER, 0},
        {"0X1", ERR_INVALID_PARAMETER, 0},
        {"1f", ERR_INVALID_PARAMETER, 0},
        {"123", ERR_INVALID_PARAMETER, 0},
        {"0x1g", ERR_INVALID_PARAMETER, 0},
        {"0x-1", ERR_INVALID_PARAMETER, 0},
        {"0x 1", ERR_INVALID_PARAMETER, 0},
        {" 0x1", ERR_INVALID_PARAMETER, 0},
        {"0x1 ", ERR_INVALID_PARAMETER, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t value = 0;
        assert_int_equal(hex_decode_u64(&value, cases[i].text, strlen(cases[i].text)), cases[i].err);
        assert_true(value == cases[i].value);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_digit),
        cmocka_unit_test(test_bytes_round_trip),
        cmocka_unit_test(test_decode_exact_wants_exactly_n),
        cmocka_unit_test(test_decode_refuses_wrong_characters),
        cmocka_unit_test(test_decode_honours_cap),
        cmocka_unit_test(test_u64_round_trip),
        cmocka_unit_test(test_u64_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
