/* The head of a chain with several nodes, some of which lag, lie, hang or fail.
 * Each test makes and takes down its own net; its nodes serve the ledger, each in its own mood.
 * Runs on the main thread; the nodes run on their own. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/clock.h"
#include "views.h"

enum { HEDGE_AFTER_US = 150000 /* somewhat less than the 200 ms of src/rpc/hedge.h */ };

/* Ends what hangs: nobody waits for it any more. */
static void latest_once(struct task *task, struct chain *chain, void *arg) {
    resolve_latest(arg, task, chain);
    ask_stop(chain);
}

static void test_all_agree(void **state) {
    (void)state;
    struct steps steps;
    uint64_t start_us = clock_now_us();
    run_views(&steps, (struct setting){.nodes = 3}, latest_once);
    bool hedged = clock_now_us() - start_us >= HEDGE_AFTER_US; /* or might have, on a slow machine */
    assert_block(&steps.at[0], 99, 0);
    assert_true(steps.at[0].block.head);
    for (size_t i = 0; i < 3; i++) {
        assert_true(hedged || views[i].latest <= 1);
        assert_int_equal(views[i].numbers + views[i].tags, 0);
    }
    assert_true(views[0].latest + views[1].latest + views[2].latest >= 2);
}

static void test_liar_of_highest_priority(void **state) {
    (void)state;
    struct steps steps;
    run_views(&steps, (struct setting){.nodes = 3, .moods = {LYING}}, latest_once);
    assert_block(&steps.at[0], 99, 0);
}

static void test_hanging_node_is_not_waited_for(void **state) {
    (void)state;
    struct steps steps;
    for (size_t i = 0; i < 3; i++) {
        struct setting setting = {.nodes = 3};
        setting.moods[i] = HANGING;
        run_views(&steps, setting, latest_once);
        assert_block(&steps.at[0], 99, 0);
    }
    run_views(&steps, (struct setting){.nodes = 2, .moods = {HANGING, HONEST}}, latest_once);
    assert_block(&steps.at[0], 99, 0);
    run_views(&steps, (struct setting){.nodes = 3, .moods = {HANGING, HONEST, HANGING}}, latest_once);
    assert_block(&steps.at[0], 99, 0);
}

static void one_of_two_begins_to_hang(struct task *task, struct chain *chain, void *arg) {
    resolve_latest(arg, task, chain);
    set_mood(0, HANGING);
    for (int i = 0; i < 2; i++) {
        ledger_grow(1);
        let_time_pass(chain);
        resolve_latest(arg, task, chain);
    }
    set_mood(0, HONEST); /* what hangs goes on hanging, but nobody waits for it */
    ask_stop(chain);
}

static void test_what_a_hanging_node_said_does_not_hold_the_head(void **state) {
    (void)state;
    struct steps steps;
    run_views(&steps, (struct setting){.nodes = 2}, one_of_two_begins_to_hang);
    assert_block(&steps.at[0], 99, 0);
    assert_block(&steps.at[1], 100, 0);
    assert_block(&steps.at[2], 101, 0);
}

static void ask_while_one_hangs(struct task *task, struct chain *chain, void *arg) {
    for (int i = 0; i < 5; i++) {
        let_time_pass(chain);
        resolve_latest(arg, task, chain);
    }
    ask_stop(chain);
}

static void test_hanging_question_is_not_asked_again_at_once(void **state) {
    (void)state;
    struct steps steps;
    run_views(&steps, (struct setting){.nodes = 3, .moods = {HONEST, HONEST, HANGING}}, ask_while_one_hangs);
    assert_block(&steps.at[4], 99, 0);
    assert_true(views[0].latest + views[1].latest >= 10 - 1);
    assert_int_equal(views[2].latest, 1);
}

/* What hung goes on hanging, but the next question finds the node well. */
static void all_hang_in_turn(struct task *task, struct chain *chain, void *arg) {
    for (size_t i = 0; i < 3; i++) {
        set_mood(i, HANGING);
        ledger_grow(1);
        for (int j = 0; j < 2; j++) {
            let_time_pass(chain);
            resolve_latest(arg, task, chain);
            reactor_sleep_ms(task->reactor, ASK_PATIENCE_MS / 2 + 100);
        }
        set_mood(i, HONEST);
    }
    ask_stop(chain);
}

static void test_connections_that_hung_do_not_matter_for_long(void **state) {
    (void)state;
    struct steps steps;
    run_views(&steps, (struct setting){.nodes = 3}, all_hang_in_turn);
    for (unsigned i = 0; i < 3; i++) assert_block(&steps.at[2 * i + 1], 100 + i, 0);
}

static void test_failing_nodes_are_gone_on_without(void **state) {
    (void)state;
    struct steps steps;
    run_views(&steps, (struct setting){.nodes = 2, .moods = {BROKEN, HONEST}}, latest_once);
    assert_block(&steps.at[0], 99, 0);
    run_views(&steps, (struct setting){.nodes = 3, .moods = {BROKEN, BROKEN, HONEST}}, latest_once);
    assert_block(&steps.at[0], 99, 0);
    run_views(&steps, (struct setting){.nodes = 3, .moods = {BROKEN, BROKEN, BROKEN}}, latest_once);
    assert_int_equal(steps.at[0].err, ERR_UPSTREAM_UNAVAILABLE);
    assert_true(steps.at[0].detail[0] != '\0');
    run_views(&steps, (struct setting){.nodes = 3, .moods = {HANGING, HANGING, HANGING}, .attempt_timeout_ms = 100},
              latest_once);
    assert_int_equal(steps.at[0].err, ERR_UPSTREAM_UNAVAILABLE);
}

static void in_a_hurry(struct task *task, struct chain *chain, void *arg) {
    task->deadline_ms = reactor_now_ms(task->reactor) + 50;
    latest_once(task, chain, arg);
}

static void test_deadline_is_kept(void **state) {
    (void)state;
    struct steps steps;
    run_views(&steps, (struct setting){.nodes = 2, .moods = {HANGING, HANGING}}, in_a_hurry);
    assert_int_equal(steps.at[0].err, ERR_TIMEOUT);
}

/* The second one's block is the highest that two have; the first one is asked for it. */
static void test_question_to_who_is_ahead(void **state) {
    (void)state;
    struct steps steps;
    run_views(&steps, (struct setting){.nodes = 3, .lags = {0, 5, 9}}, latest_once);
    assert_block(&steps.at[0], 94, 0);
    assert_int_equal(views[0].numbers, 1);
    assert_int_equal(views[1].numbers + views[2].numbers, 0);
}

static void one_falls_back(struct task *task, struct chain *chain, void *arg) {
    resolve_latest(arg, task, chain);
    set_lag(0, 2);
    let_time_pass(chain);
    resolve_latest(arg, task, chain);
    set_lag(0, 0);
    set_lag(1, 1); /* now the other one */
    let_time_pass(chain);
    resolve_latest(arg, task, chain);
}

static void test_one_lower_answer_does_not_move_it(void **state) {
    (void)state;
    struct steps steps;
    run_views(&steps, (struct setting){.nodes = 2}, one_falls_back);
    for (size_t i = 0; i < 3; i++) assert_block(&steps.at[i], 99, 0);
}

static void reorganise(struct task *task, struct chain *chain, void *arg) {
    struct step *first = resolve_latest(arg, task, chain);
    ledger_reorg(3, 3);
    let_time_pass(chain);
    resolve_latest(arg, task, chain);
    ledger_reorg(2, 1);
    chain_forget_head(chain, &first->block.hash); /* long gone */
    resolve_latest(arg, task, chain);
    hash32 orphan = block_hash(99, 1);
    chain_forget_head(chain, &orphan);
    resolve_latest(arg, task, chain);
}

static void test_reorg(void **state) {
    (void)state;
    struct steps steps;
    run_views(&steps, (struct setting){.nodes = 3}, reorganise);
    assert_block(&steps.at[0], 99, 0);
    assert_block(&steps.at[1], 99, 1);
    assert_block(&steps.at[2], 99, 1); /* nobody has said yet that it is gone */
    assert_block(&steps.at[3], 98, 2);
}

static void doubt_child(struct task *task, void *arg, size_t i) {
    struct block_ref block;
    struct block_spec latest = {.kind = BLOCK_LATEST};
    hash32 orphan = block_hash(99, 0);
    chain_forget_head(*(struct chain **)arg, &orphan);
    enum err err = chain_resolve(task, *(struct chain **)arg, &block, &latest);
    if (err != ERR_OK || block.number != 99 || block.hash.bytes[1] != 1) abort();
    (void)i;
}

static void doubt_together(struct task *task, struct chain *chain, void *arg) {
    resolve_latest(arg, task, chain);
    reactor_sleep_ms(task->reactor, 20); /* the third answer, which nobody waits for */
    ledger_reorg(3, 3);
    task_parallel(task, 1000, doubt_child, &chain);
    resolve_latest(arg, task, chain);
}

static void test_a_crowd_that_doubts_asks_once(void **state) {
    (void)state;
    struct steps steps;
    run_views(&steps, (struct setting){.nodes = 3}, doubt_together);
    assert_block(&steps.at[1], 99, 1);
    for (size_t i = 0; i < 3; i++) assert_true(views[i].latest <= 2);
}

static void follow_and_go_quiet(struct task *task, struct chain *chain, void *arg) {
    struct steps *steps = arg;
    uint64_t long_ago_us = clock_now_us() - 31 * 1000000ULL;
    ledger_finalize(70, 60);
    resolve_latest(steps, task, chain);
    set_mood(2, HANGING);
    ledger_grow(1);
    wait_for_head(&steps->at[steps->n++], task, chain, 100);
    ledger_grow(1);
    wait_for_head(&steps->at[steps->n++], task, chain, 101);
    struct step *finalized = &steps->at[steps->n++];
    finalized->err = chain_known_block(chain, &finalized->block, BLOCK_FINALIZED) ? ERR_OK : ERR_INTERNAL;
    finalized->count = view_of(0).tags;
    atomic_store(&chain->follower.wanted_us, long_ago_us);
    while (!atomic_load(&chain->follower.asleep)) reactor_sleep_ms(task->reactor, 20);
    unsigned before = view_of(0).latest;
    reactor_sleep_ms(task->reactor, 4 * FAST_BLOCK_MS);
    steps->at[steps->n++].count = view_of(0).latest - before;
}

static void test_follower_moves_on_without_the_hanging_and_goes_quiet(void **state) {
    (void)state;
    struct steps steps;
    run_views(&steps, (struct setting){.nodes = 3, .follow = true}, follow_and_go_quiet);
    assert_block(&steps.at[0], 99, 0);
    assert_block(&steps.at[1], 100, 0);
    assert_block(&steps.at[2], 101, 0);
    assert_block(&steps.at[3], 60, 0);
    assert_int_equal(steps.at[3].count, 2); /* safe and finalized, once */
    assert_int_equal(steps.at[4].count, 0);
}

static void ask_beside(struct task *task, struct chain *chain, void *arg) {
    (void)arg;
    struct block_ref block;
    struct block_spec latest = {.kind = BLOCK_LATEST};
    for (unsigned i = 0; i < 20; i++) {
        if (chain_resolve(task, chain, &block, &latest) != ERR_OK) abort();
        ledger_grow(1);
        reactor_sleep_ms(task->reactor, 20);
    }
}

static void *ask_from_elsewhere(void *net) {
    net_run_on(1, net, ask_beside, false);
    return NULL;
}

static void ask_here(struct task *task, struct chain *chain, void *arg) {
    struct steps *steps = arg;
    ask_beside(task, chain, NULL);
    while (steps->at[0].block.number < 130) wait_for_head(&steps->at[0], task, chain, 139);
}

/* Two reactors ask the same nodes; what hangs on the one is ended by the stop on the other. */
static void test_two_reactors(void **state) {
    (void)state;
    struct net net;
    struct steps steps;
    pthread_t other;
    fake_serve serve[NET_MAX_NODES] = {serve_view, serve_view, serve_view};
    memset(&steps, 0, sizeof steps);
    memset(views, 0, sizeof views);
    views[2].mood = HANGING;
    ledger_start(100);
    net_start(&net, serve, 3);
    for (size_t i = 0; i < 3; i++) net.nodes[i].arg = &views[i];
    net.limits.attempt_timeout_ms = 60000;
    net_open(&net, 1, FAST_BLOCK_MS);
    net.arg = &steps;
    uint64_t start_us = clock_now_us();
    pthread_create(&other, NULL, ask_from_elsewhere, &net);
    net_run_on(0, &net, ask_here, true);
    pthread_join(other, NULL);
    assert_true(clock_now_us() - start_us < 40 * 1000000);
    net_close(&net);
    assert_true(steps.at[0].block.number >= 130);
    pthread_mutex_destroy(&ledger.mutex);
}

int main(void) {
    setenv("no_proxy", "*", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_agree),
        cmocka_unit_test(test_liar_of_highest_priority),
        cmocka_unit_test(test_hanging_node_is_not_waited_for),
        cmocka_unit_test(test_what_a_hanging_node_said_does_not_hold_the_head),
        cmocka_unit_test(test_hanging_question_is_not_asked_again_at_once),
        cmocka_unit_test(test_connections_that_hung_do_not_matter_for_long),
        cmocka_unit_test(test_failing_nodes_are_gone_on_without),
        cmocka_unit_test(test_deadline_is_kept),
        cmocka_unit_test(test_question_to_who_is_ahead),
        cmocka_unit_test(test_one_lower_answer_does_not_move_it),
        cmocka_unit_test(test_reorg),
        cmocka_unit_test(test_a_crowd_that_doubts_asks_once),
        cmocka_unit_test(test_follower_moves_on_without_the_hanging_and_goes_quiet),
        cmocka_unit_test(test_two_reactors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
