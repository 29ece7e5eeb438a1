/* The report that the indexer writes and everybody reads.
 * Owns a status for each test.
 * One thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "repos/index_status.h"

static void test_the_last_report_is_read(void **state) {
    (void)state;
    struct index_status *status = index_status_new();
    struct index_report report = index_status_get(status);
    assert_int_equal(report.phase, INDEX_OFF);
    assert_false(report.has_tip);
    report = (struct index_report){.phase = INDEX_HALTED, .has_tip = true, .tip = 7};
    (void)snprintf(report.halted, sizeof report.halted, "why not");
    index_status_set(status, &report);
    const struct index_report got = index_status_get(status);
    assert_int_equal(got.phase, INDEX_HALTED);
    assert_int_equal(got.tip, 7);
    assert_string_equal(got.halted, "why not");
    index_status_free(status);
}

static void test_each_phase_has_a_name_of_its_own(void **state) {
    (void)state;
    for (int i = 0; i < INDEX_PHASE_COUNT; i++) {
        assert_non_null(index_phase_name((enum index_phase)i));
        for (int j = 0; j < i; j++) {
            assert_string_not_equal(index_phase_name((enum index_phase)i), index_phase_name((enum index_phase)j));
        }
    }
    assert_string_equal(index_phase_name(INDEX_FOLLOWING), "following");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_last_report_is_read),
        cmocka_unit_test(test_each_phase_has_a_name_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
