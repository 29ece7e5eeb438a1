/* Metadata of tokens, read at the tip and written down. Memory is the task's arena.
 * Owns nothing.
 * On the indexer's coroutine. */
#include "describe.h"

#include "eth/erc20.h"
#include "tip_reads.h"

enum { TOKENS = 16 /* in one round */, GETTERS = 3, MAX_AGE_S = 24 * 60 * 60 };

static const enum erc20_selector getters[GETTERS] = {ERC20_NAME, ERC20_SYMBOL, ERC20_DECIMALS};

struct round {
    struct index_token tokens[TOKENS];
    size_t n;
    struct abi_call calls[GETTERS]; /* the same for all tokens */
    struct state_read reads[TOKENS * GETTERS];
};

static void ask(struct task *task, struct chain *chain, struct round *round, const struct block_ref *tip) {
    for (size_t g = 0; g < GETTERS; g++) erc20_call_getter(&round->calls[g], getters[g]);
    for (size_t i = 0; i < round->n * GETTERS; i++) {
        const struct abi_call *call = &round->calls[i % GETTERS];
        round->reads[i] = (struct state_read){
            .kind = STATE_CALL, .to = round->tokens[i / GETTERS].address, .data = call->data, .data_len = call->len};
    }
    tip_read_many(task, chain, tip, round->reads, round->n * GETTERS);
}

/* Returns false when a node has failed: what it might have said is not to be taken for missing. */
static bool take(struct erc20_metadata *out, const struct state_read *reads) {
    erc20_metadata_init(out);
    for (size_t g = 0; g < GETTERS; g++) {
        if (!tip_read_is_answer(&reads[g])) return false;
        if (reads[g].err == ERR_OK) erc20_metadata_take(out, getters[g], reads[g].bytes, reads[g].len);
    }
    return true;
}

enum err describe_tokens(struct task *task, struct chain *chain, struct index_writer *writer,
                         const struct block_ref *tip, bool *more) {
    struct round *round = arena_alloc(task->arena, sizeof *round);
    size_t described = 0;
    *more = false;
    if (round == NULL) return task_fail(task, ERR_OVERLOADED, "no memory to describe tokens");
    enum err err = index_writer_undescribed(task, writer, round->tokens, &round->n, TOKENS, MAX_AGE_S);
    if (err != ERR_OK || round->n == 0) return err;
    ask(task, chain, round, tip);
    for (size_t i = 0; err == ERR_OK && i < round->n; i++) {
        struct erc20_metadata metadata;
        if (!take(&metadata, &round->reads[i * GETTERS])) continue;
        err = index_writer_describe(task, writer, round->tokens[i].id, &metadata);
        described++;
    }
    *more = round->n == TOKENS && described > 0;
    return err;
}
