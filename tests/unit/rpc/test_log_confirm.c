/* Empty answers about ranges are believed only when something else says the same.
 * Each test owns its nodes; reading happens in a coroutine, judging afterwards.
 * Runs on the test's thread, except what the nodes serve. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "log_reading.h"

static void test_a_false_empty_answer_is_found_out_by_another_node(void **state) {
    (void)state;
    struct log_node nodes[] = {{.head = HEAD, .every = 7, .hides_ranges = true}, {.head = HEAD, .every = 7}};
    struct reading reading = reading_of(1, 100);
    run(&reading, nodes, 2);
    assert_int_equal(reading.outcomes[0], LOGS_OK);
    assert_logs(&reading, 7, 1, 100);
    logs_free(&reading.logs);
}

/* The range is short enough that all of its blocks are looked at. */
static void test_a_false_empty_answer_is_found_out_by_the_blooms(void **state) {
    (void)state;
    struct log_node node = {.head = HEAD, .every = 20, .hides_ranges = true};
    struct reading reading = reading_of(1, 30);
    run(&reading, &node, 1);
    assert_int_equal(reading.outcomes[0], LOGS_FAILED);
    assert_int_equal(reading.fault.code, ERR_UPSTREAM_ERROR);
    assert_int_equal(reading.logs.n_transfers, 0);
    assert_int_equal(node.blocks, 1);
    logs_free(&reading.logs);

    struct log_node blank = {.head = HEAD, .every = 20, .hides_ranges = true, .blank_blooms = true};
    reading = reading_of(1, 30);
    run(&reading, &blank, 1); /* there is nothing to find it out by */
    assert_int_equal(reading.outcomes[0], LOGS_OK);
    assert_int_equal(blank.blocks, 0);
    logs_free(&reading.logs);
}

static void test_an_empty_range(void **state) {
    (void)state;
    struct log_node node = {.head = HEAD};
    struct reading reading = reading_of(1, 4000);
    run(&reading, &node, 1);
    assert_int_equal(reading.outcomes[0], LOGS_OK);
    assert_int_equal(reading.logs.n_transfers, 0);
    assert_int_equal(node.blocks, 0);
    assert_true(node.headers > 1 && node.headers <= 33);
    logs_free(&reading.logs);
}

/* Another node that gives fewer blocks cannot confirm it; the blooms can. */
static void test_the_other_node_gives_fewer_blocks(void **state) {
    (void)state;
    struct log_node nodes[] = {
        {.head = HEAD},
        {.head = HEAD, .max_blocks = 10, .too_many = ERROR_JSON(-32701, "exceed maximum block range: 10")},
    };
    struct reading reading = reading_of(1, 100);
    run(&reading, nodes, 2);
    assert_int_equal(reading.outcomes[0], LOGS_OK);
    assert_int_equal(reading.fault.code, ERR_OK);
    assert_int_equal(nodes[1].ranges, 1);
    assert_true(nodes[0].headers > 1);
    logs_free(&reading.logs);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_false_empty_answer_is_found_out_by_another_node),
        cmocka_unit_test(test_a_false_empty_answer_is_found_out_by_the_blooms),
        cmocka_unit_test(test_an_empty_range),
        cmocka_unit_test(test_the_other_node_gives_fewer_blocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
