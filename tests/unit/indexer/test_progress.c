/* Speed, what is left, and how both are shown.
 * Each test owns its progress.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "indexer/progress.h"

static void test_speed(void **state) {
    (void)state;
    struct progress progress = {.logs = 0};
    assert_int_equal(progress_logs_per_s(&progress, 5000), 0);
    assert_int_equal(progress_eta_s(&progress, 5000, 10), 0);
    progress_note(&progress, 5000, 500, 10);
    assert_int_equal(progress_logs_per_s(&progress, 5000), 0); /* no time has passed */
    assert_int_equal(progress_logs_per_s(&progress, 6000), 500);
    assert_int_equal(progress_eta_s(&progress, 6000, 100), 11);
    assert_int_equal(progress_eta_s(&progress, 6000, 0), 0);
    assert_int_equal(progress.logs, 500);
    assert_int_equal(progress.blocks, 10);
}

/* What was done long ago no longer counts: a fast beginning says nothing of now. */
static void test_speed_lately(void **state) {
    (void)state;
    struct progress progress = {.logs = 0};
    progress_note(&progress, 1000, 1000000, 1000000);
    for (uint64_t ms = 2000; ms <= 23000; ms += 500) {
        progress_note(&progress, ms, ms < 20000 ? 50 : 250, 5);
    }
    assert_int_equal(progress_logs_per_s(&progress, 23500), 247);
    assert_int_equal(progress_eta_s(&progress, 23500, 98), 10);
}

static void test_line(void **state) {
    (void)state;
    static const struct {
        struct index_report report;
        const char *line;
    } rows[] = {
        {{.next_block = 1234567, .target = 19000000, .logs_per_s = 41200, .eta_s = 7980},
         "default: block 1,234,567 of 19,000,000  6.5%  41,200 logs/s  2 h 13 min left"},
        {{.next_block = 0, .target = 0}, "default: block 0 of 0  0.0%  0 logs/s"},
        {{.next_block = 100, .target = 999, .logs_per_s = 999, .eta_s = 59},
         "default: block 100 of 999  10.0%  999 logs/s  59 s left"},
        {{.next_block = 1000, .target = 1999, .logs_per_s = 1000, .eta_s = 60},
         "default: block 1,000 of 1,999  50.0%  1,000 logs/s  1 min left"},
        {{.next_block = 1000, .target = 999, .eta_s = 3600},
         "default: block 1,000 of 999  100.0%  0 logs/s  1 h 0 min left"},
        {{.next_block = 2000, .target = 999, .eta_s = 200000},
         "default: block 2,000 of 999  100.0%  0 logs/s  2 d 7 h left"},
    };
    char line[PROGRESS_LINE_BYTES];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(progress_format(line, "default", &rows[i].report), strlen(rows[i].line));
        assert_string_equal(line, rows[i].line);
    }
}

/* The longest that can be. */
static void test_line_fits(void **state) {
    (void)state;
    char line[PROGRESS_LINE_BYTES], name[256];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    const struct index_report report = {
        .next_block = UINT64_MAX, .target = UINT64_MAX - 1, .logs_per_s = UINT64_MAX, .eta_s = UINT64_MAX};
    size_t len = progress_format(line, name, &report);
    assert_int_equal(len, strlen(line));
    assert_string_equal(line + len - 5, " left");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_speed),
        cmocka_unit_test(test_speed_lately),
        cmocka_unit_test(test_line),
        cmocka_unit_test(test_line_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
