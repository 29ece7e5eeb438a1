/* What nests too deep is refused before a parser sees it, and brackets in strings do not count.
 * Owns nothing.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "core/json_depth.h"

static bool within(const char *text, unsigned max_depth) {
    return json_depth_within(text, strlen(text), max_depth);
}

static void test_counts_levels(void **state) {
    (void)state;
    assert_true(within("", 0));
    assert_true(within("17", 0));
    assert_false(within("[]", 0));
    assert_true(within("[]", 1));
    assert_true(within("[[],[],{}]", 2));
    assert_false(within("[[],[[]],{}]", 2));
    assert_true(within("{\"a\":{\"b\":[1]}}", 3));
    assert_false(within("{\"a\":{\"b\":[1]}}", 2));
}

static void test_ignores_strings(void **state) {
    (void)state;
    assert_true(within("\"[[[[\"", 0));
    assert_true(within("[\"\\\"[[[[\"]", 1));
    assert_true(within("[\"\\\\\",1]", 1));
    assert_false(within("[\"\\\\\",[]]", 1));
    assert_true(within("[\"[[[[", 1)); /* never closed: a parser stops here too */
    assert_true(within("[\"\\", 1));
}

static void test_survives_unbalanced_text(void **state) {
    (void)state;
    assert_true(within("]]]]}}}}[]", 1));
    assert_false(within("]]]]}}}}[[", 1));
    assert_true(within("[}[}[}", 1));
}

static void test_bounds_hostile_text(void **state) {
    (void)state;
    char text[2 * JSON_MAX_DEPTH];
    memset(text, '[', sizeof text);
    assert_true(json_depth_within(text, JSON_MAX_DEPTH, JSON_MAX_DEPTH));
    assert_false(json_depth_within(text, JSON_MAX_DEPTH + 1, JSON_MAX_DEPTH));
}

static void test_stops_at_the_length(void **state) {
    (void)state;
    assert_true(json_depth_within("[[[[", 1, 1));
    assert_true(json_depth_within("\"a\\\"[[", 3, 0));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts_levels),
        cmocka_unit_test(test_ignores_strings),
        cmocka_unit_test(test_survives_unbalanced_text),
        cmocka_unit_test(test_bounds_hostile_text),
        cmocka_unit_test(test_stops_at_the_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
