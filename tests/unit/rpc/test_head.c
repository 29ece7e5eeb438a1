/* Which block counts as the newest, how long, and how often to ask: with times given by hand.
 * Each test makes and frees its own head.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "rpc/head.h"

enum { SECOND = 1000000 };

static struct block_ref block(uint64_t number, uint8_t fork, uint64_t timestamp) {
    struct block_ref b = {.number = number, .timestamp = timestamp};
    memset(b.hash.bytes, fork, sizeof b.hash.bytes);
    b.hash.bytes[31] = (uint8_t)number;
    return b;
}

static void take(struct head *head, struct block_ref b, uint64_t asked_us) {
    assert_true(head_take(head, HEAD_LATEST, &b, asked_us));
}

static uint64_t known(struct head *head) {
    struct head_reading reading;
    assert_true(head_read(head, &reading, HEAD_LATEST));
    return reading.block.number;
}

static void test_nothing_is_known_at_first(void **state) {
    (void)state;
    struct head *head = head_new(0);
    struct head_reading reading;
    struct block_ref b = block(1, 1, 1);
    assert_false(head_read(head, &reading, HEAD_LATEST));
    assert_false(head_read_fresh(head, &b, HEAD_LATEST, 0));
    assert_false(head_is_above(head, &b, &b));
    assert_false(head_is_final(head, 0));
    assert_int_equal(head_block_time_ms(head), 0);
    assert_int_equal(head_poll_ms(head), 1000);
    head_free(head);
}

static void test_reading_ages(void **state) {
    (void)state;
    struct head *head = head_new(2000); /* polled every second */
    struct block_ref b;
    take(head, block(5, 1, 100), 10 * SECOND);
    assert_true(head_read_fresh(head, &b, HEAD_LATEST, 10 * SECOND));
    assert_int_equal(b.number, 5);
    assert_true(head_read_fresh(head, &b, HEAD_LATEST, 12 * SECOND - 1));
    assert_false(head_read_fresh(head, &b, HEAD_LATEST, 12 * SECOND));

    struct block_ref safe = block(3, 1, 90);
    assert_true(head_take(head, HEAD_SAFE, &safe, 10 * SECOND));
    assert_true(head_read_fresh(head, &b, HEAD_SAFE, 11 * SECOND - 1));
    assert_int_equal(b.number, 3);
    assert_false(head_read_fresh(head, &b, HEAD_SAFE, 11 * SECOND));
    head_free(head);
}

/* anvil_reorg: the same height or a lower one, another hash. */
static void test_last_question_wins(void **state) {
    (void)state;
    struct head *head = head_new(0);
    struct head_reading reading;
    take(head, block(10, 1, 100), 1);
    take(head, block(10, 2, 101), 2);
    assert_true(head_read(head, &reading, HEAD_LATEST));
    assert_int_equal(reading.block.hash.bytes[0], 2);
    take(head, block(7, 3, 90), 3);
    assert_int_equal(known(head), 7);

    struct block_ref late = block(10, 1, 100); /* asked before the reorg, answered after it */
    assert_false(head_take(head, HEAD_LATEST, &late, 2));
    assert_int_equal(known(head), 7);
    head_free(head);
}

static void test_lower_answers_raise_doubt(void **state) {
    (void)state;
    struct head *head = head_new(0);
    struct block_ref before = block(10, 1, 100);
    struct block_ref out;
    take(head, before, 1);
    struct block_ref lower = block(9, 1, 99);
    struct block_ref same = block(10, 2, 99);
    assert_true(head_is_above(head, &out, &lower));
    assert_int_equal(out.number, 10);
    assert_false(head_is_above(head, &out, &same));
    head_doubt(head, &lower.hash, 2); /* not the head */
    assert_true(head_is_above(head, &out, &lower));
    head_doubt(head, &before.hash, 2);
    assert_false(head_is_above(head, &out, &lower));
    head_free(head);
}

static void test_doubted_head_is_asked_for_again(void **state) {
    (void)state;
    struct head *head = head_new(0);
    struct block_ref b = block(10, 1, 100);
    struct block_ref out;
    take(head, b, 1);
    head_doubt(head, &b.hash, 3);
    assert_false(head_read_fresh(head, &out, HEAD_LATEST, 4));
    assert_int_equal(known(head), 10); /* still there for /status */
    take(head, b, 2);                  /* asked before anybody doubted */
    assert_false(head_read_fresh(head, &out, HEAD_LATEST, 4));
    head_doubt(head, &b.hash, 9); /* one doubt is enough */
    take(head, b, 4);
    assert_true(head_read_fresh(head, &out, HEAD_LATEST, 5));
    head_doubt(head, &b.hash, 7);
    take(head, block(10, 2, 100), 6); /* another block is none that was doubted */
    assert_true(head_read_fresh(head, &out, HEAD_LATEST, 8));
    head_free(head);
}

static void test_block_time_is_measured(void **state) {
    (void)state;
    struct head *head = head_new(0);
    take(head, block(100, 1, 1000), 1);
    assert_int_equal(head_block_time_ms(head), 0);
    take(head, block(101, 1, 1012), 2);
    assert_int_equal(head_block_time_ms(head), 12000);
    assert_int_equal(head_poll_ms(head), 6000);
    take(head, block(102, 1, 1016), 3); /* one short step is smoothed */
    assert_int_equal(head_block_time_ms(head), 11000);
    take(head, block(142, 1, 1096), 4); /* forty blocks are their own average */
    assert_int_equal(head_block_time_ms(head), 2000);
    assert_int_equal(head_poll_ms(head), 1000);
    take(head, block(141, 2, 1094), 5); /* a reorg measures nothing */
    assert_int_equal(head_block_time_ms(head), 2000);
    take(head, block(182, 2, 1), 6); /* neither does a clock that runs back */
    assert_int_equal(head_block_time_ms(head), 2000);
    head_free(head);
}

static void test_poll_interval_is_clamped(void **state) {
    (void)state;
    struct head *fast = head_new(0);
    take(fast, block(100, 1, 1000), 1);
    take(fast, block(101, 1, 1000), 2); /* four blocks a second */
    assert_int_equal(head_poll_ms(fast), 250);
    take(fast, block(102, 1, 1000 + 86400), 3); /* mined on demand */
    assert_true(head_block_time_ms(fast) <= 15000);
    head_free(fast);

    struct head *slow = head_new(600000);
    assert_int_equal(head_poll_ms(slow), 6000);
    take(slow, block(1, 1, 0), 1);
    take(slow, block(2, 1, 1), 2);
    assert_int_equal(head_block_time_ms(slow), 600000); /* configured beats measured */
    head_free(slow);
}

static void test_finality(void **state) {
    (void)state;
    struct head *head = head_new(0);
    struct head_reading reading;
    struct block_ref b = block(64, 1, 100), lower = block(32, 1, 50), other = block(64, 2, 100);
    assert_true(head_take(head, HEAD_FINALIZED, &b, 1));
    assert_true(head_is_final(head, 64));
    assert_true(head_is_final(head, 0));
    assert_false(head_is_final(head, 65));
    assert_true(head_take(head, HEAD_FINALIZED, &lower, 2));
    assert_true(head_take(head, HEAD_FINALIZED, &other, 3));
    assert_true(head_read(head, &reading, HEAD_FINALIZED));
    assert_int_equal(reading.block.number, 64);
    assert_int_equal(reading.block.hash.bytes[0], 1);
    assert_int_equal(reading.asked_us, 3); /* it is as recent as the answer all the same */
    head_doubt(head, &b.hash, 4);
    assert_true(head_read_fresh(head, &b, HEAD_FINALIZED, 5)); /* nodes that do not know it lag */
    head_free(head);
}

static void test_safe_block_can_be_doubted(void **state) {
    (void)state;
    struct head *head = head_new(0);
    struct block_ref b = block(64, 1, 100);
    assert_true(head_take(head, HEAD_SAFE, &b, 1));
    head_doubt(head, &b.hash, 2);
    assert_false(head_read_fresh(head, &b, HEAD_SAFE, 3));
    head_free(head);
}

static void test_since_when(void **state) {
    (void)state;
    struct head *head = head_new(0);
    struct head_reading reading;
    take(head, block(10, 1, 100), 5);
    take(head, block(10, 1, 100), 7);
    assert_true(head_read(head, &reading, HEAD_LATEST));
    assert_int_equal(reading.moved_us, 5);
    take(head, block(11, 1, 102), 9);
    assert_true(head_read(head, &reading, HEAD_LATEST));
    assert_int_equal(reading.moved_us, 9);
    head_free(head);
}

static uint64_t wait_at(struct head *head, uint64_t wall_ms) {
    return head_wait_ms(head, wall_ms * 1000);
}

static void test_next_question_is_when_the_next_block_is_due(void **state) {
    (void)state;
    struct head *head = head_new(12000); /* 750 ms to travel, then every 1.5 s */
    assert_int_equal(wait_at(head, 1000000), 6000);
    take(head, block(10, 1, 1000), 1);
    assert_int_equal(wait_at(head, 1004000), 8750);
    assert_int_equal(wait_at(head, 1001000), 11750);
    assert_int_equal(wait_at(head, 1000500), 11750); /* it may be served for 12 s */
    assert_int_equal(wait_at(head, 1012700), 250);   /* not at once */
    assert_int_equal(wait_at(head, 1012750), 1500);  /* due: it may come any moment */
    assert_int_equal(wait_at(head, 1018750), 1500);
    assert_int_equal(wait_at(head, 1018751), 6000); /* skipped */
    assert_int_equal(wait_at(head, 2000000), 6000);
    assert_int_equal(wait_at(head, 900000), 6000); /* clocks differ */
    assert_int_equal(wait_at(head, 0), 6000);
    take(head, block(11, 1, UINT64_MAX), 2);
    assert_int_equal(wait_at(head, 1000000), 6000);
    head_free(head);

    struct head *fast = head_new(250);
    take(fast, block(10, 1, 1000), 1);
    for (uint64_t ms = 0; ms < 2000; ms += 10) assert_int_equal(wait_at(fast, 1000000 + ms), 250);
    head_free(fast);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_is_known_at_first),
        cmocka_unit_test(test_reading_ages),
        cmocka_unit_test(test_last_question_wins),
        cmocka_unit_test(test_lower_answers_raise_doubt),
        cmocka_unit_test(test_doubted_head_is_asked_for_again),
        cmocka_unit_test(test_block_time_is_measured),
        cmocka_unit_test(test_poll_interval_is_clamped),
        cmocka_unit_test(test_finality),
        cmocka_unit_test(test_safe_block_can_be_doubted),
        cmocka_unit_test(test_since_when),
        cmocka_unit_test(test_next_question_is_when_the_next_block_is_due),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
