/* Pieces are given out in order, whatever order they are read, split and retried in.
 * Each test owns its list.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "indexer/pieces.h"

enum { NO_LIMIT = 1000000 };

static struct pieces pieces;

static int tear_down(void **state) {
    (void)state;
    pieces_free(&pieces);
    return 0;
}

static struct piece *take(uint64_t blocks, uint64_t from, uint64_t to) {
    struct piece *piece = pieces_take(&pieces, blocks, NO_LIMIT);
    assert_non_null(piece);
    assert_int_equal(piece->from, from);
    assert_int_equal(piece->to, to);
    return piece;
}

static void expect_ready(uint64_t from, uint64_t to) {
    assert_true(pieces_ready(&pieces));
    struct piece *piece = pieces_shift(&pieces);
    assert_int_equal(piece->from, from);
    assert_int_equal(piece->to, to);
    piece_free(piece);
}

static void test_order(void **state) {
    (void)state;
    pieces_init(&pieces, 10, 39);
    struct piece *a = take(10, 10, 19), *b = take(15, 20, 34), *c = take(10, 35, 39);
    assert_null(pieces_take(&pieces, 10, NO_LIMIT));
    pieces_done(&pieces, c);
    pieces_done(&pieces, b);
    assert_false(pieces_ready(&pieces));
    pieces_done(&pieces, a);
    expect_ready(10, 19);
    expect_ready(20, 34);
    expect_ready(35, 39);
    assert_false(pieces_ready(&pieces));
    assert_null(pieces.first);
}

static void test_split_and_retry(void **state) {
    (void)state;
    pieces_init(&pieces, 0, 99);
    struct piece *a = take(50, 0, 49), *b = take(50, 50, 99);
    pieces_split(&pieces, a, 9);
    struct piece *second = NULL;
    a = take(50, 0, 9);
    second = take(50, 10, 49); /* where it was: before b */
    pieces_undo(&pieces, second);
    second = take(20, 10, 29); /* a retry may be shorter */
    struct piece *third = take(50, 30, 49);
    pieces_done(&pieces, b);
    pieces_done(&pieces, third);
    pieces_done(&pieces, a);
    expect_ready(0, 9);
    assert_false(pieces_ready(&pieces));
    pieces_done(&pieces, second);
    expect_ready(10, 29);
    expect_ready(30, 49);
    expect_ready(50, 99);
}

static void add_rows(struct piece *piece, size_t n) {
    piece->logs.transfers = calloc(n, sizeof *piece->logs.transfers);
    assert_non_null(piece->logs.transfers);
    piece->logs.n_transfers = piece->logs.transfers_cap = n;
}

/* What has to be given out next is never held back: all the rest would wait for it for ever. */
static void test_bound(void **state) {
    (void)state;
    pieces_init(&pieces, 0, 99);
    struct piece *a = take(10, 0, 9), *b = take(10, 10, 19);
    add_rows(b, 100);
    pieces_done(&pieces, b);
    assert_null(pieces_take(&pieces, 10, 100));
    struct piece *c = pieces_take(&pieces, 10, 101);
    assert_non_null(c);
    pieces_undo(&pieces, a);
    assert_ptr_equal(pieces_take(&pieces, 10, 100), a);
    pieces_done(&pieces, a);
    pieces_done(&pieces, c);
    expect_ready(0, 9);
    assert_int_equal(pieces.rows, 100);
    expect_ready(10, 19);
    assert_int_equal(pieces.rows, 0);
    assert_non_null(pieces_take(&pieces, 100, 100));
    pieces.first->next->state = PIECE_UNREAD;
    pieces.reading = 0;
}

static void test_ends_of_numbers(void **state) {
    (void)state;
    pieces_init(&pieces, 0, UINT64_MAX - 1);
    struct piece *all = take(UINT64_MAX, 0, UINT64_MAX - 1);
    pieces_split(&pieces, all, 0);
    all = take(1, 0, 0);
    pieces_done(&pieces, all);
    expect_ready(0, 0);
    all = take(UINT64_MAX, 1, UINT64_MAX - 1);
    pieces_undo(&pieces, all);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_order, tear_down),
        cmocka_unit_test_teardown(test_split_and_retry, tear_down),
        cmocka_unit_test_teardown(test_bound, tear_down),
        cmocka_unit_test_teardown(test_ends_of_numbers, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
