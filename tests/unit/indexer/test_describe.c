/* What is written down of tokens, with a writer and a node that say what the test wants.
 * Owns a reactor and a task for each round.
 * One thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "indexer/describe.h"
#include "eth/erc20.h"
#include "rpc/state.h"

enum { MAX_TOKENS = 16 };

/* What a token answers to name(), symbol() and decimals(). */
struct token_case {
    const char *name; /* as bytes32; NULL: it reverts */
    const char *symbol;
    int decimals; /* -1: it reverts */
    enum err err; /* of its symbol(), the node's */
};

static struct {
    const struct token_case *tokens;
    size_t n;
    bool more;
    bool described[MAX_TOKENS];
    struct erc20_metadata metadata[MAX_TOKENS];
} scene;

/* The tip as the nodes know it. */
enum err chain_resolve(struct task *task, struct chain *chain, struct block_ref *out, const struct block_spec *spec) {
    (void)task;
    (void)chain;
    *out = (struct block_ref){.number = 9, .hash = spec->hash};
    return ERR_OK;
}

enum err index_writer_undescribed(struct task *task, struct index_writer *writer, struct index_token *out, size_t *n,
                                  size_t cap, uint64_t max_age_s) {
    (void)task;
    (void)writer;
    assert_true(scene.n <= cap && max_age_s == 86400);
    for (size_t i = 0; i < scene.n; i++) {
        out[i] = (struct index_token){.id = (int32_t)i, .address = {{0xee, (uint8_t)i}}};
    }
    *n = scene.n;
    return ERR_OK;
}

enum err index_writer_describe(struct task *task, struct index_writer *writer, int32_t token_id,
                               const struct erc20_metadata *metadata) {
    (void)task;
    (void)writer;
    scene.described[token_id] = true;
    scene.metadata[token_id] = *metadata;
    return ERR_OK;
}

static void answer(struct task *task, struct state_read *read) {
    const struct token_case *token = &scene.tokens[read->to.bytes[1]];
    const char *text = NULL;
    uint8_t *word = arena_alloc(task->arena, 32);
    if (memcmp(read->data, erc20_functions[ERC20_NAME].selector, 4) == 0) text = token->name;
    if (memcmp(read->data, erc20_functions[ERC20_SYMBOL].selector, 4) == 0) text = token->symbol;
    bool is_decimals = memcmp(read->data, erc20_functions[ERC20_DECIMALS].selector, 4) == 0;
    read->err = text != NULL || (is_decimals && token->decimals >= 0) ? ERR_OK : ERR_EXECUTION_REVERTED;
    if (token->err != ERR_OK && text == token->symbol) read->err = token->err;
    if (read->err != ERR_OK) return;
    if (text != NULL) memcpy(word, text, strlen(text));
    if (is_decimals) word[31] = (uint8_t)token->decimals;
    read->bytes = word;
    read->len = 32;
}

void state_read_many(struct task *task, struct chain *chain, const struct block_ref *block, struct state_read *reads,
                     size_t n) {
    (void)chain;
    assert_int_equal(block->number, 9);
    for (size_t i = 0; i < n; i++) answer(task, &reads[i]);
}

static void describe(const struct token_case *tokens, size_t n) {
    struct reactor *reactor = reactor_new(0);
    struct task task = {.reactor = reactor, .arena = arena_new(1024 * 1024), .deadline_ms = UINT64_MAX};
    const struct block_ref tip = {.number = 9};
    memset(&scene, 0, sizeof scene);
    scene.tokens = tokens;
    scene.n = n;
    assert_int_equal(describe_tokens(&task, NULL, NULL, &tip, &scene.more), ERR_OK);
    arena_free(task.arena);
    reactor_free(reactor);
}

static void test_tokens_are_described_as_they_say(void **state) {
    (void)state;
    const struct token_case tokens[] = {
        {"Maker", "MKR", 18, ERR_OK}, {NULL, "X", -1, ERR_OK}, {NULL, NULL, 78, ERR_OK}, {"a\nb", "", 0, ERR_OK}};
    describe(tokens, 4);
    assert_true(scene.metadata[0].has_name && scene.metadata[0].has_symbol && scene.metadata[0].decimals == 18);
    assert_string_equal(scene.metadata[0].name, "Maker");
    assert_string_equal(scene.metadata[0].symbol, "MKR");
    assert_true(!scene.metadata[1].has_name && scene.metadata[1].has_symbol && scene.metadata[1].decimals == -1);
    assert_true(scene.described[2] && !scene.metadata[2].has_name && scene.metadata[2].decimals == -1);
    assert_string_equal(scene.metadata[3].name, "ab");
    assert_int_equal(scene.metadata[3].decimals, 0);
    assert_false(scene.more);
}

static void test_what_a_node_fails_to_answer_is_not_missing(void **state) {
    (void)state;
    const struct token_case tokens[] = {{"A", "A", 1, ERR_UPSTREAM_UNAVAILABLE}, {"B", "B", 2, ERR_OK}};
    describe(tokens, 2);
    assert_false(scene.described[0]);
    assert_true(scene.described[1]);
}

static void test_a_full_round_is_followed_by_the_next(void **state) {
    (void)state;
    struct token_case tokens[MAX_TOKENS] = {{0}};
    describe(tokens, MAX_TOKENS);
    assert_true(scene.more);
    for (size_t i = 0; i < MAX_TOKENS; i++) {
        tokens[i] = (struct token_case){.symbol = "X", .err = ERR_TIMEOUT};
    }
    describe(tokens, MAX_TOKENS);
    assert_false(scene.more);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tokens_are_described_as_they_say),
        cmocka_unit_test(test_what_a_node_fails_to_answer_is_not_missing),
        cmocka_unit_test(test_a_full_round_is_followed_by_the_next),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
