/* Whether a head means new blocks, a slow node or a reorg, and how deep one goes.
 * Static data.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "indexer/fork.h"

static struct block_ref block(uint64_t number, char branch) {
    return (struct block_ref){.number = number, .hash = {.bytes = {(uint8_t)branch, (uint8_t)number}}};
}

/* A branch of 0: the index keeps no such block. */
static const struct block_ref *kept(struct block_ref *out, uint64_t number, char branch) {
    *out = block(number, branch);
    return branch == 0 ? NULL : out;
}

static void test_view(void **state) {
    (void)state;
    static const struct {
        uint64_t head;
        char branch, ours;
        enum head_view view;
    } rows[] = {
        {100, 'a', 0, HEAD_IS_TIP},      {101, 'a', 0, HEAD_IS_AHEAD},   {500, 'b', 0, HEAD_IS_AHEAD},
        {100, 'b', 0, HEAD_IS_REPLACED}, {99, 'a', 'a', HEAD_IS_BEHIND}, {99, 'b', 'a', HEAD_IS_REPLACED},
        {3, 'a', 0, HEAD_IS_BEHIND},
    };
    struct block_ref tip = block(100, 'a'), ours;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct block_ref head = block(rows[i].head, rows[i].branch);
        assert_int_equal(fork_view(&tip, &head, kept(&ours, rows[i].head, rows[i].ours)), rows[i].view);
    }
}

static void test_step(void **state) {
    (void)state;
    static const struct {
        uint64_t number;
        char theirs, ours;
        enum fork_step step;
    } rows[] = {
        {90, 'a', 'a', FORK_FOUND},    {90, 'b', 'a', FORK_DEEPER},   {51, 'b', 'a', FORK_DEEPER},
        {50, 'a', 'a', FORK_FOUND},    {50, 'b', 'a', FORK_TOO_DEEP}, {49, 'a', 'a', FORK_TOO_DEEP},
        {49, 'b', 'a', FORK_TOO_DEEP}, {50, 'a', 0, FORK_TOO_DEEP},   {120, 'b', 0, FORK_DEEPER},
    };
    struct block_ref ours;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct block_ref theirs = block(rows[i].number, rows[i].theirs);
        assert_int_equal(fork_step(&theirs, kept(&ours, rows[i].number, rows[i].ours), 50), rows[i].step);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_view),
        cmocka_unit_test(test_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
