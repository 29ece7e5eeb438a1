/* Nodes bill by call, so a call takes along all that is waiting. When it leaves follows Nagle's rule: at once when
 * nothing is under way, else when something lands or a batch is full; but the rest does not wait for a node that hangs.
 *
 * A gather owns its questions, its batches and one coroutine, the conductor, which sends batches off while reads wait;
 * it goes when the last of them is gone. Passengers belong to those who wait.
 * On the reactor's thread. */
#include "gather.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "chain_state.h"
#include "core/clock.h"
#include "core/metrics.h"
#include "departure.h"
#include "errors.h"
#include "eth/multicall.h"
#include "plain.h"
#include "question.h"
#include "transport.h"

enum {
    MAX_UNDER_WAY = 8,
    MIN_PATIENCE_MS = 20,
    MAX_PATIENCE_MS = 500,
    MAX_KEPT_BYTES = 32 * 1024,    /* of an answer: more than the code of a contract has */
    BATCH_ARENA_BYTES = 256 * 1024 /* the calls have arenas of their own */
};

struct batch {
    struct gather *gather;
    struct task task;
    uint64_t serial;  /* of this gather */
    uint64_t left_ms; /* when it left */
    size_t n;
    struct state_read *reads[MULTICALL_MAX_ITEMS];
    struct batch *next; /* under way, the youngest first */
};

struct gather {
    struct gather *next; /* of the reactor */
    struct reactor *reactor;
    struct chain *chain;
    struct block_ref block;
    struct question_table table;
    struct question *first, *last; /* waiting */
    size_t n_waiting;
    struct batch *under_way;
    size_t n_under_way;
    uint64_t n_batches;
    bool conducted;       /* the conductor is there */
    struct waiter signal; /* wakes it */
};

static struct question *question_of(struct state_read *read) {
    return (struct question *)((char *)read - offsetof(struct question, read));
}

static struct gather *find(struct gather *gathers, const struct chain *chain, const struct block_ref *block) {
    while (gathers != NULL && (gathers->chain != chain || !hash32_equal(&gathers->block.hash, &block->hash))) {
        gathers = gathers->next;
    }
    return gathers;
}

static struct gather *make(struct task *task, struct gather **gathers, struct chain *chain,
                           const struct block_ref *block) {
    struct gather *gather = malloc(sizeof(*gather));
    if (gather == NULL) abort();
    *gather = (struct gather){.next = *gathers, .reactor = task->reactor, .chain = chain, .block = *block};
    question_table_init(&gather->table);
    waiter_init(&gather->signal, task->reactor);
    *gathers = gather;
    return gather;
}

static void free_if_done(struct gather *gather) {
    if (gather->conducted || gather->n_under_way > 0 || gather->table.n > 0) return;
    const struct task here = {.reactor = gather->reactor};
    struct gather **at = transport_gathers(transport_of(&here));
    while (*at != gather) at = &(*at)->next;
    *at = gather->next;
    question_table_free(&gather->table);
    free(gather);
}

static void wait_in_line(struct gather *gather, struct question *question) {
    question->batch = NULL;
    question->before = gather->last;
    question->behind = NULL;
    if (gather->last != NULL) gather->last->behind = question;
    if (gather->last == NULL) gather->first = question;
    gather->last = question;
    gather->n_waiting++;
}

static void leave_line(struct gather *gather, struct question *question) {
    *(question->before != NULL ? &question->before->behind : &gather->first) = question->behind;
    *(question->behind != NULL ? &question->behind->before : &gather->last) = question->before;
    gather->n_waiting--;
}

/* One that asked alone is not charged for the calls of its neighbours: each batch counts as one call. */
static void bill(struct party *party, const struct batch *batch) {
    if (party->billed_batch == batch->serial) return;
    party->billed_batch = batch->serial;
    party->task->rpc_calls++;
}

/* NULL stays NULL. Returns false when there is no room. */
static bool copy_bytes(struct arena *arena, const uint8_t **to, size_t *to_len, const uint8_t *from, size_t len) {
    if (from == NULL) return true;
    uint8_t *bytes = arena_alloc(arena, len + 1);
    if (bytes == NULL) return false;
    if (len > 0) memcpy(bytes, from, len);
    *to = bytes;
    *to_len = len;
    return true;
}

static void copy_answer(struct arena *arena, struct state_read *to, const struct state_read *from) {
    const char *detail = from->detail[0] == '\0' ? "" : arena_strndup(arena, from->detail, strlen(from->detail));
    read_settle(to, from->outcome, from->err, detail);
    to->retry_after_s = from->retry_after_s;
    if (!copy_bytes(arena, &to->bytes, &to->len, from->bytes, from->len) ||
        !copy_bytes(arena, &to->revert_data, &to->revert_len, from->revert_data, from->revert_len)) {
        read_settle(to, RPC_TOO_LARGE, ERR_OVERLOADED, "the request needs too much memory");
    }
}

static void unlink_passenger(struct passenger *passenger) {
    *passenger->link = passenger->next;
    if (passenger->next != NULL) passenger->next->link = passenger->link;
}

/* It stays with the question until it leaves. */
static void deliver(struct passenger *passenger) {
    struct party *party = passenger->party;
    copy_answer(party->task->arena, passenger->read, &passenger->question->read);
    passenger->landed = true;
    if (--party->left == 0) waiter_wake(&party->all_landed, ERR_OK);
}

static void conduct(void *arg);

static bool ensure_conductor(struct gather *gather) {
    if (gather->conducted) return true;
    if (!reactor_has_room(gather->reactor)) return false;
    gather->conducted = true;
    reactor_spawn(gather->reactor, conduct, gather);
    return true;
}

/* The time of a batch is that of the most patient passenger it left with; who joined later may have longer. */
static bool may_go_again(const struct question *question) {
    const struct batch *batch = question->batch;
    uint64_t now_ms = reactor_now_ms(batch->gather->reactor);
    if (now_ms < batch->task.deadline_ms || now_ms >= question->deadline_ms) return false;
    if (rpc_policy(question->read.outcome)->retry != RPC_RETRY_ANYWHERE) return false;
    return question->passengers != NULL && ensure_conductor(batch->gather);
}

/* What is true at the block stays for whoever comes before its passengers have left with it. A failure is shared by
 * those who waited for it and by nobody else: their party may have long to wait for its other reads. A long answer is
 * a copy too many: that of a request counts against the request's memory, this one against nobody's. */
static bool is_worth_keeping(const struct question *question) {
    const struct state_read *read = &question->read;
    bool is_true = rpc_policy(read->outcome)->retry == RPC_RETRY_NEVER;
    return question->passengers != NULL && is_true && read->len + read->revert_len <= MAX_KEPT_BYTES;
}

static void forget(struct gather *gather, struct question *question) {
    while (question->passengers != NULL) {
        struct passenger *passenger = question->passengers;
        unlink_passenger(passenger);
        passenger->question = NULL;
    }
    question_remove(&gather->table, question);
}

static void land(struct state_read *read) {
    struct question *question = question_of(read);
    struct gather *gather = question->batch->gather;
    if (may_go_again(question)) {
        wait_in_line(gather, question);
        return;
    }
    for (struct passenger *passenger = question->passengers; passenger != NULL; passenger = passenger->next) {
        bill(passenger->party, question->batch);
        deliver(passenger);
    }
    question->batch = NULL;
    if (is_worth_keeping(question)) {
        question_keep_answer(question);
    } else {
        forget(gather, question);
    }
}

/* A request's own trace when the batch serves no other, else a fresh one. Source: W3C Trace Context. */
static void choose_trace(struct batch *batch) {
    const struct trace *only = NULL;
    for (size_t i = 0; i < batch->n; i++) {
        for (const struct passenger *p = question_of(batch->reads[i])->passengers; p != NULL; p = p->next) {
            const struct trace *trace = &p->party->task->trace;
            if (only == NULL) only = trace;
            if (memcmp(only->trace_id, trace->trace_id, sizeof(only->trace_id)) == 0) continue;
            clock_random(batch->task.trace.trace_id, sizeof(batch->task.trace.trace_id));
            return;
        }
    }
    if (only != NULL) batch->task.trace = *only;
}

static struct batch *load(struct gather *gather) {
    struct batch *batch = calloc(1, sizeof(*batch));
    if (batch == NULL) abort();
    batch->gather = gather;
    batch->serial = ++gather->n_batches;
    batch->left_ms = reactor_now_ms(gather->reactor);
    batch->task = (struct task){.reactor = gather->reactor, .name = "batch"};
    while (gather->first != NULL && batch->n < MULTICALL_MAX_ITEMS) {
        struct question *question = gather->first;
        leave_line(gather, question);
        question->batch = batch;
        if (question->deadline_ms > batch->task.deadline_ms) batch->task.deadline_ms = question->deadline_ms;
        batch->reads[batch->n++] = &question->read;
    }
    choose_trace(batch);
    return batch;
}

static void note_time(struct gather *gather, uint64_t us) {
    _Atomic uint64_t *usual_us = &gather->chain->batching.usual_us;
    uint64_t before_us = atomic_load(usual_us);
    atomic_store(usual_us, before_us == 0 ? us : (7 * before_us + us) / 8);
}

static void ride(void *arg) {
    struct batch *batch = arg;
    struct gather *gather = batch->gather;
    uint64_t start_us = clock_now_us();
    batch->task.arena = arena_new(BATCH_ARENA_BYTES);
    departure_send(&batch->task, gather->chain, &gather->block, batch->reads, batch->n, land);
    arena_free(batch->task.arena);
    note_time(gather, clock_now_us() - start_us);
    struct batch **at = &gather->under_way;
    while (*at != batch) at = &(*at)->next;
    *at = batch->next;
    gather->n_under_way--;
    free(batch);
    waiter_wake(&gather->signal, ERR_OK);
    free_if_done(gather);
}

static void send_off(struct gather *gather) {
    struct batch *batch = load(gather);
    batch->next = gather->under_way;
    gather->under_way = batch;
    gather->n_under_way++;
    if (reactor_has_room(gather->reactor)) {
        reactor_spawn(gather->reactor, ride, batch);
    } else {
        ride(batch); /* on the conductor's coroutine */
    }
}

/* Twice the time a batch usually takes: then the youngest is late, and its node may hang. */
static uint64_t patience_end_ms(const struct gather *gather) {
    if (gather->n_under_way == MAX_UNDER_WAY) return UINT64_MAX;
    uint64_t ms = 2 * atomic_load(&gather->chain->batching.usual_us) / 1000;
    if (ms < MIN_PATIENCE_MS) ms = MIN_PATIENCE_MS;
    if (ms > MAX_PATIENCE_MS) ms = MAX_PATIENCE_MS;
    return gather->under_way->left_ms + ms;
}

static bool may_leave(const struct gather *gather) {
    if (gather->n_waiting == 0 || gather->n_under_way == MAX_UNDER_WAY) return false;
    if (gather->n_under_way == 0 || gather->n_waiting >= MULTICALL_MAX_ITEMS) return true;
    return reactor_now_ms(gather->reactor) >= patience_end_ms(gather);
}

/* From rest all that waits leaves: nothing is gained by holding back the end of it. */
static void depart(struct gather *gather) {
    bool at_rest = gather->n_under_way == 0;
    while (may_leave(gather) || (at_rest && gather->n_waiting > 0 && gather->n_under_way < MAX_UNDER_WAY)) {
        send_off(gather);
    }
}

static void conduct(void *arg) {
    struct gather *gather = arg;
    for (;;) {
        waiter_init(&gather->signal, gather->reactor);
        depart(gather);
        if (gather->n_waiting == 0) break;
        enum err err = waiter_wait(&gather->signal, patience_end_ms(gather));
        (void)err; /* either way, look again */
    }
    gather->conducted = false;
    free_if_done(gather);
}

struct gather *gather_open(struct task *task, struct chain *chain, const struct block_ref *block) {
    struct gather **gathers = transport_gathers(transport_of(task));
    struct gather *gather = find(*gathers, chain, block);
    if (gather == NULL) gather = make(task, gathers, chain, block);
    if (ensure_conductor(gather)) return gather;
    free_if_done(gather);
    return NULL;
}

static struct question *ask(struct gather *gather, const struct state_read *read) {
    struct question *question = question_add(&gather->table, read);
    wait_in_line(gather, question);
    if (gather->n_waiting == MULTICALL_MAX_ITEMS) waiter_wake(&gather->signal, ERR_OK);
    return question;
}

void gather_board(struct gather *gather, struct passenger *passenger) {
    uint64_t deadline_ms = passenger->party->task->deadline_ms;
    struct question *question = question_find(&gather->table, passenger->read);
    metrics_add(METRIC_STATE_READS, gather->chain->label, 0, 1);
    if (question != NULL) metrics_add(METRIC_STATE_JOINED, gather->chain->label, 0, 1);
    if (question == NULL) question = ask(gather, passenger->read);
    if (deadline_ms > question->deadline_ms) question->deadline_ms = deadline_ms;
    passenger->gather = gather;
    passenger->question = question;
    passenger->next = question->passengers;
    passenger->link = &question->passengers;
    if (passenger->next != NULL) passenger->next->link = &passenger->next;
    question->passengers = passenger;
    if (question->answered) deliver(passenger);
}

/* What nobody wants any more is not asked; what is under way comes to its end. */
void gather_leave(struct passenger *passenger) {
    struct question *question = passenger->question;
    struct gather *gather = passenger->gather;
    if (question == NULL) return;
    unlink_passenger(passenger);
    if (question->passengers != NULL || question->batch != NULL) return;
    if (!question->answered) leave_line(gather, question);
    question_remove(&gather->table, question);
    free_if_done(gather);
}
