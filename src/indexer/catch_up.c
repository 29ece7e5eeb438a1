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
    const struct event_reader reader = decoder_reader(&indexer->decoder);
    enum err err = indexer_read_rows(indexer);
    if (err != ERR_OK) return err;
    const struct index_batch batch = rows_batch(&indexer->rows, &reader);
    job_limit(&indexer->job, WRITE_LIMIT_MS);
    err = index_writer_catch_up(&indexer->job.task, indexer->writer, &batch, first, last);
    err = indexer_wrote(indexer, err);
    if (err != ERR_OK) return err;
    indexer->tip = indexer->finalized = *last;
    indexer->tip.finalized = indexer->finalized.finalized = true;
    indexer->has_finalized = true;
    indexer_advance_live(indexer);
    indexer_count(indexer, &batch, 0);
    watch_reads_skip(indexer, last->number - first->number + 1);
    return ERR_OK;
}

/* A range being read, of one kind of stream after the other. */
struct reading {
    struct indexer *indexer;
    struct logs_range range;
    bool has_last;
    struct block_ref last;
    enum logs_outcome outcome;
};

/* What comes for one kind and for the other has to be of the same chain. */
static enum err check_last(struct reading *reading) {
    const struct block_ref *last = &reading->range.last;
    bool same = !reading->has_last || hash32_equal(&reading->last.hash, &last->hash);
    reading->has_last = true;
    reading->last = *last;
    if (same) return ERR_OK;
    return task_fail(&reading->indexer->job.task, ERR_UPSTREAM_ERROR, "the nodes are of different chains");
}

static enum err read_kind(struct reading *reading, enum stream_kind kind, struct logs *logs) {
    struct indexer *indexer = reading->indexer;
    struct logs_range *range = &reading->range;
    struct logs_filter filter;
    uint64_t started_ms = reactor_now_ms(indexer->reactor), blocks = range->to - range->from + 1;
    enum err err = live_filter(indexer, kind, &filter);
    if (err != ERR_OK) return err;
    job_limit(&indexer->job, NODE_LIMIT_MS);
    reading->outcome = logs_read_range(&indexer->job.task, indexer->chain, logs, &filter, range);
    if (reading->outcome == LOGS_SPLIT && blocks > 1) {
        (void)plan_refused(&indexer->catch_up, range->from, range->to, range->suggested_to);
        return ERR_OK;
    }
    if (reading->outcome != LOGS_OK) return indexer->job.task.fault.code;
    plan_answered(&indexer->catch_up, blocks, logs_weight(logs), reactor_now_ms(indexer->reactor) - started_ms);
    live_keep(indexer, logs);
    rows_add(&indexer->rows, logs);
    return check_last(reading);
}

static enum err take_range(struct reading *reading, const struct block_ref *first) {
    struct indexer *indexer = reading->indexer;
    enum err err = ERR_OK;
    rows_clear(&indexer->rows);
    for (enum stream_kind kind = 0; kind < STREAM_KIND_COUNT; kind++) {
        struct logs logs;
        if (!live_any_of(indexer, kind)) continue;
        logs_init(&logs);
        err = read_kind(reading, kind, &logs);
        logs_free(&logs);
        if (err != ERR_OK || reading->outcome != LOGS_OK) return err;
    }
    return write_range(indexer, first, &reading->last);
}

enum err catch_up_step(struct indexer *indexer, const struct block_ref *first, const struct block_ref *head,
                       bool *moved) {
    uint64_t last = final_number(indexer, head->number);
    uint64_t blocks = plan_blocks(&indexer->catch_up, logs_max_blocks(indexer->chain));
    struct reading reading = {.indexer = indexer, .range = {.from = first->number, .to = first->number + blocks - 1}};
    if (reading.range.to > last) reading.range.to = last;
    enum err err = take_range(&reading, first);
    *moved = err == ERR_OK;
    return err;
}
