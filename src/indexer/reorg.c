/* A reorg is found by following the agreed head's ancestors by hash, one at a time, so that no two nodes are ever mixed
 * up; deeper than finality there is nothing to be taken back any more, only to be reported.
 * On the indexer's coroutine. */
#include "reorg.h"

#include <stdio.h>

#include "core/log.h"
#include "core/metrics.h"
#include "fork.h"
#include "indexer_state.h"
#include "rpc/logs.h"

enum { MAX_WALK = 64 /* from a head further above the tip it is asked for by number */ };

static enum err take_back(struct indexer *indexer, const struct block_ref *ancestor) {
    uint64_t depth = indexer->tip.number - ancestor->number;
    job_limit(&indexer->job, WRITE_LIMIT_MS);
    enum err err = index_writer_rollback(&indexer->job.task, indexer->writer, ancestor);
    err = indexer_wrote(indexer, err);
    if (err != ERR_OK) return err;
    log_write(LOG_INDEX, LOG_INFO, "reorg taken back", LOG_STR("chain", indexer_name(indexer)), LOG_U64("depth", depth),
              LOG_U64("tip", ancestor->number));
    wraps_free(&indexer->wraps); /* verdicts on contracts that are gone with their blocks */
    indexer->progress.reorgs++;
    metrics_add(METRIC_INDEX_REORGS, indexer->options.label, 0, 1);
    err = indexer_load(indexer);
    indexer_report(indexer);
    return err;
}

static enum err halt_too_deep(struct indexer *indexer, uint64_t number) {
    char reason[INDEX_HALTED_BYTES];
    (void)snprintf(reason, sizeof reason,
                   "A reorg reaches down to block %llu, but blocks up to %llu were final: check the chain's nodes.",
                   (unsigned long long)number, (unsigned long long)indexer->finalized.number);
    return indexer_halt(indexer, reason);
}

enum err reorg_check_history(struct indexer *indexer, bool *same) {
    struct block_ref theirs;
    *same = true;
    if (!indexer->has_finalized) return ERR_OK;
    enum err err = indexer_canonical_block(indexer, &theirs, indexer->finalized.number);
    if (err == ERR_OK) *same = hash32_equal(&theirs.hash, &indexer->finalized.hash);
    return err;
}

enum err reorg_halt_history(struct indexer *indexer) {
    char reason[INDEX_HALTED_BYTES];
    (void)snprintf(
        reason, sizeof reason,
        "The nodes have another block %llu than the one that was final: they follow another chain or history.",
        (unsigned long long)indexer->finalized.number);
    return indexer_halt(indexer, reason);
}

/* Returns the block of that chain that is the first to be compared: at most as high as the tip. */
static enum err first_to_compare(struct indexer *indexer, struct block_ref *theirs, const struct block_ref *head) {
    struct header header;
    *theirs = *head;
    if (head->number > indexer->tip.number + MAX_WALK) {
        return indexer_canonical_block(indexer, theirs, indexer->tip.number);
    }
    while (theirs->number > indexer->tip.number) {
        enum err err = header_read_hash(&indexer->job.task, indexer->chain, &header, &theirs->parent_hash);
        if (err != ERR_OK) return err;
        *theirs = header.block;
    }
    return ERR_OK;
}

static enum err compare(struct indexer *indexer, const struct block_ref *theirs, struct block_ref *ours,
                        enum fork_step *step) {
    uint64_t finalized = indexer->has_finalized ? indexer->finalized.number : 0;
    enum err err = index_writer_block(&indexer->job.task, indexer->writer, ours, theirs->number);
    if (err != ERR_OK && err != ERR_BLOCK_NOT_FOUND) return indexer_wrote(indexer, err);
    *step = fork_step(theirs, err == ERR_OK ? ours : NULL, finalized);
    return ERR_OK;
}

enum err reorg_take_back(struct indexer *indexer, const struct block_ref *head, bool *moved) {
    struct block_ref theirs, ours;
    struct header header;
    enum fork_step step;
    job_limit(&indexer->job, NODE_LIMIT_MS);
    enum err err = first_to_compare(indexer, &theirs, head);
    if (err == ERR_OK) err = compare(indexer, &theirs, &ours, &step);
    while (err == ERR_OK && step == FORK_DEEPER) {
        err = header_read_hash(&indexer->job.task, indexer->chain, &header, &theirs.parent_hash);
        if (err != ERR_OK) break;
        theirs = header.block;
        err = compare(indexer, &theirs, &ours, &step);
    }
    if (err == ERR_BLOCK_NOT_FOUND) chain_forget_head(indexer->chain, &head->hash);
    if (err != ERR_OK) return err;
    if (step == FORK_TOO_DEEP) return halt_too_deep(indexer, theirs.number);
    if (hash32_equal(&ours.hash, &indexer->tip.hash)) return ERR_OK; /* it does hold the tip */
    *moved = true;
    return take_back(indexer, &ours);
}
