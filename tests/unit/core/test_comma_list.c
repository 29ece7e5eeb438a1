/* Entries of comma-separated lists. Owns nothing; one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "core/comma_list.h"

static void test_entries(void **state) {
    static const struct {
        const char *text;
        const char *entries; /* each in brackets */
    } rows[] = {
        {"", ""},
        {"a", "[a]"},
        {"one,two,three", "[one][two][three]"},
        {",", "[][]"},
        {"a,", "[a][]"},
        {",a", "[][a]"},
        {"a,,b", "[a][][b]"},
        {" a , b", "[ a ][ b]"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char seen[64] = "";
        size_t n = 0;
        for (struct comma_list list = comma_list_of(rows[i].text); comma_list_next(&list); n++) {
            size_t len = strlen(seen);
            (void)snprintf(seen + len, sizeof seen - len, "[%.*s]", (int)list.len, list.entry);
        }
        assert_string_equal(seen, rows[i].entries);
        assert_int_equal(comma_list_count(rows[i].text), n);
    }
}

static void test_behind_the_last_there_is_nothing(void **state) {
    struct comma_list list = comma_list_of("a");
    (void)state;
    assert_true(comma_list_next(&list));
    assert_false(comma_list_next(&list));
    assert_false(comma_list_next(&list));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_entries),
        cmocka_unit_test(test_behind_the_last_there_is_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
