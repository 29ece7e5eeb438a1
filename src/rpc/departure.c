/* One eth_call for many reads, taken apart when it fails, so that no read fails for another's sake; what only a plain
 * call can tell is asked by one. Reads belong to the caller; each call has an arena of its own.
 * On the task's thread, in a coroutine. */
#include "departure.h"

#include <stdlib.h>
#include <string.h>

#include "chain_state.h"
#include "core/metrics.h"
#include "method.h"
#include "packed.h"
#include "plain.h"

enum {
    MAX_PARALLEL = 8,
    MAX_FAILURES = 8,              /* finds the one of 200 that breaks a call; beyond it plain calls are cheaper */
    ARENA_BYTES = 2 * 1024 * 1024, /* for what is sent, */
    ARENA_REPLIES = 4              /* and the longest reply as text, tree and bytes */
};

struct trip {
    struct chain *chain;
    const struct block_ref *block;
    const struct packing *packing;
    departure_done done;
    unsigned failures;         /* packed calls that failed for their own sake */
    struct state_read **alone; /* those that a plain call has to tell */
    size_t n_alone;
};

static struct arena *reply_arena(const struct trip *trip) {
    return arena_new(ARENA_BYTES + ARENA_REPLIES * trip->chain->limits.max_reply_bytes);
}

static void send_plain(struct task *task, struct trip *trip, struct state_read **reads, size_t n) {
    struct arena *shared = task->arena;
    task->arena = reply_arena(trip);
    plain_read_many(task, trip->chain, trip->block, reads, n);
    for (size_t i = 0; i < n; i++) trip->done(reads[i]);
    arena_free(task->arena);
    task->arena = shared;
}

static void leave_alone(struct trip *trip, struct state_read **reads, size_t n) {
    memcpy(trip->alone + trip->n_alone, reads, n * sizeof(struct state_read *));
    trip->n_alone += n;
}

static void fail_all(struct trip *trip, struct state_read **reads, size_t n, const struct rpc_call *call) {
    for (size_t i = 0; i < n; i++) {
        read_settle_like(reads[i], call);
        trip->done(reads[i]);
    }
}

/* An item without an answer may have been starved by another, and the reason for a revert is not told here. */
static void take(struct trip *trip, struct state_read **reads, const struct multicall_item *items, size_t n) {
    for (size_t i = 0; i < n; i++) {
        struct state_read *read = reads[i];
        if (items[i].answer != MULTICALL_OK) {
            leave_alone(trip, &reads[i], 1);
            continue;
        }
        read_settle(read, RPC_OK, ERR_OK, "");
        read->bytes = items[i].bytes;
        read->len = items[i].len;
        trip->done(read);
    }
}

static struct multicall_item make_item(const struct state_read *read) {
    return (struct multicall_item){
        .kind = read->kind == STATE_BALANCE ? MULTICALL_BALANCE : MULTICALL_CALL,
        .to = read->to,
        .data = read->data,
        .data_len = read->data_len,
    };
}

static void send_packed(struct task *task, struct trip *trip, const struct packing *packing, struct state_read **reads,
                        size_t n, size_t max_piece);

/* What the failure of a packed call means for its items. */
static const enum {
    PASS_ON,
    HALVE,
    ASK_ALONE
} reactions[RPC_OUTCOME_COUNT] = {
    [RPC_REVERTED] = HALVE,
    [RPC_OUT_OF_GAS] = HALVE,
    [RPC_TOO_LARGE] = HALVE,
    [RPC_INVALID] = ASK_ALONE,
    /* The node's time-out too: there is no time to find out whose fault it was. */
    [RPC_NODE_ERROR] = ASK_ALONE,
};

static void react(struct task *task, struct trip *trip, const struct packing *packing, struct state_read **reads,
                  size_t n, const struct rpc_call *call) {
    if (reactions[call->outcome] == PASS_ON) {
        fail_all(trip, reads, n, call);
    } else if (reactions[call->outcome] == HALVE && n > 1 && trip->failures++ < MAX_FAILURES) {
        send_packed(task, trip, packing, reads, n, (n + 1) / 2);
    } else {
        leave_alone(trip, reads, n);
    }
}

static void step_down(struct task *task, struct trip *trip, const struct packing *packing, struct state_read **reads,
                      size_t n) {
    if (packing == NULL) {
        leave_alone(trip, reads, n);
    } else {
        send_packed(task, trip, packing, reads, n, n);
    }
}

/* One call. */
static void send_piece(struct task *task, struct trip *trip, const struct packing *packing, struct state_read **reads,
                       struct multicall_item *items, size_t n) {
    struct rpc_call call;
    struct arena *shared = task->arena;
    task->arena = reply_arena(trip);
    enum packed_end end = packed_ask(task, trip->chain, trip->block, packing, items, n, &call);
    if (end == PACKED_TAKEN) take(trip, reads, items, n);
    arena_free(task->arena); /* before other calls bring as much */
    task->arena = shared;
    if (end == PACKED_FAILED) react(task, trip, packing, reads, n, &call);
    if (end == PACKED_ABSENT) step_down(task, trip, packing->fallback, reads, n);
}

/* Reads cut into calls. */
struct pieces {
    struct trip *trip;
    const struct packing *packing;
    struct state_read **reads;
    struct multicall_item *items;
    size_t n;
    size_t max;   /* the most reads in a piece */
    size_t taken; /* reads before this one are being sent or done */
};

static size_t piece_at(const struct pieces *pieces, size_t from) {
    size_t left = pieces->n - from;
    return pieces->packing->fits(pieces->items + from, left < pieces->max ? left : pieces->max);
}

static size_t count_pieces(const struct pieces *pieces) {
    size_t count = 0;
    for (size_t from = 0; from < pieces->n; from += piece_at(pieces, from)) count++;
    return count;
}

/* Several of these share the pieces: each takes the next one as soon as it is free. */
static void send_pieces(struct task *task, void *arg, size_t i) {
    (void)i;
    struct pieces *pieces = arg;
    while (pieces->taken < pieces->n) {
        size_t from = pieces->taken;
        size_t n = piece_at(pieces, from);
        pieces->taken += n;
        send_piece(task, pieces->trip, pieces->packing, pieces->reads + from, pieces->items + from, n);
    }
}

static void send_packed(struct task *task, struct trip *trip, const struct packing *packing, struct state_read **reads,
                        size_t n, size_t max_piece) {
    struct pieces pieces = {.trip = trip, .packing = packing, .reads = reads, .n = n, .max = max_piece};
    pieces.items = calloc(n, sizeof(*pieces.items));
    if (pieces.items == NULL) abort();
    for (size_t i = 0; i < n; i++) pieces.items[i] = make_item(reads[i]);
    size_t count = count_pieces(&pieces);
    task_parallel(task, count < MAX_PARALLEL ? count : MAX_PARALLEL, send_pieces, &pieces);
    free(pieces.items);
}

static bool can_be_packed(const struct state_read *read) {
    if (read->kind == STATE_BALANCE) return true;
    return read->kind == STATE_CALL && read->data_len <= MULTICALL_MAX_ITEM_DATA;
}

/* Moves the reads that can be packed to the front; returns how many they are. */
static size_t sort_out(struct state_read **reads, size_t n) {
    size_t packed = 0;
    for (size_t i = 0; i < n; i++) {
        struct state_read *read = reads[i];
        if (!can_be_packed(read)) continue;
        reads[i] = reads[packed];
        reads[packed++] = read;
    }
    return packed;
}

static int compare_targets(const void *a, const void *b) {
    const struct state_read *left = *(struct state_read *const *)a;
    const struct state_read *right = *(struct state_read *const *)b;
    if (left->kind != right->kind) return left->kind < right->kind ? -1 : 1;
    return left->kind == STATE_CALL ? memcmp(left->to.bytes, right->to.bytes, sizeof(left->to.bytes)) : 0;
}

/* Where a call takes reads of one target only: those that share theirs, side by side and in front. A read that would
 * be alone in its call is as well off among the plain ones, which share a request. Returns how many are in front. */
static size_t sort_by_target(struct state_read **reads, size_t n) {
    struct state_read **sorted = calloc(n, sizeof(struct state_read *));
    size_t front = 0, back = n;
    if (sorted == NULL) abort();
    memcpy(sorted, reads, n * sizeof(struct state_read *));
    qsort(sorted, n, sizeof(struct state_read *), compare_targets);
    for (size_t i = 0; i < n; i++) {
        bool like_last = i > 0 && compare_targets(&sorted[i - 1], &sorted[i]) == 0;
        bool like_next = i + 1 < n && compare_targets(&sorted[i], &sorted[i + 1]) == 0;
        reads[like_last || like_next ? front++ : --back] = sorted[i];
    }
    free(sorted);
    return front;
}

/* The reads that travel packed stand in front of those that never do. */
struct legs {
    struct trip *trip;
    struct state_read **reads;
    size_t n, packed;
};

static void send_leg(struct task *task, void *arg, size_t i) {
    const struct legs *legs = arg;
    if (i == 0) {
        send_packed(task, legs->trip, legs->trip->packing, legs->reads, legs->packed, legs->packed);
    } else {
        send_plain(task, legs->trip, legs->reads + legs->packed, legs->n - legs->packed);
    }
}

static void send_all(struct task *task, struct trip *trip, struct state_read **reads, size_t n, size_t packed) {
    struct legs legs = {trip, reads, n, packed};
    if (packed == n) {
        send_leg(task, &legs, 0);
    } else if (packed == 0) {
        send_leg(task, &legs, 1);
    } else {
        task_parallel(task, 2, send_leg, &legs);
    }
}

/* A single read goes packed as well where that proves its block: it costs the same. */
static size_t count_packed(const struct trip *trip, struct state_read **reads, size_t n) {
    if (trip->packing == NULL) return 0;
    size_t packed = sort_out(reads, n);
    if (packed == 1) return atomic_load(&trip->chain->batching.provable) ? 1 : 0;
    return packed == 0 || trip->packing->isolates ? packed : sort_by_target(reads, packed);
}

void departure_send(struct task *task, struct chain *chain, const struct block_ref *block, struct state_read **reads,
                    size_t n, departure_done done) {
    enum method method = method_choose(task, chain, block);
    struct trip trip = {.chain = chain, .block = block, .packing = method_packing(method), .done = done};
    trip.alone = calloc(n, sizeof(struct state_read *));
    if (trip.alone == NULL) abort();
    metrics_add(METRIC_STATE_BATCHES, chain->label, method, 1);
    send_all(task, &trip, reads, n, count_packed(&trip, reads, n));
    if (trip.n_alone > 0) send_plain(task, &trip, trip.alone, trip.n_alone);
    free(trip.alone);
}
