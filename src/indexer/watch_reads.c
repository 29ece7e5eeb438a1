/* A step reads its blocks one after the other, and all calls that are due at a block at once, so that they share
 * multicalls. Calls that failed before are read behind the others, in a time of their own: what no node can answer
 * costs nobody else's. Owns the list of calls and what they answered.
 * On the indexer's coroutine. */
#include "watch_reads.h"

#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "core/metrics.h"
#include "indexer_state.h"
#include "rpc/state.h"

enum {
    LOOK_MS = 1000,
    READ_LIMIT_MS = 10 * 1000,
    SUSPECTS_LIMIT_MS = 2000,
    MAX_TRIES = 3,
    MAX_BLOCKS = 16,
    MAX_RESULT_BYTES = 16 * 1024, /* a longer one is not kept */
    STEP_BYTES = 64 * 1024 * 1024,
    KEPT_BYTES = 2 * STEP_BYTES,
    CALLS_BYTES = 64 * 1024 * 1024,
    SCRATCH_BYTES = 128 * 1024 * 1024,
    MAX_REST_BLOCKS_LOG2 = 8
};

struct watched_call {
    struct watch watch; /* id, contract, call and event; the arena's */
    unsigned strikes;   /* how often it has failed in a row */
    uint64_t rest_until;
    bool told; /* the log has that it is not read */
};

/* --- which calls --- */

void watch_reads_free(struct watch_reads *reads) {
    arena_free(reads->arena);
    arena_free(reads->scratch);
    arena_free(reads->kept);
    *reads = (struct watch_reads){.n = 0};
}

void watch_reads_reset(struct watch_reads *reads) {
    watch_reads_free(reads);
    reads->print[0] = '?'; /* as no print does */
}

static void *copied(struct arena *arena, const void *data, size_t len) {
    void *copy = arena_alloc(arena, len > 0 ? len : 1);
    if (copy != NULL && len > 0) memcpy(copy, data, len);
    return copy;
}

static const struct watched_call *find_call(const struct watch_reads *reads, const uuid *id) {
    for (size_t i = 0; i < reads->n; i++) {
        if (uuid_equal(&reads->calls[i].watch.id, id)) return &reads->calls[i];
    }
    return NULL;
}

static bool add_call(struct watch_reads *reads, const struct watch *watch, const struct watch_reads *before) {
    const struct watched_call *known = find_call(before, &watch->id);
    struct watched_call call = {.watch = {.id = watch->id,
                                          .contract = watch->contract,
                                          .event = watch->event != NULL ? "" : NULL, /* its topic will do */
                                          .event_topic = watch->event_topic,
                                          .data = copied(reads->arena, watch->data, watch->data_len),
                                          .data_len = watch->data_len}};
    if (call.watch.data == NULL) return false;
    if (known != NULL) {
        call.strikes = known->strikes;
        call.rest_until = known->rest_until;
        call.told = known->told;
    }
    reads->n_everywhere += watch->event == NULL;
    reads->calls[reads->n++] = call;
    return true;
}

static enum err load_calls(struct indexer *indexer, struct watch_reads *now) {
    struct task *task = &indexer->job.task;
    struct watch *watches;
    size_t n;
    enum err err =
        indexer_wrote(indexer, watch_repo_all(task, indexer->session, &watches, &n, chain_id(indexer->chain)));
    if (err != ERR_OK) return err;
    now->arena = arena_new(CALLS_BYTES);
    now->calls = arena_alloc(now->arena, (n + 1) * sizeof *now->calls);
    if (now->calls == NULL) return task_fail_memory(task);
    for (size_t i = 0; i < n; i++) {
        if (!add_call(now, &watches[i], &indexer->watch_reads)) return task_fail_memory(task);
    }
    return ERR_OK;
}

enum err watch_reads_refresh(struct indexer *indexer) {
    struct watch_reads *reads = &indexer->watch_reads;
    struct watch_reads now = {.n = 0};
    char print[WATCH_PRINT_BYTES];
    uint64_t now_ms = reactor_now_ms(indexer->reactor);
    if (now_ms < reads->look_ms) return ERR_OK;
    struct task *task = job_begin(&indexer->job, WRITE_LIMIT_MS);
    enum err err = indexer_wrote(indexer, watch_repo_print(task, indexer->session, print, chain_id(indexer->chain)));
    if (err != ERR_OK) return err;
    reads->look_ms = now_ms + LOOK_MS;
    if (strcmp(print, reads->print) == 0) return ERR_OK;
    err = load_calls(indexer, &now);
    if (err != ERR_OK) {
        arena_free(now.arena);
        return err;
    }
    arena_free(reads->arena);
    reads->arena = now.arena;
    reads->calls = now.calls;
    reads->n = now.n;
    reads->n_everywhere = now.n_everywhere;
    memcpy(reads->print, print, sizeof reads->print);
    return ERR_OK;
}

size_t watch_reads_max_blocks(const struct watch_reads *reads, size_t n) {
    if (reads->n == 0) return n;
    size_t most = STEP_BYTES / (reads->n * (size_t)MAX_RESULT_BYTES);
    if (most > MAX_BLOCKS) most = MAX_BLOCKS;
    if (most == 0) most = 1;
    return n < most ? n : most;
}

/* --- a block --- */

/* The events of one block. */
struct block_events {
    const struct event_log *list;
    size_t n;
};

static struct block_events events_of(const struct rows *rows, uint64_t number) {
    struct block_events events = {.n = 0};
    for (size_t i = 0; i < rows->n_events; i++) {
        if (rows->events[i].place.block_number != number) continue;
        if (events.n++ == 0) events.list = &rows->events[i];
    }
    return events;
}

static bool has_event(const struct block_events *events, const struct watch *watch) {
    for (size_t i = 0; i < events->n; i++) {
        const struct event_log *log = &events->list[i];
        if (log->n_topics > 0 && hash32_equal(&log->topics[0], &watch->event_topic) &&
            address_equal(&log->contract, &watch->contract)) {
            return true;
        }
    }
    return false;
}

/* Calls that are due at a block and have been read there. */
struct due {
    const struct block_ref *block;
    struct watched_call **calls;
    struct state_read *reads;
    size_t n;
};

static void read_due(struct indexer *indexer, const struct due *due, uint64_t limit_ms) {
    struct task *task = &indexer->job.task, reading = task_child(task);
    const uint64_t until_ms = reactor_now_ms(indexer->reactor) + limit_ms;
    reading.arena = indexer->watch_reads.scratch;
    if (until_ms < reading.deadline_ms) reading.deadline_ms = until_ms;
    for (size_t i = 0; i < due->n; i++) {
        const struct watch *watch = &due->calls[i]->watch;
        due->reads[i] = (struct state_read){
            .kind = STATE_CALL, .to = watch->contract, .data = watch->data, .data_len = watch->data_len};
    }
    state_read_many(&reading, indexer->chain, due->block, due->reads, due->n);
    task->rpc_us += reading.rpc_us;
    task->rpc_calls += reading.rpc_calls;
}

/* What one read comes to. */
enum end {
    END_ANSWERED, /* be it by a revert */
    END_PRUNED,   /* the nodes no longer have the block's state: it is not the call's fault */
    END_HOPELESS, /* the same would come again */
    END_FAILED
};

static enum end end_of(const struct state_read *read) {
    switch (read->outcome) {
    case RPC_OK:
        return read->err == ERR_OK && read->len <= MAX_RESULT_BYTES ? END_ANSWERED : END_HOPELESS;
    case RPC_REVERTED:
        return read->revert_len <= MAX_RESULT_BYTES ? END_ANSWERED : END_HOPELESS;
    case RPC_STATE_MISSING:
        return END_PRUNED;
    case RPC_OUT_OF_GAS:
    case RPC_TOO_LARGE:
    case RPC_INVALID:
        return END_HOPELESS;
    default:
        return END_FAILED;
    }
}

static bool keep(struct watch_reads *reads, struct watched_call *call, const struct state_read *read,
                 const struct block_ref *block) {
    const bool reverted = read->outcome == RPC_REVERTED;
    const size_t len = reverted ? read->revert_len : read->len;
    const uint8_t *data = copied(reads->kept, reverted ? read->revert_data : read->bytes, len);
    if (data == NULL) return false;
    reads->states[reads->n_states++] = (struct index_state){
        .watch = call->watch.id, .block = block, .reverted = reverted, .data = data, .data_len = len};
    call->strikes = 0;
    call->rest_until = 0;
    return true;
}

static void miss(struct watch_reads *reads, struct watched_call *call, enum end end, uint64_t number) {
    reads->missed++;
    if (end == END_PRUNED) return;
    if (call->strikes < MAX_REST_BLOCKS_LOG2) call->strikes++;
    call->rest_until = number + ((uint64_t)1 << call->strikes);
}

/* Told once for all calls that are not read from this block on. */
static void tell(struct indexer *indexer, const struct due *due, const bool *missed) {
    const struct watched_call *first = NULL;
    const char *reason = NULL;
    char id[UUID_TEXT_BYTES];
    uint64_t n = 0;
    for (size_t i = 0; i < due->n; i++) {
        if (missed[i] && !due->calls[i]->told && n++ == 0) {
            first = due->calls[i];
            reason = rpc_outcome_name(due->reads[i].outcome);
        }
        due->calls[i]->told = missed[i];
    }
    if (first == NULL) return;
    log_write(LOG_INDEX, LOG_WARN, "watched calls cannot be read", LOG_STR("chain", indexer_name(indexer)),
              LOG_U64("block", due->block->number), LOG_U64("calls", n),
              LOG_STR("watch", uuid_format(id, &first->watch.id)), LOG_STR("reason", reason));
}

/* In: last, what fails now is left out, as long as the indexer is not ending. */
static enum err settle(struct indexer *indexer, const struct due *due, bool last) {
    struct watch_reads *reads = &indexer->watch_reads;
    struct task *task = &indexer->job.task;
    bool *missed = arena_alloc(reads->scratch, due->n * sizeof *missed);
    if (missed == NULL) return task_fail_memory(task);
    for (size_t i = 0; i < due->n; i++) {
        const struct state_read *read = &due->reads[i];
        enum end end = end_of(read);
        if (read->outcome == RPC_BLOCK_UNKNOWN) return task_fail(task, ERR_BLOCK_NOT_FOUND, "%s", read->detail);
        if (end == END_FAILED && (!last || indexer->job.ending)) return task_fail(task, read->err, "%s", read->detail);
        missed[i] = end != END_ANSWERED;
        if (missed[i]) {
            miss(reads, due->calls[i], end, due->block->number);
        } else if (!keep(reads, due->calls[i], read, due->block)) {
            return task_fail_memory(task);
        }
    }
    tell(indexer, due, missed);
    return ERR_OK;
}

/* Those that failed when they were last read, or all others: appends what is due of them. */
static void list_due(struct watch_reads *reads, struct due *due, const struct block_events *events, bool suspects) {
    for (size_t i = 0; i < reads->n; i++) {
        struct watched_call *call = &reads->calls[i];
        if ((call->strikes > 0) != suspects) continue;
        if (call->watch.event != NULL && !has_event(events, &call->watch)) continue;
        if (due->block->number >= call->rest_until) {
            due->calls[due->n++] = call;
        } else {
            reads->missed++;
        }
    }
}

/* Who failed before is listed before anybody is read: nobody is read twice. */
static enum err read_block(struct indexer *indexer, const struct block_ref *block) {
    struct watch_reads *reads = &indexer->watch_reads;
    const struct block_events events = events_of(&indexer->rows, block->number);
    const bool last = reads->tries >= MAX_TRIES;
    arena_reset(reads->scratch);
    struct due due = {.block = block,
                      .calls = arena_alloc(reads->scratch, reads->n * sizeof *due.calls),
                      .reads = arena_alloc(reads->scratch, reads->n * sizeof *due.reads)};
    if (due.calls == NULL || due.reads == NULL) return task_fail_memory(&indexer->job.task);
    list_due(reads, &due, &events, false);
    struct due suspects = {.block = block, .calls = due.calls + due.n, .reads = due.reads + due.n};
    list_due(reads, &suspects, &events, true);
    read_due(indexer, &due, READ_LIMIT_MS);
    enum err err = settle(indexer, &due, last);
    if (err != ERR_OK || suspects.n == 0) return err;
    read_due(indexer, &suspects, SUSPECTS_LIMIT_MS);
    return settle(indexer, &suspects, true);
}

/* --- a step --- */

static enum err begin(struct indexer *indexer, const struct block_ref *first, size_t n) {
    struct watch_reads *reads = &indexer->watch_reads;
    if (reads->scratch == NULL) reads->scratch = arena_new(SCRATCH_BYTES);
    if (reads->kept == NULL) reads->kept = arena_new(KEPT_BYTES);
    arena_reset(reads->kept);
    reads->states = arena_alloc(reads->kept, n * reads->n * sizeof *reads->states);
    if (reads->states == NULL) return task_fail_memory(&indexer->job.task);
    if (reads->tries == 0 || !hash32_equal(&reads->tried, &first->hash)) reads->tries = 0;
    reads->tried = first->hash;
    reads->tries++;
    job_limit(&indexer->job, NODE_LIMIT_MS);
    return ERR_OK;
}

enum err watch_reads_take(struct indexer *indexer, const struct header *headers, size_t n) {
    struct watch_reads *reads = &indexer->watch_reads;
    reads->n_states = 0;
    reads->missed = 0;
    if (reads->n == 0) return ERR_OK;
    enum err err = begin(indexer, &headers[0].block, n);
    for (size_t i = 0; i < n && err == ERR_OK; i++) err = read_block(indexer, &headers[i].block);
    return err;
}

void watch_reads_written(struct indexer *indexer) {
    struct watch_reads *reads = &indexer->watch_reads;
    const size_t label = indexer->options.label;
    reads->tries = 0;
    reads->skipping = false;
    metrics_add(METRIC_INDEX_STATES, label, 0, (int64_t)reads->n_states);
    metrics_add(METRIC_INDEX_STATE_GAPS, label, 0, (int64_t)reads->missed);
    reads->n_states = reads->missed = 0;
}

void watch_reads_skip(struct indexer *indexer, uint64_t blocks) {
    struct watch_reads *reads = &indexer->watch_reads;
    if (reads->n == 0) return;
    metrics_add(METRIC_INDEX_STATE_GAPS, indexer->options.label, 0, (int64_t)(blocks * reads->n_everywhere));
    if (reads->skipping) return;
    reads->skipping = true;
    log_write(LOG_INDEX, LOG_WARN, "watched calls are not read while the index catches up",
              LOG_STR("chain", indexer_name(indexer)));
}
