/* Which block counts, from what honest, lagging and lying nodes say.
 * Each test fills in its own voters.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "vote_blocks.h"

enum { SECOND = 1000000 };

/* A vote by hand: everybody counts and was asked at 1. */
struct hand {
    struct voter voters[MAX_VOTERS];
    struct ballot ballot;
    struct verdict verdict;
};

static struct hand *hand_of(size_t n) {
    static struct hand hand;
    memset(&hand, 0, sizeof hand);
    hand.ballot = (struct ballot){.voters = hand.voters, .n = n};
    for (size_t i = 0; i < n; i++) hand.voters[i].counts = true;
    return &hand;
}

static void report(struct hand *hand, size_t voter, struct block_ref block, uint64_t asked_us) {
    voter_report(&hand->voters[voter], &block, asked_us);
}

static void answer(struct hand *hand, size_t voter, struct block_ref block) {
    voter_answer(&hand->voters[voter], block.number, &block, hand->voters[voter].asked_us);
}

static bool decides(struct hand *hand) {
    return vote_decide(&hand->verdict, &hand->ballot);
}

static void assert_verdict(const struct hand *hand, struct block_ref want) {
    assert_int_equal(hand->verdict.block.number, want.number);
    assert_memory_equal(&hand->verdict.block.hash, &want.hash, sizeof want.hash);
    assert_int_equal(hand->verdict.block.timestamp, want.timestamp);
}

static void test_nobody_and_one(void **state) {
    (void)state;
    struct hand *hand = hand_of(3);
    assert_false(decides(hand));
    assert_false(vote_fall_back(&hand->verdict, &hand->ballot));
    hand = hand_of(1);
    report(hand, 0, common(7), 1);
    assert_true(decides(hand));
    assert_verdict(hand, common(7));
}

static void test_one_alone_moves_nothing(void **state) {
    (void)state;
    struct hand *hand = hand_of(3);
    report(hand, 0, common(100), 1);
    assert_false(decides(hand)); /* one of three */
    report(hand, 1, common(100), 1);
    assert_true(decides(hand)); /* no need to wait for the third */
    assert_verdict(hand, common(100));
    report(hand, 2, common(101), 1); /* a single higher claim */
    assert_true(decides(hand));
    assert_verdict(hand, common(100));
    report(hand, 0, common(101), 2);
    assert_true(decides(hand));
    assert_verdict(hand, common(101));
    assert_int_equal(hand->verdict.asked_us, 1); /* the second of the majority was asked then */
    report(hand, 1, common(101), 2);
    assert_true(decides(hand));
    assert_int_equal(hand->verdict.asked_us, 2);
}

static void test_of_two_the_lower_one_until_both_have_it(void **state) {
    (void)state;
    struct hand *hand = hand_of(2);
    report(hand, 0, common(100), 1);
    report(hand, 0, common(101), 2);
    report(hand, 1, common(100), 2);
    assert_true(decides(hand));
    assert_verdict(hand, common(100));
    hand->voters[1].counts = false; /* it hangs */
    assert_true(decides(hand));
    assert_verdict(hand, common(101));
}

static void test_made_up_block_never_wins(void **state) {
    (void)state;
    struct hand *hand = hand_of(3);
    report(hand, 0, block_of(1000000, 9, 99), 1);
    report(hand, 1, common(100), 1);
    report(hand, 2, common(100), 1);
    assert_true(decides(hand));
    assert_verdict(hand, common(100));
    report(hand, 0, block_of(101, 9, 100), 2); /* on top of what is true */
    report(hand, 1, common(101), 2);
    report(hand, 2, common(101), 2);
    assert_true(decides(hand));
    assert_verdict(hand, common(101));
}

static void test_own_words_lead_down(void **state) {
    (void)state;
    struct hand *hand = hand_of(3);
    for (uint64_t n = 97; n <= 100; n++) report(hand, 0, common(n), n);
    report(hand, 1, common(97), 100);
    report(hand, 2, block_of(97, 5, 90), 100);
    assert_true(decides(hand));
    assert_verdict(hand, common(97));
    struct block_ref other = block_of(98, 5, 97);
    assert_int_equal(voter_stand(&hand->voters[0], &other), VOTER_DENIES);
    other = common(101);
    assert_int_equal(voter_stand(&hand->voters[0], &other), VOTER_DENIES);
    other = common(96); /* its hash follows, but nothing else of it */
    assert_int_equal(voter_stand(&hand->voters[0], &other), VOTER_UNKNOWN);
    other = block_of(96, 5, 90);
    assert_int_equal(voter_stand(&hand->voters[0], &other), VOTER_DENIES);
}

/* Only the true hash of 101 is known to the honest one; the liar makes it lead elsewhere. */
static void test_words_of_others_do_not_count(void **state) {
    (void)state;
    struct hand *hand = hand_of(3);
    struct block_ref poisoned = common(101);
    poisoned.parent_hash = hash_of(100, 9);
    report(hand, 0, common(102), 1);
    report(hand, 1, poisoned, 1);
    report(hand, 1, block_of(100, 9, 99), 2);
    assert_false(decides(hand));
    struct block_ref forged = common(101);
    forged.timestamp = 7;
    report(hand, 1, forged, 3);
    assert_false(decides(hand)); /* the right hash, but not the block */
}

static void test_questions_find_what_is_common(void **state) {
    (void)state;
    struct hand *hand = hand_of(3);
    struct block_ref block;
    report(hand, 0, common(105), 1);
    report(hand, 1, common(100), 1);
    report(hand, 2, block_of(103, 9, 90), 1);
    assert_false(decides(hand));
    assert_true(vote_open_question(&block, &hand->ballot));
    assert_int_equal(block.number, 103); /* the highest that two of three may have */
    assert_true(vote_is_asked(&hand->ballot, 0, &block));
    assert_false(vote_is_asked(&hand->ballot, 1, &block));
    assert_false(vote_is_asked(&hand->ballot, 2, &block));
    answer(hand, 0, common(103));
    assert_false(decides(hand));
    assert_true(vote_open_question(&block, &hand->ballot));
    assert_int_equal(block.number, 100);
    voter_answer(&hand->voters[2], 100, NULL, 1);
    answer(hand, 0, common(100));
    assert_true(decides(hand));
    assert_verdict(hand, common(100));
    assert_false(vote_open_question(&block, &hand->ballot) && vote_is_asked(&hand->ballot, 0, &block));
}

static void test_answers_outlive_children_only(void **state) {
    (void)state;
    struct hand *hand = hand_of(2);
    struct block_ref below = common(100);
    report(hand, 0, common(105), 1);
    answer(hand, 0, below);
    assert_int_equal(voter_stand(&hand->voters[0], &below), VOTER_SUPPORTS);
    report(hand, 0, common(106), 2);
    assert_int_equal(voter_stand(&hand->voters[0], &below), VOTER_SUPPORTS);
    report(hand, 0, common(108), 3); /* a reorg may have come between */
    assert_int_equal(voter_stand(&hand->voters[0], &below), VOTER_UNKNOWN);
    report(hand, 0, common(104), 2); /* late: asked before */
    assert_int_equal(hand->voters[0].newest.number, 108);
    voter_answer(&hand->voters[0], 100, &below, 2); /* late as well */
    assert_int_equal(voter_stand(&hand->voters[0], &below), VOTER_UNKNOWN);
}

static void test_lagging_voters_do_not_move_it_back(void **state) {
    (void)state;
    struct hand *hand = hand_of(3);
    struct block_ref known = common(100);
    hand->ballot.known = &known;
    report(hand, 0, common(100), 1);
    report(hand, 1, common(99), 1);
    report(hand, 2, common(99), 1);
    assert_true(decides(hand));
    assert_verdict(hand, common(100));
    report(hand, 0, block_of(100, 4, 99), 2); /* nobody has it any more */
    assert_true(decides(hand));
    assert_verdict(hand, common(99));
    report(hand, 1, block_of(100, 4, 99), 2);
    assert_true(decides(hand));
    assert_verdict(hand, block_of(100, 4, 99));
}

static void test_two_that_disagree(void **state) {
    (void)state;
    struct hand *hand = hand_of(2);
    struct block_ref known = common(100);
    report(hand, 0, block_of(100, 1, 90), 1);
    report(hand, 1, common(100), 1);
    assert_false(decides(hand));
    assert_true(vote_fall_back(&hand->verdict, &hand->ballot));
    assert_verdict(hand, block_of(100, 1, 90)); /* the preferred one */
    hand->ballot.known = &known;
    assert_true(vote_fall_back(&hand->verdict, &hand->ballot));
    assert_verdict(hand, common(100)); /* what is known stays */
    report(hand, 0, block_of(1000, 1, 90), 2);
    report(hand, 1, common(101), 2);
    assert_true(vote_fall_back(&hand->verdict, &hand->ballot));
    assert_verdict(hand, common(101)); /* and grows with the one who has it */
}

static void test_three_that_disagree(void **state) {
    (void)state;
    struct hand *hand = hand_of(3);
    struct block_ref known = common(100);
    hand->ballot.known = &known;
    report(hand, 2, common(100), 1);
    for (unsigned i = 0; i < 3; i++) report(hand, i, block_of(101, i + 1, 100), 2);
    assert_false(decides(hand));
    assert_true(vote_fall_back(&hand->verdict, &hand->ballot));
    assert_verdict(hand, common(100));
    known = block_of(100, 7, 99);
    assert_true(vote_fall_back(&hand->verdict, &hand->ballot));
    assert_verdict(hand, block_of(101, 1, 100));
}

/* What cannot be taken back waits for the last one. */
static void test_the_lowest_of_those_that_disagree(void **state) {
    (void)state;
    struct hand *hand = hand_of(2);
    struct block_ref known = common(90);
    hand->ballot.known = &known;
    hand->ballot.lowest = true;
    assert_false(vote_fall_back(&hand->verdict, &hand->ballot));
    report(hand, 0, common(100), 1);
    report(hand, 1, block_of(95, 1, 80), 1);
    assert_false(decides(hand));
    assert_true(vote_fall_back(&hand->verdict, &hand->ballot));
    assert_verdict(hand, block_of(95, 1, 80));
}

static void test_the_height_that_most_have_reached(void **state) {
    (void)state;
    static const struct {
        uint64_t at[3]; /* 0: it has not reported */
        size_t n;
        uint64_t reached;
    } rows[] = {
        {{51}, 1, 51},         {{51, 31}, 2, 31},     {{31, 51}, 2, 31},     {{51, 51}, 2, 51},
        {{51, 31, 31}, 3, 31}, {{31, 51, 51}, 3, 51}, {{99, 31, 51}, 3, 51}, {{0, 31, 51}, 3, 31},
    };
    uint64_t number;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct hand *hand = hand_of(rows[i].n);
        assert_false(vote_reached(&number, &hand->ballot));
        for (size_t j = 0; j < rows[i].n; j++) {
            if (rows[i].at[j] != 0) report(hand, j, block_of(rows[i].at[j], (unsigned)j, 9), 1);
        }
        assert_true(vote_reached(&number, &hand->ballot));
        assert_int_equal(number, rows[i].reached);
    }
    struct hand *hand = hand_of(2);
    report(hand, 0, common(51), 1);
    assert_false(vote_reached(&number, &hand->ballot)); /* the other one is still to tell */
    report(hand, 1, common(31), 1);
    hand->voters[1].counts = false; /* it hangs */
    assert_true(vote_reached(&number, &hand->ballot));
    assert_int_equal(number, 51);
}

/* Of two, the one that stopped long ago would stop everything. */
static void test_standstill_of_two(void **state) {
    (void)state;
    struct hand *hand = hand_of(2);
    struct block_ref known = common(100);
    hand->ballot.known = &known;
    hand->ballot.moved_us = 5 * SECOND;
    report(hand, 1, common(100), 14 * SECOND);
    for (uint64_t n = 100; n <= 106; n++) report(hand, 0, common(n), 9 * SECOND + n);
    assert_true(decides(hand));
    assert_verdict(hand, common(100));
    report(hand, 0, common(106), 16 * SECOND);
    assert_true(decides(hand)); /* the other one was not asked since */
    assert_verdict(hand, common(100));
    report(hand, 1, common(100), 16 * SECOND);
    assert_true(decides(hand));
    assert_verdict(hand, common(106));
    hand->ballot.n = 3; /* but two are never overruled by one */
    hand->voters[2].counts = true;
    report(hand, 0, common(100), 17 * SECOND);
    for (uint64_t n = 100; n <= 106; n++) report(hand, 2, common(n), 17 * SECOND);
    assert_true(decides(hand));
    assert_verdict(hand, common(100));
}

static void test_what_was_said_before_a_doubt(void **state) {
    (void)state;
    struct hand *hand = hand_of(3);
    for (size_t i = 0; i < 3; i++) report(hand, i, common(100), 5);
    hand->ballot.since_us = 6;
    assert_false(decides(hand));
    report(hand, 0, block_of(100, 1, 99), 7);
    assert_false(decides(hand));
    report(hand, 1, block_of(100, 1, 99), 8);
    assert_true(decides(hand));
    assert_verdict(hand, block_of(100, 1, 99));
    assert_int_equal(hand->verdict.asked_us, 7);
}

static void test_lag(void **state) {
    (void)state;
    struct block_ref head = {.number = 100, .timestamp = 1000};
    struct block_ref block = {.number = 96, .timestamp = 989};
    assert_true(vote_lags(&block, &head));
    block.timestamp = 990; /* 10 s */
    assert_false(vote_lags(&block, &head));
    block = (struct block_ref){.number = 97, .timestamp = 900}; /* 3 blocks */
    assert_false(vote_lags(&block, &head));
    block = (struct block_ref){.number = 200, .timestamp = 900};
    assert_false(vote_lags(&block, &head));
    block = (struct block_ref){.number = 10, .timestamp = 2000};
    assert_false(vote_lags(&block, &head));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nobody_and_one),
        cmocka_unit_test(test_one_alone_moves_nothing),
        cmocka_unit_test(test_of_two_the_lower_one_until_both_have_it),
        cmocka_unit_test(test_made_up_block_never_wins),
        cmocka_unit_test(test_own_words_lead_down),
        cmocka_unit_test(test_words_of_others_do_not_count),
        cmocka_unit_test(test_questions_find_what_is_common),
        cmocka_unit_test(test_answers_outlive_children_only),
        cmocka_unit_test(test_lagging_voters_do_not_move_it_back),
        cmocka_unit_test(test_two_that_disagree),
        cmocka_unit_test(test_three_that_disagree),
        cmocka_unit_test(test_the_lowest_of_those_that_disagree),
        cmocka_unit_test(test_the_height_that_most_have_reached),
        cmocka_unit_test(test_standstill_of_two),
        cmocka_unit_test(test_what_was_said_before_a_doubt),
        cmocka_unit_test(test_lag),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
