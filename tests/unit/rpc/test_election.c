/* Who has a vote on the head and on what is final: nodes that lag, stand still, lie or have no such blocks.
 * Each test makes and takes down its own net; its nodes serve the ledger, each in its own mood.
 * Runs on the main thread; the nodes run on their own. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "views.h"

#include "core/clock.h"

/* Notes as an error code whether a node lags. */
static void note_lag(struct steps *steps, struct chain *chain, size_t node) {
    steps->at[steps->n++].count = chain->election->seats[HEAD_LATEST][node].lagging ? 1 : 0;
}

static void lag_and_catch_up(struct task *task, struct chain *chain, void *arg) {
    static const unsigned lags[] = {0, 3, 10, 11, 11, 2};
    for (size_t i = 0; i < sizeof lags / sizeof *lags; i++) {
        struct steps unnoted = {.n = 0};
        set_lag(1, lags[i]);
        let_time_pass(chain);
        resolve_latest(&unnoted, task, chain);
        reactor_sleep_ms(task->reactor, 100); /* the lagging one is not waited for */
        note_lag(arg, chain, 1);
    }
}

static void test_lag_is_noticed_and_forgotten(void **state) {
    (void)state;
    struct steps steps;
    run_views(&steps, (struct setting){.nodes = 3}, lag_and_catch_up);
    assert_int_equal(steps.at[0].count, 0);
    assert_int_equal(steps.at[1].count, 0); /* 3 blocks */
    assert_int_equal(steps.at[2].count, 0); /* 10 s */
    assert_int_equal(steps.at[3].count, 1);
    assert_int_equal(steps.at[4].count, 1);
    assert_int_equal(steps.at[5].count, 0);
}

static void one_of_two_stands_still(struct task *task, struct chain *chain, void *arg) {
    resolve_latest(arg, task, chain);
    for (unsigned i = 0; i < 3; i++) {
        ledger_grow(20);
        set_lag(1, 20 * (i + 1));
        if (i == 1) let_time_pass(chain);
        struct steps unnoted = {.n = 0};
        resolve_number(&unnoted, task, chain, 99 + 20 * (i + 1)); /* asks for the head anew */
        resolve_latest(arg, task, chain);
    }
}

static void test_one_of_two_that_stands_still_is_left_behind(void **state) {
    (void)state;
    struct steps steps;
    run_views(&steps, (struct setting){.nodes = 2}, one_of_two_stands_still);
    assert_block(&steps.at[0], 99, 0);
    assert_block(&steps.at[1], 99, 0);  /* a single higher claim, for now */
    assert_block(&steps.at[2], 139, 0); /* half a minute later */
    assert_block(&steps.at[3], 159, 0); /* from now on at once: it lags, and has no vote */
}

static void finalize_beyond_the_one_that_stands_still(struct task *task, struct chain *chain, void *arg) {
    struct steps *steps = arg, unnoted = {.n = 0};
    struct block_spec finalized = {.kind = BLOCK_FINALIZED};
    one_of_two_stands_still(task, chain, &unnoted);
    ledger_finalize(155, 150);
    resolve_latest(steps, task, chain);
    resolve(steps, task, chain, finalized);
    steps->at[0].count = chain_reached(chain, &steps->at[0].block.number) ? 1 : 0;
}

/* The head may be taken back when it comes to know better, what is final may not. */
static void test_one_of_two_that_is_left_behind_has_a_say_in_what_is_final(void **state) {
    (void)state;
    struct steps steps;
    run_views(&steps, (struct setting){.nodes = 2}, finalize_beyond_the_one_that_stands_still);
    assert_int_equal(steps.at[0].count, 1);
    assert_int_equal(steps.at[0].block.number, 99);
    assert_block(&steps.at[1], 99, 0);
}

static void finality(struct task *task, struct chain *chain, void *arg) {
    struct block_spec finalized = {.kind = BLOCK_FINALIZED};
    struct block_spec safe = {.kind = BLOCK_SAFE};
    ledger_finalize(70, 60);
    resolve(arg, task, chain, finalized);
    resolve(arg, task, chain, safe);
    ledger_finalize(75, 50); /* backwards */
    let_time_pass(chain);
    resolve(arg, task, chain, finalized);
    resolve(arg, task, chain, safe);
    resolve_latest(arg, task, chain);
    resolve_number(arg, task, chain, 55);
    struct step *step = resolve_number(arg, task, chain, 65);
    step->count = chain_known_block(chain, &step->block, BLOCK_FINALIZED) ? 1 : 0;
}

static void test_finalized_is_voted_on_and_never_goes_back(void **state) {
    (void)state;
    struct steps steps;
    run_views(&steps, (struct setting){.nodes = 3, .moods = {LYING}}, finality);
    assert_block(&steps.at[0], 60, 0);
    assert_true(steps.at[0].block.finalized);
    assert_block(&steps.at[1], 70, 0);
    assert_false(steps.at[1].block.finalized);
    assert_block(&steps.at[2], 60, 0);
    assert_block(&steps.at[3], 75, 0);
    assert_false(steps.at[4].block.finalized);
    assert_int_equal(steps.at[6].count, 1);
    assert_int_equal(steps.at[6].block.number, 60);
}

static void report(struct chain *chain, size_t node, uint8_t number, uint64_t asked_us) {
    const struct block_ref block = {.number = number, .hash = {{number}}, .timestamp = number};
    election_report(chain, HEAD_LATEST, node, &block, asked_us);
}

static void go_back_to_what_one_said_long_ago(struct task *task, struct chain *chain, void *arg) {
    (void)task;
    struct steps *steps = arg;
    uint64_t age_ms, now_us = clock_now_us();
    report(chain, 0, 8, now_us);
    report(chain, 1, 17, now_us + 60 * 1000 * 1000);
    report(chain, 2, 17, now_us + 60 * 1000 * 1000);
    report(chain, 1, 8, now_us + 61 * 1000 * 1000);
    (void)chain_head(chain, &steps->at[steps->n++].block, &age_ms);
}

static void test_what_was_said_long_ago_is_no_vote(void **state) {
    (void)state;
    struct steps steps;
    run_views(&steps, (struct setting){.nodes = 3}, go_back_to_what_one_said_long_ago);
    assert_int_equal(steps.at[0].block.number, 17);
}

static void ask_twice_for_finality(struct task *task, struct chain *chain, void *arg) {
    struct block_spec finalized = {.kind = BLOCK_FINALIZED};
    struct steps *steps = arg;
    ledger_finalize(70, 60);
    for (size_t i = 0; i < 2; i++) {
        let_time_pass(chain);
        resolve(steps, task, chain, finalized);
    }
    steps->at[0].count = view_of(1).tags;
}

static void test_nodes_without_tags_are_not_asked_again(void **state) {
    (void)state;
    struct steps steps;
    run_views(&steps, (struct setting){.nodes = 2, .moods = {HONEST, WITHOUT_TAGS}}, ask_twice_for_finality);
    assert_block(&steps.at[0], 60, 0);
    assert_block(&steps.at[1], 60, 0);
    assert_int_equal(steps.at[0].count, 1);
}

int main(void) {
    setenv("no_proxy", "*", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lag_is_noticed_and_forgotten),
        cmocka_unit_test(test_one_of_two_that_stands_still_is_left_behind),
        cmocka_unit_test(test_one_of_two_that_is_left_behind_has_a_say_in_what_is_final),
        cmocka_unit_test(test_finalized_is_voted_on_and_never_goes_back),
        cmocka_unit_test(test_nodes_without_tags_are_not_asked_again),
        cmocka_unit_test(test_what_was_said_long_ago_is_no_vote),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
