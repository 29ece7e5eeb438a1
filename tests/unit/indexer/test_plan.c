/* How ranges grow and shrink with what nodes answer.
 * Each test owns its plan.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "indexer/plan.h"

static void test_answers(void **state) {
    (void)state;
    static const struct {
        uint64_t before, asked;
        size_t logs;
        uint64_t ms, after;
    } rows[] = {
        {64, 64, 0, 10, 128},    /* nothing there: twice as much */
        {64, 64, 10, 10, 128},   /* little */
        {64, 64, 2500, 10, 128}, /* twice as much is what is aimed for */
        {64, 64, 4000, 10, 80},  /* a bit more would fit */
        {64, 64, 5000, 10, 64},  /* just right */
        {64, 64, 7000, 10, 64},  /* a bit more than that: it stays */
        {64, 64, 20000, 10, 16}, /* far too many */
        {64, 64, 640000, 10, 1}, /* never less than a block */
        {64, 64, 0, 3000, 64},   /* it took its time: no more than that */
        {64, 64, 0, 11000, 32},  /* too long */
        {1, 1, 0, 11000, 1},     /* no shorter than a block */
        {1, 1, 50000, 10, 1},
        {128, 64, 0, 10, 128}, /* the second of ten answers of this length */
        {16, 64, 0, 10, 128},
        {16, 64, 7000, 10, 45}, /* from a longer range than is asked for now */
        {1000, 64, 20000, 10, 16},
        {90000, 90000, 0, 10, 100000}, /* as long as it gets */
        {100000, 100000, 0, 10, 100000},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct plan plan = {.blocks = rows[i].before};
        plan_answered(&plan, rows[i].asked, rows[i].logs, rows[i].ms);
        if (plan.blocks != rows[i].after) print_error("row %zu: %llu\n", i, (unsigned long long)plan.blocks);
        assert_int_equal(plan.blocks, rows[i].after);
    }
}

static void test_refusals(void **state) {
    (void)state;
    static const struct {
        uint64_t from, to, suggested, last, blocks;
    } rows[] = {
        {100, 199, 0, 149, 50},
        {100, 102, 0, 100, 1},
        {100, 101, 0, 100, 1},
        {100, 199, 109, 109, 10},
        {100, 199, 100, 100, 1},
        {100, 199, 199, 149, 50},
        {100, 199, 300, 149, 50},
        {100, 199, 99, 149, 50},
        {0, UINT64_MAX - 1, 0, UINT64_MAX / 2 - 1, 1000}, /* the next range was shorter already */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct plan plan = {.blocks = 1000};
        assert_int_equal(plan_refused(&plan, rows[i].from, rows[i].to, rows[i].suggested), rows[i].last);
        assert_int_equal(plan.blocks, rows[i].blocks);
    }
}

static void test_caps(void **state) {
    (void)state;
    struct plan plan;
    plan_init(&plan);
    assert_int_equal(plan_blocks(&plan, 0), PLAN_FIRST_BLOCKS);
    assert_int_equal(plan_blocks(&plan, 10), 10);
    assert_int_equal(plan_blocks(&plan, 100000), PLAN_FIRST_BLOCKS);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_caps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
