/* What the window of the last blocks holds as heads come, in order and out of it, and what a round's notes remember.
 * Each test owns its window; the headers that are asked for are the test's own.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "indexer/tx_notes.h"
#include "indexer/tx_window.h"
#include "rpc/logs.h"

/* On branch b from its first block on, below that on a. */
static hash32 hash_of(uint64_t number, char branch, uint64_t fork) {
    return (hash32){.bytes = {(uint8_t)(number >= fork ? branch : 'a'), (uint8_t)(number >> 8), (uint8_t)number}};
}

static struct block_ref block(uint64_t number, char branch, uint64_t fork) {
    struct block_ref out = {.number = number, .hash = hash_of(number, branch, fork), .timestamp = 1000 + number};
    if (number > 0) out.parent_hash = hash_of(number - 1, branch, fork);
    return out;
}

static struct block_ref on_a(uint64_t number) {
    return block(number, 'a', 0);
}

/* Headers that nodes have: of a, but for one. */
static struct {
    uint64_t wrong; /* a block of that number says that it has another */
    unsigned reads;
} nodes;

enum err header_read_hash(struct task *task, struct chain *chain, struct header *out, const hash32 *hash) {
    const uint64_t number = (uint64_t)hash->bytes[1] << 8 | hash->bytes[2];
    (void)task, (void)chain;
    nodes.reads++;
    out->block = on_a(number);
    assert_true(hash32_equal(&out->block.hash, hash));
    if (nodes.wrong != 0 && number == nodes.wrong) out->block.number++;
    return ERR_OK;
}

static void fill(struct tx_window *window, uint64_t first, uint64_t last) {
    for (uint64_t number = first; number <= last; number++) {
        const struct block_ref next = on_a(number);
        (void)tx_window_put(window, &next);
    }
}

static void assert_window(const struct tx_window *window, uint64_t first, uint64_t last) {
    assert_int_equal(window->n, last - first + 1);
    assert_null(first == 0 ? NULL : tx_window_at(window, first - 1));
    assert_null(tx_window_at(window, last + 1));
    for (uint64_t number = first; number <= last; number++) {
        assert_int_equal(tx_window_at(window, number)->number, number);
    }
    assert_int_equal(tx_window_top(window)->number, last);
}

static void test_empty(void **state) {
    struct tx_window window;
    (void)state;
    tx_window_init(&window);
    assert_null(tx_window_top(&window));
    assert_null(tx_window_at(&window, 0));
    tx_window_free(&window);
}

static void test_grows(void **state) {
    struct tx_window window;
    const struct block_ref first = on_a(100), next = on_a(101);
    (void)state;
    tx_window_init(&window);
    assert_false(tx_window_put(&window, &first));
    assert_false(tx_window_put(&window, &next));
    assert_window(&window, 100, 101);
    const struct block_ref below = on_a(99);
    tx_window_put_below(&window, &below);
    assert_window(&window, 99, 101);
    tx_window_free(&window);
}

static void test_takes_back(void **state) {
    struct tx_window window;
    const struct block_ref other = block(103, 'b', 103), far = on_a(500);
    (void)state;
    tx_window_init(&window);
    fill(&window, 100, 105);
    assert_true(tx_window_put(&window, &other));
    assert_window(&window, 100, 103);
    assert_true(hash32_equal(&tx_window_at(&window, 103)->hash, &other.hash));
    assert_true(tx_window_put(&window, &far)); /* what lies between is not known */
    assert_window(&window, 500, 500);
    tx_window_free(&window);
}

static void test_never_overflows(void **state) {
    struct tx_window window;
    (void)state;
    tx_window_init(&window);
    fill(&window, 0, TX_WINDOW_MAX - 1);
    assert_window(&window, 0, TX_WINDOW_MAX - 1);
    fill(&window, TX_WINDOW_MAX, TX_WINDOW_MAX);
    assert_window(&window, TX_WINDOW_MAX / 2, TX_WINDOW_MAX);
    fill(&window, TX_WINDOW_MAX + 1, 3 * TX_WINDOW_MAX);
    assert_true(window.n <= TX_WINDOW_MAX && window.n >= TX_WINDOW_REACH);
    assert_int_equal(tx_window_top(&window)->number, 3 * TX_WINDOW_MAX);
    tx_window_free(&window);
}

/* A head that the window has already, or that follows from its top, costs no question: there is no chain to ask. */
static void test_follows_without_asking(void **state) {
    struct tx_window window;
    struct task task = {.reactor = NULL};
    bool reorged, behind;
    (void)state;
    tx_window_init(&window);
    const struct block_ref heads[] = {on_a(7), on_a(8), on_a(8), on_a(7), block(8, 'b', 8)};
    const bool reorgs[] = {false, false, false, false, true}, lags[] = {false, false, false, true, false};
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        assert_int_equal(tx_window_follow(&task, NULL, &window, &heads[i], &reorged, &behind), ERR_OK);
        assert_int_equal(reorged, reorgs[i]);
        assert_int_equal(behind, lags[i]);
    }
    assert_window(&window, 7, 8);
    assert_true(hash32_equal(&tx_window_top(&window)->hash, &heads[4].hash));
    tx_window_free(&window);
}

static enum err reach(struct tx_window *window, uint64_t number) {
    struct task task = {.reactor = NULL};
    nodes.reads = 0;
    return tx_window_reach(&task, NULL, window, number);
}

/* Some blocks at a time, and not below what it ever reaches to. */
static void test_reaches_down(void **state) {
    enum { TOP = 2000, STEPS = 64 };
    struct tx_window window;
    (void)state;
    nodes.wrong = 0;
    tx_window_init(&window);
    fill(&window, TOP, TOP);
    assert_int_equal(reach(&window, TOP - 3), ERR_OK);
    assert_window(&window, TOP - 3, TOP);
    assert_int_equal(nodes.reads, 3);
    assert_int_equal(reach(&window, TOP - 2), ERR_OK);
    assert_int_equal(nodes.reads, 0);
    assert_int_equal(reach(&window, 0), ERR_OK);
    assert_int_equal(nodes.reads, STEPS);
    for (unsigned i = 0; i < TX_WINDOW_REACH / STEPS; i++) assert_int_equal(reach(&window, 0), ERR_OK);
    assert_window(&window, TOP - TX_WINDOW_REACH, TOP);
    assert_int_equal(reach(&window, 0), ERR_OK);
    assert_int_equal(nodes.reads, 0);
    tx_window_free(&window);
}

static void test_reaches_no_block_of_another_number(void **state) {
    struct tx_window window;
    (void)state;
    nodes.wrong = 98;
    tx_window_init(&window);
    fill(&window, 100, 100);
    assert_int_equal(reach(&window, 90), ERR_UPSTREAM_ERROR);
    assert_window(&window, 99, 100);
    tx_window_free(&window);
}

/* Behind a gap the path to the window is read; behind a long one it begins anew. */
static void test_follows_over_a_gap(void **state) {
    struct task task = {.reactor = NULL};
    struct tx_window window;
    const struct block_ref near = on_a(110), far = on_a(1000);
    bool reorged, behind;
    (void)state;
    nodes.wrong = nodes.reads = 0;
    tx_window_init(&window);
    fill(&window, 99, 100);
    assert_int_equal(tx_window_follow(&task, NULL, &window, &near, &reorged, &behind), ERR_OK);
    assert_false(reorged || behind);
    assert_int_equal(nodes.reads, 9);
    assert_window(&window, 99, 110);
    assert_int_equal(tx_window_follow(&task, NULL, &window, &far, &reorged, &behind), ERR_OK);
    assert_window(&window, 1000 - 63, 1000);
    tx_window_free(&window);
}

static void take_and_put(struct tx_notes *notes, const int64_t *ids, size_t n, uint64_t looked_s) {
    tx_notes_begin(notes);
    for (size_t i = 0; i < n; i++) {
        struct tx_note note = tx_notes_take(notes, ids[i]);
        note.looked_s += looked_s;
        tx_notes_put(notes, &note);
    }
}

static uint64_t looked_s(struct tx_notes *notes, int64_t id) {
    return tx_notes_take(notes, id).looked_s;
}

static void test_notes(void **state) {
    static const int64_t all[] = {1, 2, 5, 9}, some[] = {2, 9, 12};
    struct tx_notes notes = {.last = NULL};
    (void)state;
    take_and_put(&notes, all, 4, 1);
    tx_notes_end(&notes);
    take_and_put(&notes, some, 3, 10);
    tx_notes_end(&notes);
    tx_notes_begin(&notes);
    assert_int_equal(looked_s(&notes, 1), 0); /* the round before did not come to it */
    assert_int_equal(looked_s(&notes, 2), 11);
    assert_int_equal(looked_s(&notes, 5), 0);
    assert_int_equal(looked_s(&notes, 9), 11);
    assert_int_equal(looked_s(&notes, 12), 10);
    assert_int_equal(tx_notes_take(&notes, 13).verdict, TX_TAKEN);
    tx_notes_free(&notes);
}

/* A round that has failed leaves what the one before it noted. */
static void test_notes_of_a_broken_round(void **state) {
    static const int64_t all[] = {1, 2};
    struct tx_notes notes = {.last = NULL};
    (void)state;
    take_and_put(&notes, all, 2, 1);
    tx_notes_end(&notes);
    take_and_put(&notes, all, 1, 10);
    tx_notes_begin(&notes);
    assert_int_equal(looked_s(&notes, 1), 1);
    assert_int_equal(looked_s(&notes, 2), 1);
    tx_notes_free(&notes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_grows),
        cmocka_unit_test(test_takes_back),
        cmocka_unit_test(test_never_overflows),
        cmocka_unit_test(test_follows_without_asking),
        cmocka_unit_test(test_reaches_down),
        cmocka_unit_test(test_reaches_no_block_of_another_number),
        cmocka_unit_test(test_follows_over_a_gap),
        cmocka_unit_test(test_notes),
        cmocka_unit_test(test_notes_of_a_broken_round),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
