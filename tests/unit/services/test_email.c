/* E-mail addresses. Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "services/email.h"

/* From memory of exactly its size, so that ASan sees each overrun. */
static bool is_valid(const char *text, size_t len) {
    char *copy = malloc(len > 0 ? len : 1);
    assert_non_null(copy);
    memcpy(copy, text, len);
    bool valid = email_is_valid(copy, len);
    free(copy);
    return valid;
}

static void test_addresses(void **state) {
    static const char *const addresses[] = {
        "alice@example.org", "a@b.c",          "A.B+tag@Sub.Example.ORG", "!#$%&'*+-/=?^_`{|}~@example.org",
        "1@2.example",       "a@1-2.x--y.org", "a@xn--bcher-kva.example", "a@example.c0m",
    };
    (void)state;
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        if (!is_valid(addresses[i], strlen(addresses[i]))) fail_msg("%s", addresses[i]);
    }
}

static void test_what_is_none(void **state) {
    static const char *const addresses[] = {
        "",
        "@",
        "a",
        "a@",
        "@b.c",
        "a@b",
        "a@localhost",
        "a@b.",
        "a@.b",
        "a@b..c",
        "a@-b.c",
        "a@b-.c",
        "a@b.c-",
        "a@b.-c",
        "a@b.1",
        "a@1.2.3.4",
        "a@[1.2.3.4]",
        "a@b@c.d",
        ".a@b.c",
        "a.@b.c",
        "a..b@c.d",
        "a b@c.d",
        "a@b c.d",
        " a@b.c",
        "a@b.c ",
        "a@b.c\n",
        "a@b.c\r\nBcc: x@y.z",
        "\"a\"@b.c",
        "a(b)@c.d",
        "<a@b.c>",
        "a,b@c.d",
        "a:b@c.d",
        "a;b@c.d",
        "a\\b@c.d",
        "a@b_c.d",
        "a@b.c,d@e.f",
        "\xc3\xa9@b.c",
        "a@\xc3\xa9.c",
        "a@b.c\x7f",
        "mailto:a@b.c",
    };
    (void)state;
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        if (is_valid(addresses[i], strlen(addresses[i]))) fail_msg("%s", addresses[i]);
    }
    assert_false(is_valid("a\0@b.c", 6));
    assert_false(is_valid("a@b.c\0", 6));
}

/* So many characters in each part, a domain of four labels. */
static bool with_lengths(int local, int label, int last) {
    char x[256], text[512];
    memset(x, 'x', sizeof x);
    int len = snprintf(text, sizeof text, "%.*s@%.*s.%.*s.%.*s.%.*s", local, x, label, x, label, x, label, x, last, x);
    return is_valid(text, (size_t)len);
}

static void test_lengths(void **state) {
    (void)state;
    assert_true(with_lengths(64, 10, 3));
    assert_false(with_lengths(65, 10, 3));
    assert_true(with_lengths(10, 63, 3));
    assert_false(with_lengths(10, 64, 3));
    assert_true(with_lengths(58, 63, 3));  /* 254 bytes */
    assert_false(with_lengths(59, 63, 3)); /* 255 */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_what_is_none),
        cmocka_unit_test(test_lengths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
