/* The question for the latest block when several ask it: who asks, who joins, and what becomes of them.
 * Each test makes and takes down its own net; its one node serves the ledger.
 * Runs on the main thread; the node runs on its own. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <limits.h>

#include "ledger.h"

static void resolve_child(struct task *task, void *arg, size_t i) {
    struct block_ref block;
    struct block_spec latest = {.kind = BLOCK_LATEST};
    enum err err = chain_resolve(task, *(struct chain **)arg, &block, &latest);
    if (err != ERR_OK || block.number != 9) abort();
    (void)i;
}

static void crowd(struct task *task, struct chain *chain, void *arg) {
    task_parallel(task, 50, resolve_child, &chain);
    resolve_latest(arg, task, chain);
}

static void test_a_crowd_asks_once(void **state) {
    (void)state;
    struct steps steps;
    run(&steps, 10, crowd);
    assert_block(&steps.at[0], 9, 0);
    assert_int_equal(steps.at[0].count, 1);
}

struct patience {
    struct chain *chain;
    enum err errs[3];
};

/* Child 0 leads and runs out of time, child 1 waits for it and runs out of time too, child 2 has longer. */
static void resolve_patiently(struct task *task, void *arg, size_t i) {
    struct patience *patience = arg;
    struct block_ref block;
    struct block_spec latest = {.kind = BLOCK_LATEST};
    task->deadline_ms = reactor_now_ms(task->reactor) + (i == 0 ? 150 : i == 1 ? 100 : 5000);
    patience->errs[i] = chain_resolve(task, patience->chain, &block, &latest);
}

static void resolve_with_time(struct task *task, void *arg, size_t i) {
    struct patience *patience = arg;
    struct block_ref block;
    struct block_spec latest = {.kind = BLOCK_LATEST};
    patience->errs[i] = chain_resolve(task, patience->chain, &block, &latest);
}

static void wait_in_line(struct task *task, struct chain *chain, void *arg) {
    struct steps *steps = arg;
    struct patience patience = {.chain = chain};
    pthread_mutex_lock(&ledger.mutex);
    ledger.hang_once = true;
    pthread_mutex_unlock(&ledger.mutex);
    task_parallel(task, 3, resolve_patiently, &patience);
    for (size_t i = 0; i < 3; i++) steps->at[i].err = patience.errs[i];
    steps->n = 3;
    resolve_latest(steps, task, chain);
}

static void test_ones_deadline_is_not_everybodys(void **state) {
    (void)state;
    struct steps steps;
    run(&steps, 10, wait_in_line);
    assert_int_equal(steps.at[0].err, ERR_TIMEOUT);
    assert_int_equal(steps.at[1].err, ERR_TIMEOUT);
    assert_int_equal(steps.at[2].err, ERR_OK);
    assert_int_equal(steps.at[3].count, 2);
}

enum { TRIES = 3 /* of one question, to the only node */ };

/* Child 0 asks, and the others join it. */
static void fail_together(struct task *task, struct chain *chain, struct steps *steps, unsigned failures) {
    struct patience patience = {.chain = chain};
    pthread_mutex_lock(&ledger.mutex);
    ledger.failures = failures;
    pthread_mutex_unlock(&ledger.mutex);
    task_parallel(task, 3, resolve_with_time, &patience);
    for (size_t i = 0; i < 3; i++) steps->at[i].err = patience.errs[i];
    pthread_mutex_lock(&ledger.mutex);
    steps->at[0].count = ledger.count;
    pthread_mutex_unlock(&ledger.mutex);
}

static void come_back(struct task *task, struct chain *chain, void *arg) {
    fail_together(task, chain, arg, TRIES);
}

static void stay_away(struct task *task, struct chain *chain, void *arg) {
    fail_together(task, chain, arg, UINT_MAX);
}

/* Its tries were used up before the node was back: those who joined have not had theirs. */
static void test_who_joined_a_failure_asks_once_more(void **state) {
    (void)state;
    struct steps steps;
    run(&steps, 10, come_back);
    assert_int_equal(steps.at[0].err, ERR_UPSTREAM_UNAVAILABLE);
    assert_int_equal(steps.at[1].err, ERR_OK);
    assert_int_equal(steps.at[2].err, ERR_OK);
    assert_int_equal(steps.at[0].count, TRIES + 1);
}

static void test_who_joined_two_failures_does_not_ask_for_ever(void **state) {
    (void)state;
    struct steps steps;
    run(&steps, 10, stay_away);
    for (size_t i = 0; i < 3; i++) assert_int_equal(steps.at[i].err, ERR_UPSTREAM_UNAVAILABLE);
    assert_int_equal(steps.at[0].count, 2 * TRIES);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_crowd_asks_once),
        cmocka_unit_test(test_ones_deadline_is_not_everybodys),
        cmocka_unit_test(test_who_joined_a_failure_asks_once_more),
        cmocka_unit_test(test_who_joined_two_failures_does_not_ask_for_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
