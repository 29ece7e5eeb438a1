/* Workers fetch ranges ahead of the one coroutine that writes; pieces.h keeps the order, plan.h the length of ranges.
 * Owned by the indexer, and the workers by this.
 * On the indexer's thread, in its coroutine and the workers'. */
#include "backfill.h"

#include <assert.h>
#include <stdlib.h>

#include "core/log.h"
#include "group.h"
#include "indexer_state.h"
#include "pieces.h"
#include "plan.h"
#include "rpc/logs.h"

enum {
    COMMIT_ROWS = 50000,       /* in one transaction, or what came within */
    COMMIT_MS = 1000,          /* so long */
    MAX_WAITING_ROWS = 200000, /* read and not written: memory is bounded by it */
    IDLE_MS = 1000,
    CUT_MS = 20,
    WORKER_ARENA_BYTES = 256 * 1024 * 1024
};

struct worker {
    struct backfill *backfill;
    struct job job;
};

struct backfill {
    struct indexer *indexer;
    struct group group;    /* as it was when the workers began */
    uint64_t next;         /* first block that is not written */
    struct block_ref last; /* of the pieces that were gathered */
    struct plan plan;
    struct pieces pieces;
    struct trouble trouble; /* of the workers */
    struct worker *workers;
    unsigned n_workers;
    unsigned running;
    bool begun;            /* workers and pieces are there, though the workers may have ended */
    struct waiter arrival; /* of the next piece to be written, or of the last worker's end */
};

struct backfill *backfill_new(struct indexer *indexer) {
    struct backfill *backfill = calloc(1, sizeof *backfill);
    if (backfill == NULL) abort();
    backfill->indexer = indexer;
    backfill->n_workers = indexer->options.workers;
    backfill->workers = calloc(backfill->n_workers, sizeof *backfill->workers);
    if (backfill->workers == NULL) abort();
    waiter_init(&backfill->arrival, indexer->reactor);
    return backfill;
}

void backfill_free(struct backfill *backfill) {
    assert(!backfill->begun);
    free(backfill->workers);
    free(backfill);
}

bool backfill_is_busy(const struct backfill *backfill) {
    return backfill->begun;
}

static void wake_all(struct backfill *backfill) {
    waiter_wake(&backfill->arrival, ERR_OK);
    for (unsigned i = 0; i < backfill->n_workers; i++) job_wake(&backfill->workers[i].job);
}

static void fail(struct worker *worker, struct piece *piece) {
    pieces_undo(&worker->backfill->pieces, piece);
    if (worker->job.ending) return;
    struct trouble *trouble = &worker->backfill->trouble;
    const struct task *task = &worker->job.task;
    job_rest(&worker->job, trouble_met(trouble, indexer_name(worker->backfill->indexer), task, task->fault.code));
}

static void read_piece(struct worker *worker, struct piece *piece) {
    struct backfill *backfill = worker->backfill;
    const struct logs_filter filter = group_filter(&backfill->group);
    struct logs_range range = {.from = piece->from, .to = piece->to};
    uint64_t started_ms = reactor_now_ms(worker->job.reactor), blocks = piece->to - piece->from + 1;
    struct task *task = job_begin(&worker->job, NODE_LIMIT_MS);
    enum logs_outcome outcome = logs_read_range(task, backfill->indexer->chain, &piece->logs, &filter, &range);
    uint64_t ms = reactor_now_ms(worker->job.reactor) - started_ms;
    if (outcome == LOGS_OK) {
        plan_answered(&backfill->plan, blocks, logs_weight(&piece->logs), ms);
        piece->last = range.last;
        pieces_done(&backfill->pieces, piece);
        trouble_over(&backfill->trouble, indexer_name(backfill->indexer));
    } else if (outcome == LOGS_SPLIT && blocks > 1) {
        uint64_t last = plan_refused(&backfill->plan, piece->from, piece->to, range.suggested_to);
        pieces_split(&backfill->pieces, piece, last);
    } else {
        fail(worker, piece);
    }
    wake_all(backfill);
}

static void work(void *arg) {
    struct worker *worker = arg;
    struct backfill *backfill = worker->backfill;
    struct chain *chain = backfill->indexer->chain;
    while (!worker->job.ending) {
        uint64_t blocks = plan_blocks(&backfill->plan, logs_max_blocks(chain));
        struct piece *piece = pieces_take(&backfill->pieces, blocks, MAX_WAITING_ROWS);
        if (piece != NULL) {
            read_piece(worker, piece);
        } else {
            job_rest(&worker->job, IDLE_MS);
        }
    }
    backfill->running--;
    waiter_wake(&backfill->arrival, ERR_OK);
}

static void start(struct backfill *backfill, const struct group *group) {
    backfill->group = *group;
    backfill->next = group->from;
    plan_init(&backfill->plan);
    pieces_init(&backfill->pieces, group->from, group->to);
    backfill->begun = true;
    for (unsigned i = 0; i < backfill->n_workers; i++) {
        struct worker *worker = &backfill->workers[i];
        *worker = (struct worker){.backfill = backfill};
        job_init(&worker->job, backfill->indexer->reactor, "index_worker", WORKER_ARENA_BYTES);
        backfill->running++;
        reactor_spawn(backfill->indexer->reactor, work, worker);
    }
}

void backfill_cut_short(struct backfill *backfill) {
    if (backfill->running == 0) return;
    for (unsigned i = 0; i < backfill->n_workers; i++) job_end(&backfill->workers[i].job);
}

static void wait_for_arrival(struct backfill *backfill, uint64_t until_ms) {
    waiter_init(&backfill->arrival, backfill->indexer->reactor);
    enum err err = waiter_wait(&backfill->arrival, until_ms);
    (void)err; /* either way, it looks again */
}

/* They may have been cut short by somebody else. */
void backfill_stop(struct backfill *backfill) {
    if (!backfill->begun) return;
    while (backfill->running > 0) {
        backfill_cut_short(backfill);
        wait_for_arrival(backfill, reactor_now_ms(backfill->indexer->reactor) + CUT_MS);
    }
    for (unsigned i = 0; i < backfill->n_workers; i++) job_free(&backfill->workers[i].job);
    pieces_free(&backfill->pieces);
    backfill->begun = false;
}

/* Returns the last block of the pieces that could be gathered, or the one before the first when there are none. */
static uint64_t gather(struct backfill *backfill, uint64_t until_ms) {
    struct indexer *indexer = backfill->indexer;
    uint64_t end = backfill->next, commit_ms = reactor_now_ms(indexer->reactor) + COMMIT_MS;
    uint64_t deadline_ms = until_ms < commit_ms ? until_ms : commit_ms;
    rows_clear(&indexer->rows);
    while (end <= backfill->group.to && rows_weight(&indexer->rows) < COMMIT_ROWS && !indexer->job.ending) {
        if (pieces_ready(&backfill->pieces)) {
            struct piece *piece = pieces_shift(&backfill->pieces);
            rows_add(&indexer->rows, &piece->logs);
            end = piece->to + 1;
            backfill->last = piece->last;
            piece_free(piece);
            wake_all(backfill); /* there is room again */
        } else {
            wait_for_arrival(backfill, deadline_ms);
            if (!pieces_ready(&backfill->pieces) && reactor_now_ms(indexer->reactor) >= deadline_ms) break;
        }
    }
    return end;
}

/* As index_writer_append has written it down. */
static void note_final(struct indexer *indexer, const struct block_ref *last) {
    if (indexer->has_tip || (indexer->has_finalized && indexer->finalized.number >= last->number)) return;
    indexer->has_finalized = true;
    indexer->finalized = *last;
}

static enum err append(struct backfill *backfill, uint64_t end) {
    struct indexer *indexer = backfill->indexer;
    const struct group *group = &backfill->group;
    const struct event_reader reader = decoder_reader(&indexer->decoder);
    enum err err = indexer_read_rows(indexer);
    if (err != ERR_OK) return err;
    struct index_batch batch = rows_batch(&indexer->rows, &reader);
    job_limit(&indexer->job, WRITE_LIMIT_MS);
    err = index_writer_append(&indexer->job.task, indexer->writer, group->streams, group->n, backfill->next,
                              &backfill->last, &batch);
    err = indexer_wrote(indexer, err);
    if (err != ERR_OK) return err;
    note_final(indexer, &backfill->last);
    indexer_advance(indexer, group->streams, group->n, end);
    indexer_count(indexer, &batch, end - backfill->next);
    backfill->next = end;
    return ERR_OK;
}

enum err backfill_step(struct backfill *backfill, const struct group *group, uint64_t until_ms) {
    if (!backfill->begun) start(backfill, group);
    uint64_t end = gather(backfill, until_ms);
    enum err err = end == backfill->next || backfill->indexer->job.ending ? ERR_OK : append(backfill, end);
    if (err != ERR_OK || backfill->next > backfill->group.to) backfill_stop(backfill);
    return err;
}
