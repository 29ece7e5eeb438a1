/* What `dappd --help` says of the settings.
 * Each test frees what it printed.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_internal.h"

/* The caller frees it. */
static char *print_help(void) {
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    assert_non_null(out);
    config_print_help(out);
    assert_int_equal(fclose(out), 0);
    return text;
}

/* Undoes the line breaks within a setting's help, in place. */
static void unwrap(char *text) {
    static const char indent[] = "\n      ";
    char *to = text;
    for (const char *from = text; *from != '\0'; to++) {
        bool breaks = strncmp(from, indent, sizeof indent - 1) == 0;
        *to = breaks ? ' ' : *from;
        from += breaks ? sizeof indent - 1 : 1;
    }
    *to = '\0';
}

static void test_every_setting_is_listed(void **state) {
    (void)state;
    char *text = print_help();
    unwrap(text);
    for (size_t i = 0; i < SETTINGS_COUNT; i++) {
        char name[CONFIG_NAME_BYTES];
        assert_non_null(strstr(text, config_flag_name(name, config_settings[i].key)));
        assert_non_null(strstr(text, config_env_name(name, config_settings[i].key)));
        assert_non_null(strstr(text, config_settings[i].help));
    }
    free(text);
}

static void test_a_setting_is_told_with_default_unit_and_bounds(void **state) {
    (void)state;
    char *text = print_help();
    assert_non_null(strstr(text, "\n  --request-timeout-ms             DAPPD_REQUEST_TIMEOUT_MS             10000 ms\n"
                                 "      time a request may take as a whole (10 to 600000)\n"));
    free(text);
}

static void test_no_line_is_longer_than_100_columns(void **state) {
    (void)state;
    char *text = print_help();
    size_t longest = 0;
    for (const char *line = text; *line != '\0'; line += strcspn(line, "\n") + 1) {
        size_t len = strcspn(line, "\n");
        assert_true(len <= 100 && (len == 0 || line[len - 1] != ' '));
        if (len > longest) longest = len;
    }
    assert_true(longest > 90); /* it uses the room that there is */
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_setting_is_listed),
        cmocka_unit_test(test_a_setting_is_told_with_default_unit_and_bounds),
        cmocka_unit_test(test_no_line_is_longer_than_100_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
