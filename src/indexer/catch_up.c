/* Final blocks are read as a backfill reads them, by ranges whose last block the answering node shows, and written as
 * new blocks are: with the change of balances, and the last one as the tip. The plan is the indexer's.
 * On the indexer's coroutine. */
#include "catch_up.h"

#include "final.h"
#include "indexer_state.h"
#include "live.h"

enum { FAR_BLOCKS = 1000 };

bool catch_up_is_far(const struct indexer *indexer, const struct block_ref *head) {
    uint64_t number = final_number(indexer, head->number);
    return live_any(indexer) && number > indexer->tip.number && number - indexer->tip.number > FAR_BLOCKS;
}

static enum err write_range(struct indexer *indexer, const struct block_ref *first, const struct block_ref *last) {
    enum err err = wraps_sift(indexer, &indexer->rows);
    if (err != ERR_OK) return err;
    const struct index_batch batch = rows_batch(&indexer->rows);
    job_limit(&indexer->job, WRITE_LIMIT_MS);
    err = index_writer_catch_up(&indexer->job.task, indexer->writer, &batch, first, last);
    err = indexer_wrote(indexer, err);
    if (err != ERR_OK) return err;
    indexer->tip = indexer->finalized = *last;
    indexer->tip.finalized = indexer->finalized.finalized = true;
    indexer->has_finalized = true;
    indexer_advance_live(indexer);
    indexer_count(indexer, &batch, 0);
    return ERR_OK;
}

static enum err take_range(struct indexer *indexer, struct logs *logs, const struct block_ref *first,
                           struct logs_range *range) {
    address tokens[GROUP_MAX];
    struct logs_filter filter;
    uint64_t started_ms = reactor_now_ms(indexer->reactor), blocks = range->to - range->from + 1;
    live_filter(indexer, &filter, tokens);
    job_limit(&indexer->job, NODE_LIMIT_MS);
    enum logs_outcome outcome = logs_read_range(&indexer->job.task, indexer->chain, logs, &filter, range);
    if (outcome == LOGS_SPLIT && blocks > 1) {
        (void)plan_refused(&indexer->catch_up, range->from, range->to, range->suggested_to);
        return ERR_OK;
    }
    if (outcome != LOGS_OK) return indexer->job.task.fault.code;
    size_t n = logs->n_transfers + logs->n_odd;
    plan_answered(&indexer->catch_up, blocks, n, reactor_now_ms(indexer->reactor) - started_ms);
    if (filter.n_tokens == 0) live_keep(indexer, logs);
    rows_clear(&indexer->rows);
    rows_add(&indexer->rows, logs);
    return write_range(indexer, first, &range->last);
}

enum err catch_up_step(struct indexer *indexer, const struct block_ref *first, const struct block_ref *head,
                       bool *moved) {
    struct logs logs;
    uint64_t last = final_number(indexer, head->number);
    uint64_t blocks = plan_blocks(&indexer->catch_up, logs_max_blocks(indexer->chain));
    struct logs_range range = {.from = first->number, .to = first->number + blocks - 1};
    if (range.to > last) range.to = last;
    logs_init(&logs);
    enum err err = take_range(indexer, &logs, first, &range);
    logs_free(&logs);
    *moved = err == ERR_OK;
    return err;
}
