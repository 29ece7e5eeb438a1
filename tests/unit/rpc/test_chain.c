/* The latest block while the chain grows, is reorganised, or a node lags or fails; and who asks for it.
 * Each test makes and takes down its own net; its one node serves the ledger.
 * Runs on the main thread; the node runs on its own. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/clock.h"
#include "ledger.h"

static void latest_twice(struct task *task, struct chain *chain, void *arg) {
    resolve_latest(arg, task, chain);
    resolve_latest(arg, task, chain);
    ledger_grow(2);
    let_time_pass(chain);
    resolve_latest(arg, task, chain);
}

static void test_latest_is_kept_for_a_while(void **state) {
    (void)state;
    struct steps steps;
    run(&steps, 10, latest_twice);
    assert_block(&steps.at[0], 9, 0);
    assert_block(&steps.at[1], 9, 0);
    assert_int_equal(steps.at[1].count, 1);
    assert_block(&steps.at[2], 11, 0);
    assert_int_equal(steps.at[2].count, 2);
}

static void reorganise(struct task *task, struct chain *chain, void *arg) {
    resolve_latest(arg, task, chain);
    ledger_reorg(3, 3); /* as anvil_reorg does */
    let_time_pass(chain);
    resolve_latest(arg, task, chain);
    ledger_reorg(3, 1); /* shorter, for a moment */
    let_time_pass(chain);
    resolve_latest(arg, task, chain);
    ledger_reorg(2, 0); /* rolled back */
    let_time_pass(chain);
    resolve_latest(arg, task, chain);
}

static void test_orphans_are_never_latest(void **state) {
    (void)state;
    struct steps steps;
    run(&steps, 10, reorganise);
    assert_block(&steps.at[0], 9, 0);
    assert_block(&steps.at[1], 9, 1);
    assert_block(&steps.at[2], 7, 2);
    assert_block(&steps.at[3], 5, 0);
}

static void lag(struct task *task, struct chain *chain, void *arg) {
    resolve_latest(arg, task, chain);
    for (int i = 0; i < 2; i++) {
        pthread_mutex_lock(&ledger.mutex);
        ledger.reported = 7; /* another backend behind the same URL */
        pthread_mutex_unlock(&ledger.mutex);
        let_time_pass(chain);
        resolve_latest(arg, task, chain);
    }
    ledger_grow(1);
    let_time_pass(chain);
    resolve_latest(arg, task, chain);
}

static void test_lagging_node_does_not_move_the_head(void **state) {
    (void)state;
    struct steps steps;
    run(&steps, 10, lag);
    assert_block(&steps.at[0], 9, 0);
    assert_block(&steps.at[1], 9, 0);
    assert_int_equal(steps.at[1].count, 3); /* the second question */
    assert_block(&steps.at[2], 9, 0);
    assert_block(&steps.at[3], 10, 0);
}

static void reorganise_and_lag(struct task *task, struct chain *chain, void *arg) {
    resolve_latest(arg, task, chain);
    ledger_reorg(5, 5);
    pthread_mutex_lock(&ledger.mutex);
    ledger.reported = 7;
    pthread_mutex_unlock(&ledger.mutex);
    let_time_pass(chain);
    resolve_latest(arg, task, chain);
}

static void test_lagging_node_does_not_keep_an_orphan(void **state) {
    (void)state;
    struct steps steps;
    run(&steps, 10, reorganise_and_lag);
    assert_block(&steps.at[0], 9, 0);
    assert_block(&steps.at[1], 7, 1);
    assert_int_equal(steps.at[1].count, 3);
}

static void break_node(struct task *task, struct chain *chain, void *arg) {
    struct steps *steps = arg;
    uint64_t age_ms;
    resolve_latest(steps, task, chain);
    pthread_mutex_lock(&ledger.mutex);
    ledger.broken = true;
    pthread_mutex_unlock(&ledger.mutex);
    resolve_latest(steps, task, chain);
    let_time_pass(chain);
    resolve_latest(steps, task, chain);
    struct step *known = &steps->at[steps->n++];
    known->err = chain_head(chain, &known->block, &age_ms) && age_ms >= PASSING_US / 1000 ? ERR_OK : ERR_INTERNAL;
}

static void test_old_head_is_no_answer(void **state) {
    (void)state;
    struct steps steps;
    run(&steps, 10, break_node);
    assert_block(&steps.at[1], 9, 0); /* still young enough */
    assert_int_equal(steps.at[2].err, ERR_UPSTREAM_UNAVAILABLE);
    assert_block(&steps.at[3], 9, 0); /* /status shows it with its age */
}

static void forget(struct task *task, struct chain *chain, void *arg) {
    hash32 other = block_hash(3, 0);
    struct step *first = resolve_latest(arg, task, chain);
    ledger_reorg(3, 2);
    chain_forget_head(chain, &other);
    resolve_latest(arg, task, chain);
    chain_forget_head(chain, &first->block.hash);
    resolve_latest(arg, task, chain);
}

static void test_forgotten_head_is_asked_for_at_once(void **state) {
    (void)state;
    struct steps steps;
    run(&steps, 10, forget);
    assert_block(&steps.at[1], 9, 0); /* another block was forgotten */
    assert_block(&steps.at[2], 8, 1);
    assert_int_equal(steps.at[2].count, 2); /* no second question: a node has said already that it is gone */
}

static void be_idle(struct task *task, struct chain *chain, void *arg) {
    struct steps *steps = arg;
    reactor_sleep_ms(task->reactor, FAST_BLOCK_MS);
    steps->at[0].count = ledger_count();
    steps->n = 1;
    resolve_latest(steps, task, chain);
    for (int i = 0; i < 20; i++) { /* until the follower has seen the new block by itself */
        uint64_t age_ms;
        struct step *step = &steps->at[2];
        if (i == 0) ledger_grow(1);
        reactor_sleep_ms(task->reactor, 100);
        step->err = chain_head(chain, &step->block, &age_ms) ? ERR_OK : ERR_INTERNAL;
        if (step->block.number == 10) break;
    }
}

static void test_follows_while_somebody_asks(void **state) {
    (void)state;
    struct steps steps;
    run_with(&steps, 10, serve_ledger, be_idle, true);
    assert_int_equal(steps.at[0].count, 0);
    assert_block(&steps.at[1], 9, 0);
    assert_block(&steps.at[2], 10, 0);
}

static void wait_for_finality(struct task *task, struct chain *chain, void *arg) {
    struct steps *steps = arg;
    struct step *finalized = &steps->at[0], *safe = &steps->at[1];
    struct steps unnoted = {.n = 0};
    ledger_finalize(7, 5);
    resolve_latest(&unnoted, task, chain);
    for (int i = 0; i < 200; i++) {
        finalized->err = chain_known_block(chain, &finalized->block, BLOCK_FINALIZED) ? ERR_OK : ERR_INTERNAL;
        safe->err = chain_known_block(chain, &safe->block, BLOCK_SAFE) ? ERR_OK : ERR_INTERNAL;
        if (finalized->err == ERR_OK && safe->err == ERR_OK) break;
        reactor_sleep_ms(task->reactor, 20);
    }
    steps->n = 2;
    resolve_number(steps, task, chain, 5);
}

/* Nobody asks for either: the follower does. */
static void test_follower_knows_what_is_final(void **state) {
    (void)state;
    struct steps steps;
    run_with(&steps, 10, serve_ledger, wait_for_finality, true);
    assert_block(&steps.at[0], 5, 0);
    assert_block(&steps.at[1], 7, 0);
    assert_true(steps.at[2].block.finalized);
}

static void ask_once(struct task *task, struct chain *chain, void *arg) {
    (void)arg;
    struct block_ref block;
    struct block_spec latest = {.kind = BLOCK_LATEST};
    if (chain_resolve(task, chain, &block, &latest) != ERR_OK) abort();
    ledger_grow(1);
}

static void *ask_from_elsewhere(void *net) {
    net_run_on(1, net, ask_once, false);
    return NULL;
}

/* Asks nobody: the follower on this reactor is woken by the other one. */
static void wait_for_block_10(struct task *task, struct chain *chain, void *arg) {
    struct steps *steps = arg;
    struct step *step = &steps->at[0];
    uint64_t age_ms;
    for (int i = 0; i < 100; i++) {
        reactor_sleep_ms(task->reactor, 50);
        step->err = chain_head(chain, &step->block, &age_ms) ? ERR_OK : ERR_INTERNAL;
        if (step->block.number == 10) return;
    }
}

static void test_any_reactor_wakes_the_follower(void **state) {
    (void)state;
    struct net net;
    struct steps steps;
    pthread_t other;
    memset(&steps, 0, sizeof steps);
    ledger_start(10);
    net_start(&net, (fake_serve[]){serve_ledger}, 1);
    net_open(&net, 1, FAST_BLOCK_MS);
    net.arg = &steps;
    pthread_create(&other, NULL, ask_from_elsewhere, &net);
    net_run_on(0, &net, wait_for_block_10, true);
    pthread_join(other, NULL);
    net_close(&net);
    assert_block(&steps.at[0], 10, 0);
}

static void hangs(struct fake_request *request) {
    fake_hang(request);
}

static void ask_in_vain(struct task *task, struct chain *chain, void *arg) {
    task->deadline_ms = reactor_now_ms(task->reactor) + 100;
    resolve_latest(arg, task, chain);
    reactor_sleep_ms(task->reactor, 50); /* the follower asks by itself now */
}

static void test_hanging_node_does_not_hold_up_the_end(void **state) {
    (void)state;
    struct net net;
    struct steps steps;
    memset(&steps, 0, sizeof steps);
    ledger_start(10);
    net_start(&net, (fake_serve[]){hangs}, 1);
    net.limits.attempt_timeout_ms = 60000;
    net_open(&net, 1, FAST_BLOCK_MS);
    net.arg = &steps;
    uint64_t start_us = clock_now_us();
    net_run_on(0, &net, ask_in_vain, true);
    assert_true(clock_now_us() - start_us < 20 * 1000000);
    net_close(&net);
    assert_int_equal(steps.at[0].err, ERR_TIMEOUT);
}

static void ask_latest(struct task *task, struct chain *chain, void *arg) {
    resolve_latest(arg, task, chain);
}

static void test_max_age(void **state) {
    (void)state;
    struct net net;
    struct steps steps = {.n = 0};
    ledger_start(10);
    net_start(&net, (fake_serve[]){serve_ledger}, 1);
    net_open(&net, 1, 12000);
    net.arg = &steps;
    assert_int_equal(chain_max_age_s(net.chain, 0), 1); /* nothing is known yet */
    net_run(&net, ask_latest);
    uint64_t mined_us = (uint64_t)(GENESIS_S + 9) * 1000000;
    assert_int_equal(chain_max_age_s(net.chain, mined_us), 12);
    assert_int_equal(chain_max_age_s(net.chain, mined_us + 1500000), 11);
    assert_int_equal(chain_max_age_s(net.chain, mined_us + 11500000), 1);
    assert_int_equal(chain_max_age_s(net.chain, mined_us + 60000000), 1);  /* overdue */
    assert_int_equal(chain_max_age_s(net.chain, mined_us - 60000000), 12); /* clocks differ */
    assert_int_equal(metrics_value(METRIC_HEAD_BLOCK, 0, 0), 9);
    net_close(&net);
}

int main(void) {
    setenv("no_proxy", "*", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_latest_is_kept_for_a_while),
        cmocka_unit_test(test_orphans_are_never_latest),
        cmocka_unit_test(test_lagging_node_does_not_move_the_head),
        cmocka_unit_test(test_lagging_node_does_not_keep_an_orphan),
        cmocka_unit_test(test_old_head_is_no_answer),
        cmocka_unit_test(test_forgotten_head_is_asked_for_at_once),
        cmocka_unit_test(test_follows_while_somebody_asks),
        cmocka_unit_test(test_follower_knows_what_is_final),
        cmocka_unit_test(test_any_reactor_wakes_the_follower),
        cmocka_unit_test(test_hanging_node_does_not_hold_up_the_end),
        cmocka_unit_test(test_max_age),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
