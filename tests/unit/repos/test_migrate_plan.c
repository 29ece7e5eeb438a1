/* What a database says was applied, against what a dappd has: every way in which they may differ.
 * Owns nothing.
 * One thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "repos/migrate_plan.h"
#include "repos/migration.h"

/* A step for each pair: version, and a digit that stands for the file's checksum. */
static size_t read_steps(struct migrate_step *steps, const char *text) {
    size_t n = 0;
    for (; text[0] != '\0'; text += text[2] == ' ' ? 3 : 2) {
        steps[n].version = text[0] - '0';
        memset(&steps[n++].checksum, text[1], sizeof(hash32));
    }
    return n;
}

static void test_compare(void **state) {
    static const struct {
        const char *applied, *ours;
        enum migrate_verdict verdict;
        int64_t version;
    } rows[] = {
        {"", "1a 2b 3c", MIGRATE_APPLY, 0},           {"1a", "1a 2b 3c", MIGRATE_APPLY, 1},
        {"1a 2b 3c", "1a 2b 3c", MIGRATE_APPLY, 3},   {"1a 2b 3c 4d", "1a 2b 3c", MIGRATE_NEWER, 4},
        {"1x 2b 4d", "1a 2b 3c", MIGRATE_NEWER, 4},   {"9z", "1a", MIGRATE_NEWER, 9},
        {"2b", "1a 2b 3c", MIGRATE_GAP, 1},           {"1a 3c", "1a 2b 3c", MIGRATE_GAP, 2},
        {"0a 1a", "1a 2b", MIGRATE_GAP, 1},           {"1b", "1a 2b 3c", MIGRATE_CHANGED, 1},
        {"1a 2x 3c", "1a 2b 3c", MIGRATE_CHANGED, 2}, {"1a 2b 3x", "1a 2b 3c", MIGRATE_CHANGED, 3},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct migrate_step applied[8], ours[8];
        size_t n_applied = read_steps(applied, rows[i].applied), n_ours = read_steps(ours, rows[i].ours);
        int64_t version = -1;
        assert_int_equal(migrate_compare(&version, applied, n_applied, ours, n_ours), rows[i].verdict);
        assert_int_equal(version, rows[i].version);
    }
}

static void test_files_are_compiled_in(void **state) {
    (void)state;
    assert_true(migrations_end - migrations >= 1);
    assert_string_equal(migrations[0].file, "sql/0001_init.sql");
    for (const struct migration *m = migrations; m < migrations_end; m++) {
        assert_int_equal(strlen(m->text), m->end - m->text);
        assert_int_equal(m->end[-1], '\n');
    }
    assert_non_null(strstr(migrations[0].text, "CREATE TABLE transfers"));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_compare), cmocka_unit_test(test_files_are_compiled_in)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
