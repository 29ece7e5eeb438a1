/* One eth_call for many reads, taken apart when it fails, so that no read fails for another's sake; what only a plain
 * call can tell is asked by one. Reads belong to the caller; each call has an arena of its own.
 * On the task's thread, in a coroutine. */
#include "departure.h"

#include <stdlib.h>
#include <string.h>

#include "chain_state.h"
#include "core/metrics.h"
#include "errors.h"
#include "method.h"
#include "packed.h"
#include "plain.h"

enum {
    MAX_FAILURES = 8,              /* finds the one of 200 that breaks a call; more would cost more than it tells */
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
    bool heavy; /* among them are some that failed in a call that did well */
};

static struct arena *reply_arena(const struct trip *trip) {
    return arena_new(ARENA_BYTES + ARENA_REPLIES * trip->chain->limits.max_reply_bytes);
}

/* Did the replies leave no room for another one of the longest? */
static bool is_full(const struct trip *trip, const struct arena *arena) {
    return arena_used(arena) > ARENA_BYTES + trip->chain->limits.max_reply_bytes;
}

/* Returns how many of the reads failed where others had filled the arena: they are in front. */
static size_t try_plain(struct task *task, struct trip *trip, struct state_read **reads, size_t n, bool heavy) {
    struct arena *shared = task->arena;
    size_t left = 0;
    task->arena = reply_arena(trip);
    plain_read_many(task, trip->chain, trip->block, reads, n, heavy);
    bool again = n > 1 && is_full(trip, task->arena);
    for (size_t i = 0; i < n; i++) {
        if (again && rpc_policy(reads[i]->outcome)->retry != RPC_RETRY_NEVER) {
            reads[left++] = reads[i];
        } else {
            trip->done(reads[i]);
        }
    }
    arena_free(task->arena);
    task->arena = shared;
    return left;
}

/* A contract may answer anything: what its answers left no room for is asked again in two. */
static void send_plain(struct task *task, struct trip *trip, struct state_read **reads, size_t n, bool heavy) {
    size_t left = try_plain(task, trip, reads, n, heavy);
    if (left == 0) return;
    send_plain(task, trip, reads, left - left / 2, heavy);
    if (left > 1) send_plain(task, trip, reads + left - left / 2, left / 2, heavy);
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
            trip->heavy = trip->heavy || items[i].answer == MULTICALL_FAILED;
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

/* What becomes of the reads of a packed call that brought nothing. */
enum reaction { PASS_ON, HALVE, ASK_ALONE, STEP_DOWN };

static const struct {
    enum reaction first;
    enum reaction then; /* where halving ends */
} reactions[RPC_OUTCOME_COUNT] = {
    [RPC_REVERTED] = {HALVE, ASK_ALONE},
    [RPC_OUT_OF_GAS] = {HALVE, ASK_ALONE},
    [RPC_TOO_LARGE] = {HALVE, ASK_ALONE},
    /* Mostly of the whole block, where plain calls would bring the same 200 times; but it may be of one account. */
    [RPC_STATE_MISSING] = {HALVE, PASS_ON},
    [RPC_INVALID] = {ASK_ALONE, ASK_ALONE},
    /* The node's time-out too: there is no time to find out whose fault it was. */
    [RPC_NODE_ERROR] = {ASK_ALONE, ASK_ALONE},
};

/* Some of the reads, in one call. */
struct piece {
    struct packed packed;
    struct state_read **reads;
    enum packed_end end;
};

/* Reads cut into pieces, which share a JSON-RPC batch. */
struct load {
    struct multicall_item *items;
    struct piece *pieces;
    struct rpc_call *calls; /* one a piece */
    size_t n;
};

static void *array_new(size_t n, size_t size) {
    void *array = calloc(n, size);
    if (array == NULL) abort();
    return array;
}

static struct load cut(struct trip *trip, const struct packing *packing, struct state_read **reads, size_t n) {
    struct load load = {.items = array_new(n, sizeof(*load.items))};
    load.pieces = array_new(n, sizeof(*load.pieces));
    for (size_t i = 0; i < n; i++) load.items[i] = make_item(reads[i]);
    for (size_t from = 0; from < n;) {
        struct packed packed = {
            .chain = trip->chain, .block = trip->block, .packing = packing, .items = load.items + from};
        packed.n = packing->fits(packed.items, n - from);
        load.pieces[load.n++] = (struct piece){.packed = packed, .reads = reads + from};
        from += packed.n;
    }
    load.calls = array_new(load.n, sizeof(*load.calls));
    return load;
}

/* In an arena of their own, which is empty again before other calls bring as much. */
static void ask(struct task *task, struct trip *trip, struct load *load) {
    struct arena *shared = task->arena;
    task->arena = reply_arena(trip);
    for (size_t i = 0; i < load->n; i++) {
        packed_prepare(task, &load->calls[i], &load->pieces[i].packed);
        if (load->calls[i].params == NULL) abort(); /* the arena has room for what is sent */
    }
    rpc_batch(task, trip->chain, load->calls, load->n);
    for (size_t i = 0; i < load->n; i++) {
        struct piece *piece = &load->pieces[i];
        piece->end = packed_take(task, &load->calls[i], &piece->packed);
        if (piece->end == PACKED_TAKEN) take(trip, piece->reads, piece->packed.items, piece->packed.n);
    }
    arena_free(task->arena);
    task->arena = shared;
}

static enum reaction choose_reaction(struct trip *trip, const struct piece *piece, const struct rpc_call *call) {
    if (piece->end == PACKED_ABSENT) return piece->packed.packing->fallback != NULL ? STEP_DOWN : ASK_ALONE;
    enum reaction first = reactions[call->outcome].first;
    if (first != HALVE) return first;
    return piece->packed.n > 1 && trip->failures++ < MAX_FAILURES ? HALVE : reactions[call->outcome].then;
}

static void send_packed(struct task *task, struct trip *trip, const struct packing *packing, struct state_read **reads,
                        size_t n);

/* A piece that is asked again in two. */
struct halves {
    struct trip *trip;
    const struct piece *piece;
};

static void send_half(struct task *task, void *arg, size_t i) {
    const struct halves *halves = arg;
    const struct packed *packed = &halves->piece->packed;
    size_t middle = packed->n / 2;
    size_t from = i == 0 ? 0 : middle;
    size_t to = i == 0 ? middle : packed->n;
    send_packed(task, halves->trip, packed->packing, halves->piece->reads + from, to - from);
}

static void react(struct task *task, struct trip *trip, const struct piece *piece, const struct rpc_call *call) {
    struct halves halves = {trip, piece};
    size_t n = piece->packed.n;
    switch (choose_reaction(trip, piece, call)) {
    case PASS_ON:
        fail_all(trip, piece->reads, n, call);
        break;
    case HALVE:
        task_parallel(task, 2, send_half, &halves);
        break;
    case ASK_ALONE:
        leave_alone(trip, piece->reads, n);
        break;
    case STEP_DOWN:
        send_packed(task, trip, piece->packed.packing->fallback, piece->reads, n);
        break;
    }
}

static void send_packed(struct task *task, struct trip *trip, const struct packing *packing, struct state_read **reads,
                        size_t n) {
    struct load load = cut(trip, packing, reads, n);
    ask(task, trip, &load);
    for (size_t i = 0; i < load.n; i++) {
        if (load.pieces[i].end != PACKED_TAKEN) react(task, trip, &load.pieces[i], &load.calls[i]);
    }
    free(load.items);
    free(load.pieces);
    free(load.calls);
}

/* The zero address is who makes the packed call. go-ethereum used to give whoever makes a call all the coins there can
 * be, and nodes of other chains that descend from it still do. */
static bool can_be_packed(const struct state_read *read) {
    static const address sender;
    if (read->kind == STATE_BALANCE) return !address_equal(&read->to, &sender);
    return read->kind == STATE_CALL && read->data_len <= MULTICALL_MAX_ITEM_DATA;
}

/* A stranger's code may burn all the gas that a node gives: who travels with it waits for it. */
static bool is_light(const struct state_read *read) {
    return read->kind != STATE_INIT_CODE;
}

/* Moves the reads of which that is true to the front; returns how many they are. */
static size_t sort_out(struct state_read **reads, size_t n, bool (*is_wanted)(const struct state_read *read)) {
    size_t front = 0;
    for (size_t i = 0; i < n; i++) {
        struct state_read *read = reads[i];
        if (!is_wanted(read)) continue;
        reads[i] = reads[front];
        reads[front++] = read;
    }
    return front;
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

/* Reads that travel together, side by side with other legs. */
struct leg {
    enum { PACKED, PLAIN, HEAVY } way;
    struct state_read **reads;
    size_t n;
};

struct legs {
    struct trip *trip;
    struct leg legs[HEAVY + 1];
    size_t n;
};

static void send_leg(struct task *task, void *arg, size_t i) {
    const struct legs *legs = arg;
    const struct leg *leg = &legs->legs[i];
    if (leg->way == PACKED) {
        send_packed(task, legs->trip, legs->trip->packing, leg->reads, leg->n);
    } else {
        send_plain(task, legs->trip, leg->reads, leg->n, leg->way == HEAVY);
    }
}

static void add_leg(struct legs *legs, struct leg leg) {
    if (leg.n > 0) legs->legs[legs->n++] = leg;
}

/* In: packed, how many reads in front travel packed. */
static void send_all(struct task *task, struct trip *trip, struct state_read **reads, size_t n, size_t packed) {
    struct legs legs = {.trip = trip};
    size_t heavy_from = packed + sort_out(reads + packed, n - packed, is_light);
    add_leg(&legs, (struct leg){PACKED, reads, packed});
    add_leg(&legs, (struct leg){PLAIN, reads + packed, heavy_from - packed});
    add_leg(&legs, (struct leg){HEAVY, reads + heavy_from, n - heavy_from});
    if (legs.n == 1) {
        send_leg(task, &legs, 0);
    } else {
        task_parallel(task, legs.n, send_leg, &legs);
    }
}

/* Where calls of a contract run one after the other, what its author wrote for reading may do so; a stranger would have
 * it mint or transfer before another's read. */
static bool is_reading(const struct state_read *read) {
    return !read->may_write;
}

/* A single read goes packed as well where that proves its block: it costs the same. */
static size_t count_packed(const struct trip *trip, struct state_read **reads, size_t n) {
    if (trip->packing == NULL) return 0;
    size_t packed = sort_out(reads, n, can_be_packed);
    if (!trip->packing->isolates) packed = sort_out(reads, packed, is_reading);
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
    if (trip.n_alone > 0) send_plain(task, &trip, trip.alone, trip.n_alone, trip.heavy);
    free(trip.alone);
}
