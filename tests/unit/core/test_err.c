/* The error table: what every row must be like for clients to rely on it.
 * Owns nothing.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <ctype.h>
#include <string.h>

#include "core/err.h"
#include "death.h"

static void test_rows_are_well_formed(void **state) {
    (void)state;
    for (int err = ERR_OK + 1; err < ERR_COUNT; err++) {
        const struct err_info *info = err_info((enum err)err);
        assert_in_range(info->status, 400, 599);
        size_t len = strlen(info->code);
        assert_true(len > 0 && info->code[0] != '_' && info->code[len - 1] != '_');
        for (size_t i = 0; i < len; i++) assert_true(islower((unsigned char)info->code[i]) || info->code[i] == '_');
        assert_true(isupper((unsigned char)info->title[0]));
        assert_true(isalnum((unsigned char)info->title[strlen(info->title) - 1]));
        assert_null(strchr(info->title, '%'));
    }
}

static void test_codes_are_unique(void **state) {
    (void)state;
    for (int a = ERR_OK + 1; a < ERR_COUNT; a++) {
        for (int b = a + 1; b < ERR_COUNT; b++) {
            assert_string_not_equal(err_info((enum err)a)->code, err_info((enum err)b)->code);
        }
    }
}

/* What a client sent wrong stays wrong; what the server lacks may come back. */
static void test_retrying_helps_only_where_the_server_is_at_fault(void **state) {
    (void)state;
    for (int err = ERR_OK + 1; err < ERR_COUNT; err++) {
        const struct err_info *info = err_info((enum err)err);
        if (info->retry_helps) assert_true(info->status >= 500 || info->status == 429);
        if (info->status == 503) assert_true(info->retry_helps);
    }
}

static void test_known_rows(void **state) {
    (void)state;
    assert_int_equal(err_info(ERR_INVALID_ADDRESS)->status, 400);
    assert_string_equal(err_info(ERR_INVALID_ADDRESS)->code, "invalid_address");
    assert_int_equal(err_info(ERR_NOT_A_TOKEN)->status, 422);
    assert_int_equal(err_info(ERR_TIMEOUT)->status, 504);
    assert_string_equal(err_info(ERR_TIMEOUT)->code, "timeout");
}

static void ask_for_ok(void) {
    (void)err_info(ERR_OK);
}
static void ask_for_count(void) {
    (void)err_info(ERR_COUNT);
}
static void ask_for_negative(void) {
    (void)err_info((enum err) - 1);
}

static void test_only_errors_have_rows(void **state) {
    (void)state;
    assert_aborts(ask_for_ok);
    assert_aborts(ask_for_count);
    assert_aborts(ask_for_negative);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_are_well_formed),
        cmocka_unit_test(test_codes_are_unique),
        cmocka_unit_test(test_retrying_helps_only_where_the_server_is_at_fault),
        cmocka_unit_test(test_known_rows),
        cmocka_unit_test(test_only_errors_have_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
