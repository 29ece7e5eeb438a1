/* Requests with one read each, on coroutines and with memory of their own, and a gate that holds a node's answers back.
 * There is one crowd, gathered anew by each body; it belongs to the test.
 * On the reactor's thread, but for pass_gate, which runs on a node's. */
#ifndef DAPPD_TESTS_CROWD_H
#define DAPPD_TESTS_CROWD_H

#include "fake_state.h"

enum { MAX_RIDERS = 1000 };

/* A request with one read, on a coroutine and with memory of its own. */
struct rider {
    struct crowd *crowd;
    struct task task;
    struct one_read one;
    uint8_t block;
    uint32_t value;
    enum err err;
    enum rpc_outcome outcome;
    bool landed;
};

struct crowd {
    struct chain *chain;
    struct waiter all_back;
    size_t n, left;
    struct rider riders[MAX_RIDERS];
};

static struct crowd crowd;

static inline void ride(void *arg) {
    struct rider *rider = arg;
    struct block_ref block = state_block(rider->block);
    state_read_many(&rider->task, rider->crowd->chain, &block, &rider->one.read, 1);
    rider->err = rider->one.read.err;
    rider->outcome = rider->one.read.outcome;
    rider->value = read_value(&rider->one.read);
    rider->landed = true;
    arena_free(rider->task.arena);
    if (--rider->crowd->left == 0) waiter_wake(&rider->crowd->all_back, ERR_OK);
}

static inline void gather_crowd(struct task *task, struct chain *chain) {
    crowd.chain = chain;
    crowd.n = 0;
    crowd.left = 0;
    waiter_init(&crowd.all_back, task->reactor);
}

/* One more request. In: wait_ms, the time it has; 0: as long as the test. */
static inline struct rider *send_rider(struct task *task, uint32_t value, uint64_t wait_ms) {
    struct rider *rider = &crowd.riders[crowd.n++];
    *rider = (struct rider){.crowd = &crowd, .block = 1, .task = *task};
    rider->task.arena = arena_new(64 * 1024);
    if (wait_ms > 0) rider->task.deadline_ms = reactor_now_ms(task->reactor) + wait_ms;
    make_read(&rider->one, WELL, value);
    crowd.left++;
    reactor_spawn(task->reactor, ride, rider);
    return rider;
}

static inline void await_crowd(void) {
    if (crowd.left == 0) return;
    enum err err = waiter_wait(&crowd.all_back, UINT64_MAX);
    (void)err;
}

/* Waits for something that the node or another coroutine brings about. */
static inline bool await_count(struct task *task, atomic_uint *count, unsigned n) {
    while (atomic_load(count) < n && reactor_now_ms(task->reactor) < task->deadline_ms) {
        reactor_sleep_ms(task->reactor, 1);
    }
    return atomic_load(count) >= n;
}

static inline bool await_landing(struct task *task, const struct rider *rider) {
    while (!rider->landed && reactor_now_ms(task->reactor) < task->deadline_ms) reactor_sleep_ms(task->reactor, 1);
    return rider->landed;
}

/* Holds packed calls back until the test opens the gate. */
static struct {
    pthread_mutex_t mutex;
    pthread_cond_t opened;
    bool open;
} gate = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false};

static inline void gate_set(bool open) {
    pthread_mutex_lock(&gate.mutex);
    gate.open = open;
    pthread_cond_broadcast(&gate.opened);
    pthread_mutex_unlock(&gate.mutex);
}

static inline void pass_gate(void) {
    pthread_mutex_lock(&gate.mutex);
    while (!gate.open) pthread_cond_wait(&gate.opened, &gate.mutex);
    pthread_mutex_unlock(&gate.mutex);
}

#endif
