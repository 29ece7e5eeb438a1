/* The end of a backfill: indexes are built, balances are derived, and the first streams set the tip at which all that
 * is served is true. Later ones bring what is left up to the tip with them, read by the hashes of the tip's ancestors.
 * On the indexer's coroutine. */
#include "join.h"

#include "core/log.h"
#include "follow.h"
#include "group.h"
#include "indexer_state.h"
#include "reorg.h"

enum {
    NEAR_BLOCKS = 64,
    WAIT_MS = 100,
    BLOCK_LIMIT_MS = 250 /* for each up to the tip, beside NODE_LIMIT_MS: some are final thousands behind */
};

/* A chain that makes blocks faster than a backfill ends would have it go on for ever. */
bool join_is_near(const struct indexer *indexer, const struct group *group) {
    if (group->from > indexer->target) return true;
    return group->from > 0 && group->from + NEAR_BLOCKS > indexer->target && group->to == indexer->target;
}

static enum err go_live(struct indexer *indexer, const struct group *group, const struct block_ref *tip,
                        const struct index_batch *rest) {
    job_limit(&indexer->job, BUILD_LIMIT_MS);
    enum err err = index_writer_go_live(&indexer->job.task, indexer->writer, group->streams, group->n, tip, rest);
    err = indexer_wrote(indexer, err);
    if (err == ERR_OK) err = indexer_load(indexer);
    if (err != ERR_OK) return err;
    log_write(LOG_INDEX, LOG_INFO, "index is live", LOG_STR("chain", indexer_name(indexer)),
              LOG_U64("streams", group->n), LOG_U64("tip", indexer->tip.number));
    indexer_count(indexer, rest, 0);
    return ERR_OK;
}

static enum err go_live_first(struct indexer *indexer, const struct group *group) {
    struct block_ref tip;
    const struct index_batch rest = {.n_transfers = 0};
    bool same;
    enum err err = reorg_check_history(indexer, &same);
    if (err != ERR_OK) return err;
    if (!same) return reorg_halt_history(indexer);
    err = indexer_canonical_block(indexer, &tip, group->from - 1);
    tip.finalized = true;
    return err == ERR_OK ? go_live(indexer, group, &tip, &rest) : err;
}

/* Fails with ERR_BLOCK_NOT_FOUND when the nodes no longer have the tip: a reorg is to be taken back first. */
static enum err read_rest(struct indexer *indexer, const struct group *group) {
    struct task *task = &indexer->job.task;
    size_t n = (size_t)(indexer->tip.number + 1 - group->from);
    struct header *headers = arena_alloc(task->arena, n * sizeof *headers);
    job_limit(&indexer->job, NODE_LIMIT_MS + n * BLOCK_LIMIT_MS);
    rows_clear(&indexer->rows);
    if (n == 0) return ERR_OK;
    if (headers == NULL) return task_fail(task, ERR_OVERLOADED, "too many blocks at a time");
    enum err err = follow_read_headers(indexer, headers, group->from, n);
    if (err != ERR_OK) return err;
    if (!hash32_equal(&headers[n - 1].block.hash, &indexer->tip.hash)) {
        return task_fail(task, ERR_BLOCK_NOT_FOUND, "the chain has another block than the index's newest one");
    }
    const struct logs_filter filter = group_filter(group);
    err = follow_read_blocks(indexer, &indexer->rows, headers, n, &filter, false);
    return err == ERR_OK ? indexer_read_rows(indexer) : err;
}

static enum err go_live_with_others(struct indexer *indexer, const struct group *group) {
    bool tip_is_there = group->from <= indexer->tip.number + 1;
    enum err err = tip_is_there ? read_rest(indexer, group) : ERR_BLOCK_NOT_FOUND;
    if (err == ERR_BLOCK_NOT_FOUND) { /* following the head comes first */
        job_rest(&indexer->job, WAIT_MS);
        return ERR_OK;
    }
    if (err != ERR_OK) return err;
    const struct event_reader reader = decoder_reader(&indexer->decoder);
    const struct index_batch rest = rows_batch(&indexer->rows, &reader);
    const struct block_ref tip = indexer->tip;
    return go_live(indexer, group, &tip, &rest);
}

enum err join_step(struct indexer *indexer, const struct group *group) {
    bool built = true;
    enum err err = ERR_OK;
    phase_enter(&indexer->phase, INDEX_BUILDING);
    indexer_report(indexer);
    struct task *task = job_begin(&indexer->job, BUILD_LIMIT_MS);
    if (group->kind == STREAM_TRANSFERS) err = index_writer_build_index(task, indexer->writer, &built);
    err = indexer_wrote(indexer, err);
    if (err != ERR_OK || !built) return err;
    job_limit(&indexer->job, NODE_LIMIT_MS);
    return indexer->has_tip ? go_live_with_others(indexer, group) : go_live_first(indexer, group);
}
