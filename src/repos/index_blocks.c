/* Blocks of a batch, with how many transfers and events each has: those that it lists, and those that its logs are in.
 * The arrays are in the transaction's arena. The indexer's coroutine. */
#include <assert.h>
#include <string.h>

#include "index_writer_internal.h"

/* One array for each column, since PostgreSQL takes them so. */
struct block_rows {
    int64_t *numbers;
    hash32 *hashes;
    hash32 *parents; /* zeros: not known */
    int64_t *timestamps;
    int32_t *logs;
    size_t n;
};

static bool allocate(struct task *task, struct block_rows *rows, size_t n) {
    rows->n = 0;
    rows->numbers = arena_alloc(task->arena, n * sizeof *rows->numbers);
    rows->hashes = arena_alloc(task->arena, n * sizeof *rows->hashes);
    rows->parents = arena_alloc(task->arena, n * sizeof *rows->parents);
    rows->timestamps = arena_alloc(task->arena, n * sizeof *rows->timestamps);
    rows->logs = arena_alloc(task->arena, n * sizeof *rows->logs);
    return rows->numbers != NULL && rows->hashes != NULL && rows->parents != NULL && rows->timestamps != NULL &&
           rows->logs != NULL;
}

/* A walk through both lists of a batch, by block. */
struct walk {
    const struct index_batch *batch;
    size_t transfers; /* passed */
    size_t events;
};

/* Returns NULL at the end. */
static const struct log_place *next_place(struct walk *walk) {
    const struct index_batch *batch = walk->batch;
    bool more_transfers = walk->transfers < batch->n_transfers, more_events = walk->events < batch->n_events;
    if (!more_transfers && !more_events) return NULL;
    const struct log_place *transfer = more_transfers ? &batch->transfers[walk->transfers].place : NULL;
    const struct log_place *event = more_events ? &batch->events[walk->events].place : NULL;
    bool event_next = transfer == NULL || (event != NULL && event->block_number < transfer->block_number);
    ++*(event_next ? &walk->events : &walk->transfers);
    return event_next ? event : transfer;
}

static size_t count_blocks(const struct index_batch *batch) {
    struct walk walk = {.batch = batch};
    const struct log_place *place, *last = NULL;
    size_t n = 0;
    for (; (place = next_place(&walk)) != NULL; last = place) {
        if (last == NULL || last->block_number != place->block_number) n++;
    }
    return n;
}

/* The blocks of a batch have to be in order, and each is added once. */
static void add(struct block_rows *rows, const struct block_ref *block) {
    size_t at = rows->n++;
    assert(at == 0 || rows->numbers[at - 1] < (int64_t)block->number);
    rows->numbers[at] = (int64_t)block->number;
    rows->hashes[at] = block->hash;
    rows->parents[at] = block->parent_hash;
    rows->timestamps[at] = (int64_t)block->timestamp;
    rows->logs[at] = 0;
}

/* Adds the blocks that the batch lists (and the extra one behind them) up to this number. Returns how many of them have
 * been added so far. */
static size_t add_listed(struct block_rows *rows, const struct index_batch *batch, const struct block_ref *extra,
                         size_t listed, uint64_t up_to) {
    size_t all = batch->n_blocks + (extra != NULL ? 1 : 0);
    while (listed < all) {
        const struct block_ref *block = listed < batch->n_blocks ? &batch->blocks[listed] : extra;
        bool again = rows->n > 0 && rows->numbers[rows->n - 1] == (int64_t)block->number;
        if (block->number > up_to) break;
        assert(!again || hash32_equal(&rows->hashes[rows->n - 1], &block->hash));
        if (!again) add(rows, block);
        listed++;
    }
    return listed;
}

static enum err fill(struct task *task, struct block_rows *rows, const struct index_batch *batch,
                     const struct block_ref *extra) {
    struct walk walk = {.batch = batch};
    const struct log_place *place;
    size_t listed = 0;
    while ((place = next_place(&walk)) != NULL) {
        listed = add_listed(rows, batch, extra, listed, place->block_number);
        if (rows->n == 0 || rows->numbers[rows->n - 1] != (int64_t)place->block_number) {
            const struct block_ref block = {
                .number = place->block_number, .hash = place->block_hash, .timestamp = place->timestamp};
            add(rows, &block);
        }
        if (!hash32_equal(&rows->hashes[rows->n - 1], &place->block_hash)) {
            return task_fail(task, ERR_INTERNAL, "a log is of another block than those it came with");
        }
        rows->logs[rows->n - 1]++;
    }
    (void)add_listed(rows, batch, extra, listed, UINT64_MAX);
    return ERR_OK;
}

enum err index_blocks_put(struct task *task, struct index_writer *writer, const struct index_batch *batch,
                          const struct block_ref *extra) {
    struct block_rows rows;
    struct pg_params params;
    size_t most = count_blocks(batch) + batch->n_blocks + 1;
    if (!allocate(task, &rows, most)) return index_out_of_memory(task);
    enum err err = fill(task, &rows, batch, extra);
    if (err != ERR_OK || rows.n == 0) return err;
    index_params_begin(&params, writer);
    if (!pg_param_i64_array(task, &params, rows.numbers, rows.n) ||
        !pg_param_bytes_array(task, &params, rows.hashes, rows.n, sizeof *rows.hashes) ||
        !pg_param_bytes_array(task, &params, rows.parents, rows.n, sizeof *rows.parents) ||
        !pg_param_i64_array(task, &params, rows.timestamps, rows.n) ||
        !pg_param_i32_array(task, &params, rows.logs, rows.n)) {
        return index_out_of_memory(task);
    }
    return index_fence(task, writer, "a block has another hash", INDEX_PUT_BLOCKS, &params);
}
