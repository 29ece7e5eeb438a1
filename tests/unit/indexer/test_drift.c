/* Verdicts of the drift check, with a writer and a node that say what the test wants.
 * Owns a reactor and a task for each check.
 * One thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "indexer/drift.h"
#include "rpc/state.h"

enum { TIP = 77, MAX_TOKENS = 3 };

/* Of a token: what is indexed for one holder each, and what the chain answers. */
struct sample_case {
    uint64_t indexed;
    uint64_t live;
    bool negative;
    bool too_wide;
    bool odd_logs;
    bool no_holder;
    bool is_checked;
    enum err err;  /* of the read */
    size_t cut;    /* bytes that the answer lacks */
    int32_t token; /* 0: the first one */
};

static struct {
    const struct sample_case *cases;
    size_t n;
    size_t reads;
    bool more;
    bool is_orphaned; /* the tip is no longer canonical */
    enum err err;
    unsigned checked[MAX_TOKENS]; /* how often a verdict was written */
    const char *drift[MAX_TOKENS];
    int holder[MAX_TOKENS]; /* whose case it was, -1: nobody's */
} scene;

const char *chain_name(const struct chain *chain) {
    (void)chain;
    return "test";
}

/* The tip as the nodes know it. */
enum err chain_resolve(struct task *task, struct chain *chain, struct block_ref *out, const struct block_spec *spec) {
    (void)chain;
    assert_int_equal(spec->kind, BLOCK_HASH);
    assert_int_equal(spec->hash.bytes[0], TIP);
    if (scene.is_orphaned) return task_fail(task, ERR_BLOCK_NOT_FOUND, "orphaned");
    *out = (struct block_ref){.number = TIP, .hash = spec->hash, .parent_hash = {{TIP - 1}}};
    return ERR_OK;
}

enum err index_writer_samples(struct task *task, struct index_writer *writer, struct block_ref *tip,
                              struct index_sample *out, size_t *n, size_t max_tokens, size_t per_token) {
    (void)task;
    (void)writer;
    assert_true(scene.n <= max_tokens * per_token);
    *tip = (struct block_ref){.number = TIP, .hash = {{TIP}}};
    for (size_t i = 0; i < scene.n; i++) {
        const struct sample_case *c = &scene.cases[i];
        out[i] = (struct index_sample){.token_id = c->token,
                                       .token = {{0xee, (uint8_t)c->token}},
                                       .holder = {{0xaa, (uint8_t)i}},
                                       .amount = u256_from_u64(c->indexed),
                                       .negative = c->negative,
                                       .too_wide = c->too_wide,
                                       .odd_logs = c->odd_logs,
                                       .has_holder = !c->no_holder,
                                       .is_checked = c->is_checked};
    }
    *n = scene.n;
    return ERR_OK;
}

enum err index_writer_checked(struct task *task, struct index_writer *writer, int32_t token_id, const char *drift,
                              const address *holder, uint64_t block) {
    (void)task;
    (void)writer;
    scene.checked[token_id]++;
    scene.drift[token_id] = drift;
    scene.holder[token_id] = holder != NULL ? holder->bytes[1] : -1;
    return block == TIP ? ERR_OK : ERR_INTERNAL;
}

enum err index_writer_drifted(struct task *task, struct index_writer *writer, uint64_t *n) {
    (void)task;
    (void)writer;
    *n = 0;
    return ERR_OK;
}

/* balanceOf(holder), of the holder's case. */
static void answer(struct task *task, struct state_read *read) {
    static const uint8_t selector[] = {0x70, 0xa0, 0x82, 0x31};
    assert_int_equal(read->data_len, 36);
    assert_memory_equal(read->data, selector, sizeof selector);
    assert_int_equal(read->data[16], 0xaa);
    const struct sample_case *c = &scene.cases[read->data[17]];
    assert_int_equal(read->to.bytes[1], c->token);
    u256 live = u256_from_u64(c->live);
    uint8_t *word = arena_alloc(task->arena, 32);
    u256_to_be(word, &live);
    read->err = c->err;
    read->bytes = c->err == ERR_OK ? word : NULL;
    read->len = c->err == ERR_OK ? 32 - c->cut : 0;
}

void state_read_many(struct task *task, struct chain *chain, const struct block_ref *block, struct state_read *reads,
                     size_t n) {
    (void)chain;
    assert_int_equal(block->parent_hash.bytes[0], TIP - 1);
    scene.reads += n;
    for (size_t i = 0; i < n; i++) answer(task, &reads[i]);
}

static void check_at(const struct sample_case *cases, size_t n, bool is_orphaned) {
    struct reactor *reactor = reactor_new(0);
    struct task task = {.reactor = reactor, .arena = arena_new(1024 * 1024), .deadline_ms = UINT64_MAX};
    memset(&scene, 0, sizeof scene);
    scene.cases = cases;
    scene.n = n;
    scene.is_orphaned = is_orphaned;
    scene.err = drift_check(&task, NULL, NULL, 0, &scene.more);
    arena_free(task.arena);
    reactor_free(reactor);
    assert_int_equal(scene.err, ERR_OK);
}

static void check(const struct sample_case *cases, size_t n) {
    check_at(cases, n, false);
}

/* In: drift, "unknown" for no verdict. */
static void assert_verdict(const struct sample_case *cases, size_t n, const char *drift) {
    check(cases, n);
    bool is_known = drift == NULL || strcmp(drift, "unknown") != 0;
    assert_int_equal(scene.checked[0], is_known);
    if (!is_known) return;
    assert_int_equal(scene.drift[0] == NULL, drift == NULL);
    if (drift != NULL) assert_string_equal(scene.drift[0], drift);
}
#define assert_drift(drift, ...) \
    assert_verdict((const struct sample_case[]){__VA_ARGS__}, \
                   sizeof((const struct sample_case[]){__VA_ARGS__}) / sizeof(struct sample_case), (drift))

static void test_balances_that_agree_are_in_order(void **state) {
    (void)state;
    assert_drift(NULL, {.indexed = 5, .live = 5}, {.indexed = 0, .live = 0});
    assert_true(scene.more && scene.reads == 2);
    assert_drift(NULL, {.indexed = 5, .live = 5, .is_checked = true});
    assert_false(scene.more);
}

static void test_one_that_disagrees_is_enough(void **state) {
    (void)state;
    assert_drift("balance_mismatch", {.indexed = 5, .live = 5}, {.indexed = 5, .live = 4});
    assert_drift("balance_mismatch", {.indexed = 0, .live = 4}, {.negative = true, .indexed = 1});
    assert_drift("balance_mismatch", {.too_wide = true});
    assert_drift("negative_balance", {.indexed = 5, .live = 5}, {.indexed = 1, .live = 1, .negative = true});
    assert_drift("odd_logs", {.indexed = 5, .live = 5, .odd_logs = true});
    assert_drift("balance_mismatch", {.indexed = 5, .live = 6, .odd_logs = true});
}

static void test_the_holder_it_was_found_in_is_remembered(void **state) {
    (void)state;
    assert_drift("balance_mismatch", {.indexed = 5, .live = 5}, {.negative = true}, {.indexed = 1}, {.indexed = 2});
    assert_int_equal(scene.holder[0], 2);
    assert_drift("negative_balance", {.indexed = 5, .live = 5}, {.negative = true});
    assert_int_equal(scene.holder[0], 1);
    assert_drift("odd_logs", {.indexed = 5, .live = 5, .odd_logs = true});
    assert_int_equal(scene.holder[0], -1);
    assert_drift(NULL, {.indexed = 5, .live = 5});
    assert_int_equal(scene.holder[0], -1);
}

static void test_a_contract_without_an_answer_disagrees(void **state) {
    (void)state;
    assert_drift("balance_mismatch", {.indexed = 5, .err = ERR_EXECUTION_REVERTED});
    assert_drift("balance_mismatch", {.indexed = 5, .live = 5, .cut = 1});
    assert_drift("balance_mismatch", {.indexed = 5, .live = 5, .cut = 32});
}

static void test_what_a_node_fails_to_answer_is_no_verdict(void **state) {
    (void)state;
    assert_drift("unknown", {.indexed = 5, .live = 5}, {.indexed = 5, .err = ERR_UPSTREAM_UNAVAILABLE});
    assert_false(scene.more);
    assert_drift("unknown", {.indexed = 5, .err = ERR_BLOCK_NOT_FOUND});
    assert_drift("unknown", {.indexed = 5, .err = ERR_TIMEOUT});
    assert_drift("unknown", {.indexed = 5, .err = ERR_STATE_UNAVAILABLE});
    assert_drift("balance_mismatch", {.indexed = 5, .err = ERR_TIMEOUT}, {.indexed = 5, .live = 4});
}

static void test_a_tip_that_is_orphaned_is_no_verdict(void **state) {
    (void)state;
    const struct sample_case cases[] = {{.indexed = 5, .live = 4}};
    check_at(cases, 1, true);
    assert_int_equal(scene.checked[0] + scene.reads, 0);
}

static void test_a_token_that_nobody_holds_is_checked_without_asking(void **state) {
    (void)state;
    assert_drift(NULL, {.no_holder = true});
    assert_int_equal(scene.reads, 0);
    assert_drift("odd_logs", {.no_holder = true, .odd_logs = true});
}

static void test_each_token_has_its_own_verdict(void **state) {
    (void)state;
    const struct sample_case cases[] = {
        {.token = 0, .indexed = 1, .live = 2},
        {.token = 1, .indexed = 1, .live = 1},
        {.token = 1, .indexed = 2, .live = 2},
        {.token = 2, .indexed = 1, .err = ERR_UPSTREAM_ERROR},
    };
    check(cases, 4);
    assert_string_equal(scene.drift[0], "balance_mismatch");
    assert_true(scene.checked[1] == 1 && scene.drift[1] == NULL && scene.checked[2] == 0);
    check(cases, 0);
    assert_int_equal(scene.checked[0] + scene.reads, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_balances_that_agree_are_in_order),
        cmocka_unit_test(test_one_that_disagrees_is_enough),
        cmocka_unit_test(test_the_holder_it_was_found_in_is_remembered),
        cmocka_unit_test(test_a_contract_without_an_answer_disagrees),
        cmocka_unit_test(test_what_a_node_fails_to_answer_is_no_verdict),
        cmocka_unit_test(test_a_tip_that_is_orphaned_is_no_verdict),
        cmocka_unit_test(test_a_token_that_nobody_holds_is_checked_without_asking),
        cmocka_unit_test(test_each_token_has_its_own_verdict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
