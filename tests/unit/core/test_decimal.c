/* A number has exactly one spelling, and every other text is refused.
 * Owns nothing.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "core/decimal.h"

static void test_accepts_plain_digits(void **state) {
    (void)state;
    static const struct {
        const char *text;
        uint64_t want;
    } rows[] = {
        {"0", 0},
        {"7", 7},
        {"10", 10},
        {"4294967296", UINT64_C(4294967296)},
        {"18446744073709551609", UINT64_MAX - 6},
        {"18446744073709551615", UINT64_MAX},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t value = 99;
        assert_true(decimal_parse_u64(&value, rows[i].text, strlen(rows[i].text)));
        assert_true(value == rows[i].want);
    }
}

static void test_refuses_everything_else(void **state) {
    (void)state;
    static const char *const rows[] = {
        "",
        "00",
        "010",
        "+1",
        "-1",
        " 1",
        "1 ",
        "1\n",
        "0x10",
        "10s",
        "1e3",
        "1_000",
        "1.0",
        "a",
        "\xd9\xa1",
        "18446744073709551616",
        "18446744073709551620",
        "99999999999999999999",
        "100000000000000000000000000000000000000000",
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t value = 99;
        assert_false(decimal_parse_u64(&value, rows[i], strlen(rows[i])));
        assert_int_equal(value, 99);
    }
    uint64_t value = 99;
    assert_false(decimal_parse_u64(&value, "1\0", 2));
    assert_true(decimal_parse_u64(&value, "12", 1));
    assert_int_equal(value, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accepts_plain_digits),
        cmocka_unit_test(test_refuses_everything_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
