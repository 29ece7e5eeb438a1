/* What the layers above see of reads of state: ask, wait, go on. Parties and passengers live as long as the wait, in
 * the task's arena and on its stack.
 * On the task's thread, in a coroutine. */
#include "rpc/state.h"

#include "core/clock.h"
#include "core/metrics.h"
#include "gather.h"
#include "method.h"
#include "plain.h"

void state_set_metric_labels(void) {
    const char *names[METHOD_COUNT];
    for (unsigned i = 0; i < METHOD_COUNT; i++) names[i] = method_name((enum method)i);
    metrics_set_label_values(METRIC_LABEL_BATCHING, names, METHOD_COUNT);
}

static void fail_all(struct state_read *reads, size_t n, const char *detail) {
    for (size_t i = 0; i < n; i++) read_settle(&reads[i], RPC_TOO_LARGE, ERR_OVERLOADED, detail);
}

/* The deadline is the task's own; reads that have not landed go on for whoever has longer. */
static void leave(struct passenger *passengers, size_t n) {
    for (size_t i = 0; i < n; i++) {
        struct passenger *passenger = &passengers[i];
        gather_leave(passenger);
        if (passenger->landed) continue;
        read_settle(passenger->read, RPC_TIMED_OUT, ERR_TIMEOUT, "the deadline passed while waiting for a node");
    }
}

void state_read_many(struct task *task, struct chain *chain, const struct block_ref *block, struct state_read *reads,
                     size_t n) {
    if (n == 0) return;
    uint64_t start_us = clock_now_us();
    struct passenger *passengers = arena_alloc(task->arena, n * sizeof(*passengers));
    if (passengers == NULL) {
        fail_all(reads, n, "the request needs too much memory");
        return;
    }
    struct gather *gather = gather_open(task, chain, block);
    if (gather == NULL) {
        fail_all(reads, n, "too much is being waited for");
        return;
    }
    struct party party = {.task = task, .left = n};
    waiter_init(&party.all_landed, task->reactor);
    for (size_t i = 0; i < n; i++) {
        passengers[i] = (struct passenger){.party = &party, .read = &reads[i]};
        gather_board(gather, &passengers[i]);
    }
    enum err err = waiter_wait(&party.all_landed, task->deadline_ms);
    (void)err; /* each passenger knows whether it has landed */
    leave(passengers, n);
    task->rpc_us += clock_now_us() - start_us;
}
