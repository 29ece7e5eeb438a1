/* Names of users and keys. Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "services/label.h"

/* From memory of exactly its size, so that ASan sees each overrun. */
static bool is_valid(const char *text, size_t len) {
    char *copy = malloc(len > 0 ? len : 1);
    assert_non_null(copy);
    memcpy(copy, text, len);
    bool valid = label_is_valid(copy, len);
    free(copy);
    return valid;
}

static void test_names(void **state) {
    static const char *const names[] = {
        "a",
        "Alice",
        "Alice B. Toklas",
        "O'Brien; DROP TABLE users",
        "<script>",
        "\xc3\x89lodie",
        "\xe5\xb1\xb1\xe7\x94\xb0",
        "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x9a\x80",     /* an emoji of two, joined */
        "\xf0\x9f\x8f\xb4\xf3\xa0\x81\xa7\xf3\xa0\x81\xbf", /* a flag of tags */
        "\xe2\x9d\xa4\xef\xb8\x8f",                         /* a heart in colour */
        "\xef\xb8\xb5",                                     /* a bracket of vertical text */
        "\xd8\xb9\xd9\x84\xd9\x8a",
        "a\xc2\xa0z",
    };
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!is_valid(names[i], strlen(names[i]))) fail_msg("%s", names[i]);
    }
}

static void test_what_is_none(void **state) {
    static const char *const names[] = {
        "",
        " ",
        " Alice",
        "Alice ",
        "\xc2\xa0"
        "Alice",
        "Alice\xe3\x80\x80",
        "\xe2\x80\x8b",
        "\xef\xbb\xbf"
        "Alice",
        "\xc2\xad",          /* soft hyphen */
        "\xcd\x8f",          /* grapheme joiner */
        "\xe2\x80\x8d",      /* joiner */
        "Alice\xe2\x80\x8c", /* non-joiner */
        "\xe2\x81\xa0",      /* word joiner */
        "\xe2\x81\xa2",      /* invisible times */
        "\xe2\xa0\x80",      /* empty cell of Braille */
        "\xe3\x85\xa4",      /* Hangul filler */
        "\xef\xbe\xa0",      /* half-width Hangul filler */
        "\xef\xb8\x8f",      /* variation selector */
        "\xf3\xa0\x81\x81",  /* tag */
        "a\nb",
        "a\tb",
        "a\x7f",
        "a\x1b[31m",
        "a\xc2\x85z",     /* NEL */
        "a\xe2\x80\xa8z", /* line separator */
        "a\xe2\x80\xaez", /* right-to-left override */
        "a\xe2\x81\xa6z", /* left-to-right isolate */
        "a\xd8\x9cz",     /* Arabic letter mark */
        "a\xffz",
        "a\xc0\xafz",         /* overlong */
        "a\xed\xa0\x80z",     /* surrogate */
        "a\xf4\x90\x80\x80z", /* past U+10FFFF */
        "a\xe2\x80",          /* cut short */
    };
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (is_valid(names[i], strlen(names[i]))) fail_msg("%zu: %s", i, names[i]);
    }
    assert_false(is_valid("a\0b", 3));
}

/* Characters are counted, not bytes. */
static void test_lengths(void **state) {
    char text[4 * (LABEL_MAX_CHARS + 1)];
    (void)state;
    for (size_t i = 0; i <= LABEL_MAX_CHARS; i++) memcpy(text + 4 * i, "\xf0\x9f\x9a\x80", 4);
    assert_true(is_valid(text, 4 * LABEL_MAX_CHARS));
    assert_false(is_valid(text, 4 * (LABEL_MAX_CHARS + 1)));
    memset(text, 'x', sizeof text);
    assert_true(is_valid(text, LABEL_MAX_CHARS));
    assert_false(is_valid(text, LABEL_MAX_CHARS + 1));
    assert_false(is_valid(text, sizeof text));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_what_is_none),
        cmocka_unit_test(test_lengths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
