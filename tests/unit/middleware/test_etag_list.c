/* If-None-Match: weak comparison as RFC 9110 tabulates it, lists, and lists gone wrong.
 * Owns nothing.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "middleware/etag_list.h"

/* In memory of exactly its size, so that ASan sees each overrun. */
static bool has(const char *list, size_t len, const char *etag) {
    char *copy = malloc(len > 0 ? len : 1);
    assert_non_null(copy);
    memcpy(copy, list, len);
    bool yes = etag_list_has(copy, len, etag);
    free(copy);
    return yes;
}

static const struct {
    const char *list, *etag;
    bool match;
} rows[] = {
    /* RFC 9110, 8.8.3.2 */
    {"W/\"1\"", "W/\"1\"", true},
    {"W/\"1\"", "W/\"2\"", false},
    {"W/\"1\"", "\"1\"", true},
    {"\"1\"", "W/\"1\"", true},
    {"\"1\"", "\"1\"", true},
    /* RFC 9110, 13.1.2 */
    {"\"xyzzy\"", "W/\"xyzzy\"", true},
    {"W/\"xyzzy\"", "W/\"xyzzy\"", true},
    {"\"xyzzy\", \"r2d2xxxx\", \"c3piozzzz\"", "W/\"c3piozzzz\"", true},
    {"W/\"xyzzy\", W/\"r2d2xxxx\", W/\"c3piozzzz\"", "\"r2d2xxxx\"", true},
    {"*", "W/\"anything\"", true},
    /* more lists */
    {"\"a\",\"b\"", "\"b\"", true},
    {"\"a\"  ,\t W/\"b\"", "\"b\"", true},
    {", ,\"b\",", "\"b\"", true},
    {"\"a\"", "\"A\"", false},
    {"\"ab\"", "\"a\"", false},
    {"\"a\"", "\"ab\"", false},
    {"\"a,b\"", "\"a,b\"", true},
    {"\"a,b\"", "\"b\"", false},
    {"\"a\", \"b\"", "\", \"", false}, /* what lies between two is none */
    {"\"\"", "\"\"", true},
    {"\"\"", "\"a\"", false},
    {"\"a\\\", \"b\"", "\"b\"", true}, /* a backslash escapes nothing in an entity tag */
    /* gone wrong */
    {"", "\"a\"", false},
    {" ", "\"a\"", false},
    {"a", "\"a\"", false},
    {"\"", "\"a\"", false},
    {"\"a", "\"a\"", false},
    {"a\"", "\"a\"", false},
    {"W/", "\"a\"", false},
    {"W/a", "\"a\"", false},
    {"**", "\"a\"", false},
    {"\"*\"", "\"a\"", false},
    {"'a'", "\"a\"", false},
};

static void test_lists(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (has(rows[i].list, strlen(rows[i].list), rows[i].etag) != rows[i].match) {
            fail_msg("%s in %s", rows[i].etag, rows[i].list);
        }
    }
}

static void test_the_length_counts(void **state) {
    (void)state;
    assert_true(has("\"a\"", 3, "\"a\""));
    assert_false(has("\"a\"", 2, "\"a\""));
    assert_false(has("\"a\"", 1, "\"a\""));
    assert_false(has("\"a\"", 0, "\"a\""));
    assert_true(has("*\"", 1, "\"a\""));
    assert_false(has("*", 0, "\"a\""));
    assert_false(has("\"a\0\"", 4, "\"a\""));
    assert_true(has("\"x\0\", \"a\"", 9, "\"a\""));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_the_length_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
