/* From the tip to the head by parent hash: every block is asked for by its hash and belongs to the chain that the tip
 * belongs to. What most nodes agree on is the head (chain_resolve); a header that leads elsewhere is a reorg or a node
 * that does not know better yet, which reorg.h tells apart.
 * On the indexer's coroutine. */
#include "follow.h"

#include "catch_up.h"
#include "final.h"
#include "fork.h"
#include "group.h"
#include "indexer_state.h"
#include "live.h"
#include "reorg.h"

enum { MAX_HEADERS = 64 };

enum err follow_read_headers(struct indexer *indexer, struct header *headers, uint64_t first, size_t n) {
    struct task *task = &indexer->job.task;
    for (size_t done = 0; done < n;) {
        size_t part = n - done < MAX_HEADERS ? n - done : MAX_HEADERS;
        enum err err = headers_read(task, indexer->chain, headers + done, first + done, part);
        if (err != ERR_OK) return err;
        done += part;
    }
    for (size_t i = 1; i < n; i++) {
        if (hash32_equal(&headers[i].block.parent_hash, &headers[i - 1].block.hash)) continue;
        return task_fail(task, ERR_UPSTREAM_ERROR, "block %llu does not follow from the one before",
                         (unsigned long long)headers[i].block.number);
    }
    return ERR_OK;
}

/* Blocks whose logs are being read, each by whoever of the readers comes to it first. */
struct reading {
    struct indexer *indexer;
    struct logs_filter filter;
    const struct header *headers;
    struct logs *logs; /* of each */
    size_t n;
    size_t next;
    enum err err;
    struct fault fault;
};

static void read_logs(struct task *task, void *arg, size_t reader) {
    struct reading *reading = arg;
    (void)reader;
    while (reading->next < reading->n && reading->err == ERR_OK) {
        size_t i = reading->next++;
        enum err err =
            logs_read_block(task, reading->indexer->chain, &reading->logs[i], &reading->filter, &reading->headers[i]);
        if (err == ERR_OK || reading->err != ERR_OK) continue;
        reading->err = err;
        reading->fault = task->fault;
    }
}

enum err follow_read_blocks(struct indexer *indexer, struct rows *rows, const struct header *headers, size_t n,
                            const struct logs_filter *filter, bool only_live) {
    struct task *task = &indexer->job.task;
    struct reading reading = {.indexer = indexer, .filter = *filter, .headers = headers, .n = n};
    if (n == 0) return ERR_OK;
    reading.logs = arena_alloc(task->arena, n * sizeof *reading.logs);
    if (reading.logs == NULL) return task_fail(task, ERR_OVERLOADED, "too many blocks at a time");
    for (size_t i = 0; i < n; i++) logs_init(&reading.logs[i]);
    task_parallel(task, n < indexer->options.workers ? n : indexer->options.workers, read_logs, &reading);
    for (size_t i = 0; i < n; i++) {
        if (only_live) live_keep(indexer, &reading.logs[i]);
        if (reading.err == ERR_OK) rows_add(rows, &reading.logs[i]);
        logs_free(&reading.logs[i]);
    }
    if (reading.err != ERR_OK) task->fault = reading.fault;
    return reading.err;
}

/* What all live streams want. Each of the blocks is asked for by its hash, so that what comes for one kind and for the
 * other belongs together. */
static enum err read_live(struct indexer *indexer, const struct header *headers, size_t n) {
    enum err err = ERR_OK;
    rows_clear(&indexer->rows);
    for (enum stream_kind kind = 0; kind < STREAM_KIND_COUNT && err == ERR_OK; kind++) {
        struct logs_filter filter;
        if (!live_any_of(indexer, kind)) continue;
        err = live_filter(indexer, kind, &filter);
        if (err == ERR_OK) err = follow_read_blocks(indexer, &indexer->rows, headers, n, &filter, true);
    }
    return err;
}

/* The block of the index that is to be marked as final with these new ones, if it is another than before. Returns false
 * when there is none; what is above the agreed head's ancestors is never final. */
static enum err find_final(struct indexer *indexer, struct block_ref *out, bool *found, const struct header *headers,
                           size_t n, const struct block_ref *head) {
    uint64_t number = final_number(indexer, head->number), last = headers[n - 1].block.number;
    struct block_ref agreed;
    *found = false;
    if (number > last) number = last;
    if (indexer->has_finalized && number <= indexer->finalized.number) return ERR_OK;
    enum err err = indexer_canonical_block(indexer, &agreed, number);
    if (err != ERR_OK) return err == ERR_BLOCK_NOT_FOUND ? ERR_OK : err;
    if (number >= headers[0].block.number) {
        *out = headers[number - headers[0].block.number].block;
    } else {
        err = index_writer_block(&indexer->job.task, indexer->writer, out, number);
        if (err == ERR_BLOCK_NOT_FOUND) return ERR_OK;
        if (err != ERR_OK) return indexer_wrote(indexer, err);
    }
    out->finalized = true;
    *found = hash32_equal(&out->hash, &agreed.hash);
    return ERR_OK;
}

static enum err write_blocks(struct indexer *indexer, const struct header *headers, size_t n,
                             const struct block_ref *finalized) {
    struct task *task = &indexer->job.task;
    struct block_ref *blocks = arena_alloc(task->arena, n * sizeof *blocks);
    if (blocks == NULL) return task_fail(task, ERR_OVERLOADED, "too many blocks at a time");
    for (size_t i = 0; i < n; i++) blocks[i] = headers[i].block;
    const struct event_reader reader = decoder_reader(&indexer->decoder);
    struct index_batch batch = rows_batch(&indexer->rows, &reader);
    batch.blocks = blocks;
    batch.n_blocks = n;
    batch.states = indexer->watch_reads.states;
    batch.n_states = indexer->watch_reads.n_states;
    job_limit(&indexer->job, WRITE_LIMIT_MS);
    enum err err = indexer_wrote(indexer, index_writer_follow(task, indexer->writer, &batch, finalized));
    if (err != ERR_OK) return err;
    indexer->tip = blocks[n - 1];
    if (finalized != NULL) {
        indexer->has_finalized = true;
        indexer->finalized = *finalized;
    }
    indexer_advance_live(indexer);
    indexer_count(indexer, &batch, 0);
    watch_reads_written(indexer);
    return ERR_OK;
}

/* In: headers, which follow from the tip. */
static enum err take_blocks(struct indexer *indexer, const struct header *headers, size_t n,
                            const struct block_ref *head) {
    struct block_ref finalized;
    bool has_finalized;
    enum err err = read_live(indexer, headers, n);
    if (err == ERR_OK) err = indexer_read_rows(indexer);
    if (err == ERR_OK) err = watch_reads_take(indexer, headers, n);
    if (err == ERR_OK) err = find_final(indexer, &finalized, &has_finalized, headers, n, head);
    if (err == ERR_OK) err = write_blocks(indexer, headers, n, has_finalized ? &finalized : NULL);
    return err;
}

/* The agreed head's own ancestors, whoever has them. In: n, the first of them follows from the tip's number. */
static enum err read_ancestors(struct indexer *indexer, struct header *headers, size_t n,
                               const struct block_ref *head) {
    struct task *task = &indexer->job.task;
    hash32 hash = head->hash;
    for (size_t i = n; i-- > 0; hash = headers[i].block.parent_hash) {
        enum err err = header_read_hash(task, indexer->chain, &headers[i], &hash);
        if (err != ERR_OK) return err;
        if (headers[i].block.number == indexer->tip.number + 1 + i) continue;
        return task_fail(task, ERR_UPSTREAM_ERROR, "a block is not of the number that its children make it");
    }
    return ERR_OK;
}

/* Up to the agreed head where that is near. By number in one batch, as it is nearly always; but a node that follows a
 * fork of its own would keep the index from the head for as long as it is asked first. */
static enum err read_up_to(struct indexer *indexer, struct header *headers, size_t n, const struct block_ref *head) {
    enum err err = follow_read_headers(indexer, headers, indexer->tip.number + 1, n);
    if (err != ERR_OK && err != ERR_UPSTREAM_ERROR) return err;
    if (indexer->tip.number + n < head->number) return err;
    if (err == ERR_OK && hash32_equal(&headers[n - 1].block.hash, &head->hash)) return ERR_OK;
    return read_ancestors(indexer, headers, n, head);
}

/* The agreed head is not there any more. */
static enum err look_again(struct indexer *indexer, const struct block_ref *head) {
    chain_forget_head(indexer->chain, &head->hash);
    return ERR_OK;
}

static enum err extend(struct indexer *indexer, const struct block_ref *head, bool *moved) {
    struct task *task = &indexer->job.task;
    uint64_t above = head->number - indexer->tip.number;
    bool far = catch_up_is_far(indexer, head);
    size_t n = far ? 1 : above < MAX_HEADERS ? (size_t)above : MAX_HEADERS;
    n = watch_reads_max_blocks(&indexer->watch_reads, n);
    struct header *headers = arena_alloc(task->arena, n * sizeof *headers);
    if (headers == NULL) return task_fail(task, ERR_OVERLOADED, "too many blocks at a time");
    enum err err = read_up_to(indexer, headers, n, head);
    if (err == ERR_BLOCK_NOT_FOUND) return look_again(indexer, head);
    if (err != ERR_OK) return err;
    if (!hash32_equal(&headers[0].block.parent_hash, &indexer->tip.hash)) return reorg_take_back(indexer, head, moved);
    if (far) return catch_up_step(indexer, &headers[0].block, head, moved);
    err = take_blocks(indexer, headers, n, head);
    if (err == ERR_BLOCK_NOT_FOUND) return look_again(indexer, head);
    *moved = err == ERR_OK;
    return err;
}

/* The index's own block at the head's number. Returns NULL when it keeps none. */
static enum err find_ours(struct indexer *indexer, struct block_ref *out, const struct block_ref **ours,
                          uint64_t number) {
    *ours = NULL;
    if (number >= indexer->tip.number) return ERR_OK;
    enum err err = index_writer_block(&indexer->job.task, indexer->writer, out, number);
    if (err == ERR_BLOCK_NOT_FOUND) return ERR_OK;
    if (err == ERR_OK) *ours = out;
    return indexer_wrote(indexer, err);
}

enum err follow_step(struct indexer *indexer, bool *moved) {
    const struct block_spec latest = {.kind = BLOCK_LATEST};
    struct block_ref head, kept;
    const struct block_ref *ours;
    *moved = false;
    struct task *task = job_begin(&indexer->job, NODE_LIMIT_MS);
    enum err err = chain_resolve(task, indexer->chain, &head, &latest);
    if (err == ERR_OK) err = find_ours(indexer, &kept, &ours, head.number);
    if (err != ERR_OK) return err;
    switch (fork_view(&indexer->tip, &head, ours)) {
    case HEAD_IS_AHEAD:
        return extend(indexer, &head, moved);
    case HEAD_IS_REPLACED:
        return reorg_take_back(indexer, &head, moved);
    case HEAD_IS_TIP:
    case HEAD_IS_BEHIND:
        break;
    }
    return ERR_OK;
}
