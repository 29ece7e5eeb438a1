/* Which phases follow on one another; the rest are bugs.
 * Static data.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "../death.h"
#include "indexer/phase.h"

/* For each phase, in the order of the enum, the first letters of those that may follow. */
static const char letters[] = "ocsbufh"; /* off, connecting, standby, backfill, building, following, halted */
static const char *const may_follow[INDEX_PHASE_COUNT] = {
    [INDEX_OFF] = "csbufh",     [INDEX_CONNECTING] = "osbufh", [INDEX_STANDBY] = "ocbufh", [INDEX_BACKFILL] = "ocufh",
    [INDEX_BUILDING] = "ocbfh", [INDEX_FOLLOWING] = "ocbuh",   [INDEX_HALTED] = "ocbuf",
};

static struct phase phase_in(enum index_phase now) {
    struct phase phase;
    phase_init(&phase, "test", 0);
    assert_int_equal(phase.now, INDEX_OFF);
    phase.now = now;
    return phase;
}

static enum index_phase from, to;

static void enter(void) {
    struct phase phase = phase_in(from);
    phase_enter(&phase, to);
}

static void test_transitions(void **state) {
    (void)state;
    for (from = INDEX_OFF; from < INDEX_PHASE_COUNT; from++) {
        for (to = INDEX_OFF; to < INDEX_PHASE_COUNT; to++) {
            if (from != to && strchr(may_follow[from], letters[to]) == NULL) {
                assert_aborts(enter);
                continue;
            }
            struct phase phase = phase_in(from);
            phase_enter(&phase, to);
            assert_int_equal(phase.now, to);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_transitions)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
