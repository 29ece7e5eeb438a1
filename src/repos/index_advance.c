/* How the index grows: by pieces of history, by streams going live, by new blocks. Each is one transaction, in which
 * the progress moves first: who finds it elsewhere than believed writes nothing. The indexer's coroutine. */
#include <assert.h>

#include "core/log.h"
#include "index_writer_internal.h"
#include "partition_sql.h"

/* What a transaction is about. */
struct advance {
    const struct index_stream *streams;
    size_t n;
    uint64_t from;
    uint64_t to;
    const struct index_batch *batch;
    const struct block_ref *first;     /* of new blocks */
    const struct block_ref *tip;       /* of streams that go live; the last of new blocks */
    const struct block_ref *finalized; /* of new blocks, NULL: not known; of a piece of history its last one */
};

/* Events that an earlier reading has left there come once more. */
static enum err clear_events(struct task *task, struct index_writer *writer, const struct index_stream *streams,
                             size_t n, uint64_t from, uint64_t next) {
    struct pg_params params;
    if (streams[0].kind != STREAM_EVENTS) return ERR_OK;
    index_params_begin(&params, writer);
    enum err err = index_param_streams(task, &params, streams, n);
    if (err != ERR_OK) return err;
    pg_param_i64(&params, (int64_t)from);
    pg_param_i64(&params, (int64_t)next);
    return index_run(task, writer, INDEX_CLEAR_EVENTS, &params);
}

static enum err move_streams(struct task *task, struct index_writer *writer, const struct index_stream *streams,
                             size_t n, uint64_t from, uint64_t next, bool live) {
    struct pg_params params;
    index_params_begin(&params, writer);
    enum err err = index_param_streams(task, &params, streams, n);
    if (err != ERR_OK) return err;
    pg_param_i64(&params, (int64_t)from);
    pg_param_i64(&params, (int64_t)next);
    pg_param_bool(&params, live);
    pg_param_i16(&params, (int16_t)streams[0].kind);
    err = index_fence(task, writer, "a stream stands elsewhere", INDEX_ADVANCE_STREAMS, &params);
    return err != ERR_OK ? err : clear_events(task, writer, streams, n, from, next);
}

/* A batch is in order: no log is outside of what it is said to be about. */
static void assert_within(const struct index_batch *batch, uint64_t from, uint64_t to) {
    if (batch->n_transfers > 0) {
        assert(batch->transfers[0].place.block_number >= from);
        assert(batch->transfers[batch->n_transfers - 1].place.block_number <= to);
    }
    if (batch->n_events > 0) {
        assert(batch->events[0].place.block_number >= from);
        assert(batch->events[batch->n_events - 1].place.block_number <= to);
    }
}

/* A piece of history is read again after a crash: its commit need not wait for the disk. */
static enum err append(struct task *task, struct index_writer *writer, void *arg) {
    const struct advance *a = arg;
    enum err err = pg_session_execute(task, writer->session, "SET LOCAL synchronous_commit = off");
    if (err == ERR_OK) err = move_streams(task, writer, a->streams, a->n, a->from, a->to + 1, false);
    if (err == ERR_OK) err = index_batch_put(task, writer, a->batch, NULL);
    if (err != ERR_OK) return err;
    struct pg_params params;
    index_params_begin(&params, writer);
    pg_param_i64(&params, (int64_t)a->finalized->number);
    pg_param_hash32(&params, &a->finalized->hash);
    return index_run(task, writer, INDEX_FINALIZE_HISTORY, &params);
}

enum err index_writer_append(struct task *task, struct index_writer *writer, const struct index_stream *streams,
                             size_t n, uint64_t from, const struct block_ref *last, const struct index_batch *batch) {
    struct advance advance = {
        .streams = streams, .n = n, .from = from, .to = last->number, .batch = batch, .finalized = last};
    assert(n > 0 && from <= last->number);
    assert_within(batch, from, last->number);
    return index_transaction(task, writer, append, &advance);
}

static enum err finalize(struct task *task, struct index_writer *writer, const struct block_ref *block) {
    struct pg_params params;
    index_params_begin(&params, writer);
    pg_param_i64(&params, (int64_t)block->number);
    enum err err = index_run(task, writer, INDEX_DROP_EMPTY_BLOCKS, &params);
    if (err != ERR_OK) return err;
    pg_param_hash32(&params, &block->hash);
    return index_run(task, writer, INDEX_FINALIZE, &params);
}

/* The tip has to be the first block's parent, and all live streams there. */
static enum err move_tip(struct task *task, struct index_writer *writer, const struct block_ref *first,
                         const struct block_ref *last) {
    struct pg_params params;
    index_params_begin(&params, writer);
    pg_param_i64(&params, (int64_t)first->number - 1);
    pg_param_hash32(&params, &first->parent_hash);
    index_param_tip(&params, last);
    enum err err = index_fence(task, writer, "the tip is another block", INDEX_FOLLOW_CHAIN, &params);
    if (err != ERR_OK) return err;
    index_params_begin(&params, writer);
    pg_param_i64(&params, (int64_t)first->number);
    pg_param_i64(&params, (int64_t)last->number + 1);
    return index_fence(task, writer, "a live stream is not at the tip", INDEX_FOLLOW_STREAMS, &params);
}

static enum err follow(struct task *task, struct index_writer *writer, void *arg) {
    const struct advance *a = arg;
    enum err err = move_tip(task, writer, a->first, a->tip);
    if (err == ERR_OK) err = index_batch_put(task, writer, a->batch, a->tip);
    if (err == ERR_OK) err = index_shift_balances(task, writer, a->from - 1, a->to, 1);
    if (err != ERR_OK || a->finalized == NULL) return err;
    return finalize(task, writer, a->finalized->number < a->tip->number ? a->finalized : a->tip);
}

static enum err take_new(struct task *task, struct index_writer *writer, struct advance *advance) {
    advance->from = advance->first->number;
    advance->to = advance->tip->number;
    assert_within(advance->batch, advance->from, advance->to);
    return index_transaction(task, writer, follow, advance);
}

enum err index_writer_follow(struct task *task, struct index_writer *writer, const struct index_batch *batch,
                             const struct block_ref *finalized) {
    struct advance advance = {.batch = batch, .finalized = finalized};
    assert(batch->n_blocks > 0);
    for (size_t i = 1; i < batch->n_blocks; i++) {
        assert(batch->blocks[i].number == batch->blocks[i - 1].number + 1);
        assert(hash32_equal(&batch->blocks[i].parent_hash, &batch->blocks[i - 1].hash));
    }
    advance.first = &batch->blocks[0];
    advance.tip = &batch->blocks[batch->n_blocks - 1];
    return take_new(task, writer, &advance);
}

enum err index_writer_catch_up(struct task *task, struct index_writer *writer, const struct index_batch *batch,
                               const struct block_ref *first, const struct block_ref *last) {
    struct advance advance = {.batch = batch, .first = first, .tip = last, .finalized = last};
    assert(batch->n_blocks == 0 && first->number <= last->number);
    return take_new(task, writer, &advance);
}

/* Streams may stand at different blocks: those that stand at the same one are moved together. */
static enum err set_live(struct task *task, struct index_writer *writer, const struct advance *a) {
    enum err err = ERR_OK;
    for (size_t at = 0, end; err == ERR_OK && at < a->n; at = end) {
        for (end = at + 1; end < a->n && a->streams[end].next_block == a->streams[at].next_block;) end++;
        err =
            move_streams(task, writer, a->streams + at, end - at, a->streams[at].next_block, a->tip->number + 1, true);
    }
    return err;
}

/* What is left of an earlier time that they were live goes first. */
static enum err derive_balances(struct task *task, struct index_writer *writer, const struct advance *a) {
    struct pg_params params;
    const bool every = a->streams[0].every;
    index_params_begin(&params, writer);
    enum err err = index_param_streams(task, &params, a->streams, a->n);
    if (err != ERR_OK) return err;
    pg_param_bool(&params, every);
    err = index_run(task, writer, INDEX_CLEAR_BALANCES, &params);
    if (err == ERR_OK) err = index_run(task, writer, INDEX_GO_LIVE_TOKENS, &params);
    if (err != ERR_OK) return err;
    index_params_begin(&params, writer);
    pg_param_i64(&params, (int64_t)a->tip->number);
    if (!every) err = index_param_streams(task, &params, a->streams, a->n);
    if (err != ERR_OK) return err;
    return index_run(task, writer, every ? INDEX_DERIVE_EVERY : INDEX_DERIVE_NAMED, &params);
}

/* The first balances of all are written without the holders' index, which is built behind them. Until then nobody else
 * may write balances: taken first, that lock waits for no one who waits for us. */
static enum err derive_and_index(struct task *task, struct index_writer *writer, const struct advance *a) {
    struct pg_params params = {.n = 0};
    bool indexed;
    pg_param_text(&params, BALANCES_INDEX_NAME);
    enum err err = index_ask(task, writer, &indexed, INDEX_HAS_RELATION, &params);
    if (err != ERR_OK || indexed) return err != ERR_OK ? err : derive_balances(task, writer, a);
    err = pg_session_execute(task, writer->session, "LOCK TABLE balances IN SHARE ROW EXCLUSIVE MODE");
    if (err == ERR_OK) err = derive_balances(task, writer, a);
    return err != ERR_OK ? err : pg_session_execute(task, writer->session, BALANCES_INDEX_DDL);
}

static enum err derive(struct task *task, struct index_writer *writer, const struct advance *a) {
    struct pg_params params;
    if (a->streams[0].kind != STREAM_TRANSFERS) return ERR_OK;
    enum err err = derive_and_index(task, writer, a);
    index_params_begin(&params, writer);
    return err != ERR_OK ? err : index_run(task, writer, INDEX_MARK_ALL, &params);
}

static enum err go_live(struct task *task, struct index_writer *writer, void *arg) {
    const struct advance *a = arg;
    struct pg_params params;
    index_params_begin(&params, writer);
    index_param_tip(&params, a->tip);
    enum err err = index_fence(task, writer, "the tip is another block", INDEX_GO_LIVE_CHAIN, &params);
    if (err == ERR_OK) err = set_live(task, writer, a);
    if (err == ERR_OK) err = index_batch_put(task, writer, a->batch, a->tip);
    if (err == ERR_OK) err = derive(task, writer, a);
    if (err == ERR_OK && a->tip->finalized) err = finalize(task, writer, a->tip);
    return err;
}

enum err index_writer_go_live(struct task *task, struct index_writer *writer, const struct index_stream *streams,
                              size_t n, const struct block_ref *tip, const struct index_batch *rest) {
    static const struct index_batch nothing = {.n_transfers = 0};
    struct advance advance = {.streams = streams, .n = n, .tip = tip, .batch = rest != NULL ? rest : &nothing};
    assert(n > 0);
    assert_within(advance.batch, streams[0].next_block, tip->number);
    enum err err = index_transaction(task, writer, go_live, &advance);
    if (err != ERR_OK) return err;
    struct fault fault = task->fault;
    if (pg_session_execute(task, writer->session, "ANALYZE balances, tokens, blocks, contract_events") != ERR_OK) {
        log_write(LOG_INDEX, LOG_WARN, "statistics of the index could not be taken");
    }
    task->fault = fault;
    return ERR_OK;
}
