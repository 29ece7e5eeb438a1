/* The chain's own finalized block where it has one. Owns nothing.
 * On the indexer's coroutine. */
#include "final.h"

#include "indexer_state.h"

enum { FINAL_AFTER_MAINNET = 96, FINAL_AFTER = 256, MAINNET = 1 };

static uint64_t deep_enough(const struct chain *chain, uint64_t head_number) {
    uint64_t depth = chain_id(chain) == MAINNET ? FINAL_AFTER_MAINNET : FINAL_AFTER;
    return head_number > depth ? head_number - depth : 0;
}

/* In: finalized, the chain's, or NULL. */
static uint64_t agreed_final(struct chain *chain, const struct block_ref *finalized, uint64_t head_number) {
    uint64_t reached;
    if (!chain_reached(chain, &reached)) return 0;
    if (reached > head_number) reached = head_number;
    if (finalized == NULL) return deep_enough(chain, reached);
    return finalized->number < reached ? finalized->number : reached;
}

uint64_t final_of_chain(struct chain *chain, uint64_t head_number) {
    struct block_ref finalized;
    bool known = chain_known_block(chain, &finalized, BLOCK_FINALIZED);
    return agreed_final(chain, known ? &finalized : NULL, head_number);
}

uint64_t final_number(const struct indexer *indexer, uint64_t head_number) {
    return final_of_chain(indexer->chain, head_number);
}

/* Nodes that cannot be reached say nothing; those that answer with an error have no such block. */
static bool is_unknown(enum err err) {
    return err == ERR_UPSTREAM_UNAVAILABLE || err == ERR_TIMEOUT || err == ERR_OVERLOADED;
}

/* The first head of all comes from one node. */
static enum err find_head(struct indexer *indexer, struct block_ref *head) {
    const struct block_spec latest = {.kind = BLOCK_LATEST};
    struct task *task = &indexer->job.task;
    uint64_t reached;
    enum err err = chain_resolve(task, indexer->chain, head, &latest);
    if (err != ERR_OK || chain_reached(indexer->chain, &reached)) return err;
    chain_forget_head(indexer->chain, &head->hash);
    err = chain_resolve(task, indexer->chain, head, &latest);
    if (err != ERR_OK || chain_reached(indexer->chain, &reached)) return err;
    return task_fail(task, ERR_UPSTREAM_UNAVAILABLE, "too few of the nodes tell how far they are");
}

enum err final_find(struct indexer *indexer, uint64_t *number) {
    const struct block_spec tag = {.kind = BLOCK_FINALIZED};
    struct task *task = &indexer->job.task;
    struct block_ref head, finalized;
    job_limit(&indexer->job, NODE_LIMIT_MS);
    enum err err = find_head(indexer, &head);
    if (err != ERR_OK) return err;
    err = chain_resolve(task, indexer->chain, &finalized, &tag);
    if (err != ERR_OK && is_unknown(err)) return err;
    *number =
        err == ERR_OK ? agreed_final(indexer->chain, &finalized, head.number) : final_number(indexer, head.number);
    if (indexer->has_tip && indexer->tip.number < *number) *number = indexer->tip.number;
    return ERR_OK;
}
