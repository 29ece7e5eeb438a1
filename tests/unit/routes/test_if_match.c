/* If-Match: which versions it names. Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "if_match.h"

/* From memory of exactly its size, so that ASan sees each overrun. */
static bool parse(struct expected_versions *out, const char *text, size_t len) {
    char *copy = malloc(len > 0 ? len : 1);
    assert_non_null(copy);
    memcpy(copy, text, len);
    bool valid = if_match_parse(out, copy, len);
    free(copy);
    return valid;
}

static const struct {
    const char *text;
    size_t n;
    uint64_t versions[MAX_EXPECTED_VERSIONS];
} lists[] = {
    {"\"1\"", 1, {1}},
    {" \t\"7\" ", 1, {7}},
    {"\"1\",\"2\"", 2, {1, 2}},
    {"\"1\" ,\t\"9223372036854775807\"", 2, {1, INT64_MAX}},
    {"\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\"", 8, {1, 2, 3, 4, 5, 6, 7, 8}},
    {"W/\"1\"", 0, {0}}, /* weak: matches nothing */
    {"W/\"1\", \"2\"", 1, {2}},
    {"\"abc\"", 0, {0}}, /* none of ours */
    {"\"\"", 0, {0}},
    {"\"0\"", 0, {0}},
    {"\"01\"", 0, {0}},
    {"\"+1\"", 0, {0}},
    {"\"*\"", 0, {0}},
    {"\"9223372036854775808\"", 0, {0}},
    {"\"18446744073709551617\"", 0, {0}},
    {"\"a,b\",\"3\"", 1, {3}},
    {"\"\x80\xff\"", 0, {0}},
};

static void test_lists(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        struct expected_versions have;
        if (!parse(&have, lists[i].text, strlen(lists[i].text))) fail_msg("%s", lists[i].text);
        assert_false(have.any);
        if (have.n != lists[i].n) fail_msg("%s: %zu", lists[i].text, have.n);
        for (size_t j = 0; j < have.n; j++) assert_true(have.versions[j] == lists[i].versions[j]);
    }
}

static void test_any(void **state) {
    struct expected_versions have;
    (void)state;
    assert_true(parse(&have, "*", 1));
    assert_true(have.any);
}

static void test_what_is_no_list(void **state) {
    static const char *const texts[] = {
        "",
        " ",
        "1",
        "\"",
        "\"1",
        "1\"",
        "\"1\",",
        ",\"1\"",
        "\"1\",,\"2\"",
        "\"1\"\"2\"",
        "\"1\" \"2\"",
        "w/\"1\"",
        "W\"1\"",
        "W/1",
        "*,\"1\"",
        "\"1\",*",
        "**",
        "\"a b\"",
        "\"a\x7f\"",
        "\"\t\"",
        "\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\"", /* more than there is room for */
    };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct expected_versions have;
        if (parse(&have, texts[i], strlen(texts[i]))) fail_msg("%s", texts[i]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_any),
        cmocka_unit_test(test_what_is_no_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
