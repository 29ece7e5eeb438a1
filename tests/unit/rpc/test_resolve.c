/* Blocks that a client names by number, hash or tag.
 * Each test makes and takes down its own net; its one node serves the ledger.
 * Runs on the main thread; the node runs on its own. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "ledger.h"

static void by_number(struct task *task, struct chain *chain, void *arg) {
    struct steps *steps = arg;
    ledger_finalize(4, 4);
    resolve_number(steps, task, chain, 3);  /* 0: final */
    resolve_number(steps, task, chain, 3);  /* 1: from the cache */
    resolve_number(steps, task, chain, 7);  /* 2: not final */
    resolve_number(steps, task, chain, 9);  /* 3: the head itself */
    resolve_number(steps, task, chain, 12); /* 4: in the future */
    ledger_grow(5);
    resolve_number(steps, task, chain, 12);             /* 5: mined since */
    resolve_hash(steps, task, chain, block_hash(3, 0)); /* 6: from the cache */
}

static void test_by_number(void **state) {
    (void)state;
    struct steps steps;
    run(&steps, 10, by_number);
    assert_block(&steps.at[0], 3, 0);
    assert_true(steps.at[0].block.finalized);
    assert_int_equal(steps.at[0].count, 3); /* the head, the block, the finalized block */
    assert_block(&steps.at[1], 3, 0);
    assert_true(steps.at[1].block.finalized);
    assert_int_equal(steps.at[1].count, 3);
    assert_block(&steps.at[2], 7, 0);
    assert_false(steps.at[2].block.finalized);
    assert_int_equal(steps.at[2].count, 4);
    assert_block(&steps.at[3], 9, 0);
    assert_int_equal(steps.at[3].count, 4);
    assert_int_equal(steps.at[4].err, ERR_BLOCK_NOT_FOUND);
    assert_string_equal(steps.at[4].detail, "block 12 is not mined yet: the head is block 9");
    assert_int_equal(steps.at[4].count, 5);
    assert_block(&steps.at[5], 12, 0);
    assert_block(&steps.at[6], 3, 0);
    assert_int_equal(steps.at[6].count, steps.at[5].count);
}

static void by_hash(struct task *task, struct chain *chain, void *arg) {
    struct steps *steps = arg;
    hash32 unknown = {{0xff}};
    ledger_finalize(4, 4);
    resolve_hash(steps, task, chain, block_hash(8, 0)); /* 0 */
    resolve_hash(steps, task, chain, unknown);          /* 1 */
    ledger_reorg(3, 3);
    resolve_hash(steps, task, chain, block_hash(8, 0)); /* 2: replaced */
    resolve_hash(steps, task, chain, block_hash(8, 1)); /* 3: its replacement */
    resolve_hash(steps, task, chain, block_hash(2, 0)); /* 4: final */
    resolve_hash(steps, task, chain, block_hash(2, 0)); /* 5: from the cache */
}

static void test_by_hash(void **state) {
    (void)state;
    struct steps steps;
    run(&steps, 10, by_hash);
    assert_block(&steps.at[0], 8, 0);
    assert_int_equal(steps.at[1].err, ERR_BLOCK_NOT_FOUND);
    assert_string_equal(steps.at[1].detail, "no block of this chain has this hash");
    assert_int_equal(steps.at[2].err, ERR_BLOCK_NOT_FOUND);
    assert_non_null(strstr(steps.at[2].detail, "reorg"));
    assert_block(&steps.at[3], 8, 1);
    assert_false(steps.at[3].block.finalized);
    assert_block(&steps.at[4], 2, 0);
    assert_true(steps.at[4].block.finalized);
    assert_int_equal(steps.at[5].count, steps.at[4].count);
}

static void by_tag(struct task *task, struct chain *chain, void *arg) {
    struct steps *steps = arg;
    struct block_spec safe = {.kind = BLOCK_SAFE};
    struct block_spec finalized = {.kind = BLOCK_FINALIZED};
    resolve(steps, task, chain, safe);
    resolve(steps, task, chain, finalized);
    ledger_finalize(6, 4);
    resolve(steps, task, chain, safe);
    let_time_pass(chain);
    resolve(steps, task, chain, safe);
    resolve(steps, task, chain, finalized);
}

static void test_safe_and_finalized(void **state) {
    (void)state;
    struct steps steps;
    run(&steps, 10, by_tag);
    assert_block(&steps.at[0], 0, 0); /* a young chain */
    assert_block(&steps.at[1], 0, 0);
    assert_true(steps.at[1].block.finalized);
    assert_block(&steps.at[2], 0, 0); /* kept for one poll interval */
    assert_int_equal(steps.at[2].count, 2);
    assert_block(&steps.at[3], 6, 0);
    assert_false(steps.at[3].block.finalized);
    assert_block(&steps.at[4], 4, 0);
    assert_true(steps.at[4].block.finalized);
}

/* The newest block is the head whatever it is called; so is a final one final. */
static void by_any_name(struct task *task, struct chain *chain, void *arg) {
    struct steps *steps = arg;
    ledger_finalize(9, 4);
    resolve_latest(steps, task, chain);
    resolve_number(steps, task, chain, 9);
    resolve_hash(steps, task, chain, block_hash(9, 0));
    resolve(steps, task, chain, (struct block_spec){.kind = BLOCK_SAFE});
    resolve_number(steps, task, chain, 8);
    ledger_finalize(9, 9);
    let_time_pass(chain);
    resolve(steps, task, chain, (struct block_spec){.kind = BLOCK_FINALIZED});
    resolve_latest(steps, task, chain);
    resolve_number(steps, task, chain, 8);
}

static void test_head_and_final_by_any_name(void **state) {
    (void)state;
    struct steps steps;
    run(&steps, 10, by_any_name);
    for (size_t i = 0; i < 8; i++) {
        bool is_8 = i == 4 || i == 7;
        assert_block(&steps.at[i], is_8 ? 8 : 9, 0);
        assert_int_equal(steps.at[i].block.head, !is_8);
        assert_int_equal(steps.at[i].block.finalized, i > 4);
    }
}

static void no_block(struct fake_request *request) {
    fake_answer(request, "result", "{\"number\":\"0x1\",\"hash\":7}");
}

static void always_block_5(struct fake_request *request) {
    char json[512];
    format_block(json, 5, 0);
    fake_answer(request, "result", json);
}

static void ask_latest(struct task *task, struct chain *chain, void *arg) {
    resolve_latest(arg, task, chain);
}

static void ask_number_and_hash(struct task *task, struct chain *chain, void *arg) {
    resolve_number(arg, task, chain, 3);
    resolve_hash(arg, task, chain, block_hash(3, 0));
}

static void test_malformed_blocks(void **state) {
    (void)state;
    struct steps steps;
    run_with(&steps, 10, no_block, ask_latest, false);
    assert_int_equal(steps.at[0].err, ERR_UPSTREAM_ERROR);
    run_with(&steps, 10, always_block_5, ask_number_and_hash, false);
    assert_int_equal(steps.at[0].err, ERR_UPSTREAM_ERROR);
    assert_int_equal(steps.at[1].err, ERR_UPSTREAM_ERROR);
}

int main(void) {
    setenv("no_proxy", "*", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_number),          cmocka_unit_test(test_by_hash),
        cmocka_unit_test(test_safe_and_finalized), cmocka_unit_test(test_head_and_final_by_any_name),
        cmocka_unit_test(test_malformed_blocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
