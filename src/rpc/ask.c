/* One coroutine, task and arena for each question, freed when it has its answer. Owned by the election's list.
 * On the thread of the reactor that asks, except ask_stop. */
#include "ask.h"

#include <stdio.h>
#include <stdlib.h>

#include "block_json.h"
#include "block_read.h"
#include "chain_state.h"
#include "core/clock.h"
#include "election.h"
#include "pool.h"
#include "transport.h"

enum { ARENA_BYTES = 4 * 1024 * 1024, MAX_HANGING = 3 };

struct ask {
    struct chain *chain;
    enum head_tag tag;
    size_t upstream;
    bool by_number;
    uint64_t number;
    bool left_out; /* nobody waits for it any more */
    uint64_t asked_us;
    struct task task;
    struct ask *next;
};

static bool is_of(const struct ask *ask, const struct asker *asker) {
    return ask->tag == asker->tag && ask->task.reactor == asker->reactor;
}

void asker_enter(struct asker *asker, struct task *task, struct chain *chain, enum head_tag tag) {
    *asker = (struct asker){.chain = chain, .tag = tag, .reactor = task->reactor};
    waiter_init(&asker->waiter, task->reactor);
    pthread_mutex_lock(&chain->election->mutex);
    asker->next = chain->election->askers;
    chain->election->askers = asker;
    pthread_mutex_unlock(&chain->election->mutex);
}

void asker_leave(struct asker *asker) {
    struct election *election = asker->chain->election;
    pthread_mutex_lock(&election->mutex);
    struct asker **at = &election->askers;
    while (*at != asker) at = &(*at)->next;
    *at = asker->next;
    pthread_mutex_unlock(&election->mutex);
}

void asker_wait(struct asker *asker, uint64_t deadline_ms) {
    waiter_init(&asker->waiter, asker->reactor);
    enum err err = waiter_wait(&asker->waiter, deadline_ms);
    (void)err; /* either way, look again */
}

static void link_in(struct ask *ask) {
    struct election *election = ask->chain->election;
    pthread_mutex_lock(&election->mutex);
    ask->next = election->asks;
    election->asks = ask;
    pthread_mutex_unlock(&election->mutex);
}

/* Out of the list, and the news to whoever waits on this reactor. */
static void unlink_and_tell(struct ask *ask) {
    struct election *election = ask->chain->election;
    pthread_mutex_lock(&election->mutex);
    struct ask **at = &election->asks;
    while (*at != ask) at = &(*at)->next;
    *at = ask->next;
    for (struct asker *asker = election->askers; asker != NULL; asker = asker->next) {
        if (is_of(ask, asker)) waiter_wake(&asker->waiter, ERR_OK);
    }
    pthread_mutex_unlock(&election->mutex);
}

static void take(struct ask *ask, enum rpc_outcome outcome, const struct rpc_call *call) {
    struct block_ref block;
    bool has_block = outcome == RPC_OK && block_json_read(&block, call->result);
    if (outcome == RPC_OK && !has_block) outcome = RPC_NONSENSE;
    if (ask->by_number) {
        bool right = has_block && block.number == ask->number;
        election_answer(ask->chain, ask->tag, ask->upstream, ask->number, right ? &block : NULL, ask->asked_us);
    } else if (has_block) {
        election_report(ask->chain, ask->tag, ask->upstream, &block, ask->asked_us);
    } else {
        election_fail(ask->chain, ask->tag, ask->upstream, outcome);
    }
}

static void run(void *arg) {
    struct ask *ask = arg;
    char params[BLOCK_PARAMS_BYTES];
    struct rpc_call call = {.method = "eth_getBlockByNumber", .params = params};
    if (ask->by_number) {
        block_params_number(params, ask->number);
    } else {
        block_params_tag(params, ask->tag);
    }
    enum rpc_outcome outcome =
        pool_ask(&ask->task, ask->chain, &ask->chain->upstreams[ask->upstream], &call, UPSTREAM_POLL);
    take(ask, outcome, &call);
    unlink_and_tell(ask);
    arena_free(ask->task.arena);
    free(ask);
}

static uint64_t end_ms(const struct ask *ask) {
    return ask->asked_us / 1000 + ASK_PATIENCE_MS;
}

static bool is_same(const struct ask *a, const struct ask *b) {
    return a->upstream == b->upstream && a->by_number == b->by_number && a->number == b->number;
}

/* A connection may hang while its node is well: after a while it is asked once more, but not for ever. */
static bool is_asked_already(const struct asker *asker, const struct ask *wanted) {
    struct election *election = asker->chain->election;
    uint64_t now_ms = clock_now_us() / 1000;
    bool recent = false;
    unsigned n = 0;
    pthread_mutex_lock(&election->mutex);
    for (const struct ask *ask = election->asks; ask != NULL; ask = ask->next) {
        if (!is_of(ask, asker) || !is_same(ask, wanted)) continue;
        recent = recent || end_ms(ask) > now_ms;
        n++;
    }
    pthread_mutex_unlock(&election->mutex);
    return recent || n >= MAX_HANGING;
}

/* Time to prove its chain and then to answer. */
static bool start(const struct asker *asker, const struct ask *wanted) {
    struct reactor *reactor = asker->reactor;
    if (is_asked_already(asker, wanted)) return false;
    struct ask *ask = malloc(sizeof(*ask));
    if (ask == NULL) abort();
    *ask = *wanted;
    ask->chain = asker->chain;
    ask->tag = asker->tag;
    ask->asked_us = clock_now_us();
    ask->task = (struct task){
        .reactor = reactor,
        .arena = arena_new(ARENA_BYTES),
        .deadline_ms = reactor_now_ms(reactor) + 2 * asker->chain->limits.attempt_timeout_ms,
        .name = "head",
    };
    link_in(ask);
    if (atomic_load(&ask->chain->follower.stopping)) ask->task.deadline_ms = 0; /* too late to be found by ask_stop */
    if (reactor_has_room(reactor)) {
        reactor_spawn(reactor, run, ask);
    } else {
        run(ask); /* on this coroutine, one after the other */
    }
    return true;
}

bool ask_tag(const struct asker *asker, size_t upstream) {
    return start(asker, &(struct ask){.upstream = upstream});
}

bool ask_number(const struct asker *asker, size_t upstream, uint64_t number) {
    return start(asker, &(struct ask){.upstream = upstream, .by_number = true, .number = number});
}

/* A node that is absent may answer, but nobody waits for it. */
static bool is_awaited(const struct asker *asker, const struct ask *ask) {
    if (!is_of(ask, asker) || ask->left_out) return false;
    return ask->by_number || !asker->chain->election->seats[asker->tag][ask->upstream].absent;
}

bool ask_is_expected(const struct asker *asker, uint64_t *until_ms) {
    struct election *election = asker->chain->election;
    uint64_t now_ms = clock_now_us() / 1000, first_ms = UINT64_MAX;
    pthread_mutex_lock(&election->mutex);
    for (const struct ask *ask = election->asks; ask != NULL; ask = ask->next) {
        bool expected = is_awaited(asker, ask) && end_ms(ask) > now_ms;
        if (expected && end_ms(ask) < first_ms) first_ms = end_ms(ask);
    }
    pthread_mutex_unlock(&election->mutex);
    *until_ms = first_ms;
    return first_ms != UINT64_MAX;
}

static struct ask *find_overdue(const struct asker *asker) {
    struct election *election = asker->chain->election;
    uint64_t now_ms = clock_now_us() / 1000;
    pthread_mutex_lock(&election->mutex);
    struct ask *ask = election->asks;
    while (ask != NULL && !(is_awaited(asker, ask) && end_ms(ask) <= now_ms)) ask = ask->next;
    if (ask != NULL) ask->left_out = true;
    pthread_mutex_unlock(&election->mutex);
    return ask;
}

void ask_leave_out(const struct asker *asker) {
    for (struct ask *ask; (ask = find_overdue(asker)) != NULL;) {
        if (ask->by_number) {
            election_answer(asker->chain, asker->tag, ask->upstream, ask->number, NULL, clock_now_us());
        } else {
            election_leave_out(asker->chain, asker->tag, ask->upstream);
        }
    }
}

bool ask_is_under_way(const struct asker *asker) {
    struct election *election = asker->chain->election;
    pthread_mutex_lock(&election->mutex);
    const struct ask *ask = election->asks;
    while (ask != NULL && !is_of(ask, asker)) ask = ask->next;
    pthread_mutex_unlock(&election->mutex);
    return ask != NULL;
}

struct stop_order {
    struct chain *chain;
    struct reactor *reactor;
};

/* On each reactor that asks something: its own questions end as if their time had passed. */
static void obey(void *arg) {
    struct stop_order *order = arg;
    struct election *election = order->chain->election;
    pthread_mutex_lock(&election->mutex);
    for (struct ask *ask = election->asks; ask != NULL; ask = ask->next) {
        if (ask->task.reactor != order->reactor) continue;
        ask->task.deadline_ms = 0;
        transport_cancel(&ask->task);
    }
    pthread_mutex_unlock(&election->mutex);
    free(order);
}

void ask_stop(struct chain *chain) {
    pthread_mutex_lock(&chain->election->mutex);
    for (const struct ask *ask = chain->election->asks; ask != NULL; ask = ask->next) {
        struct stop_order *order = malloc(sizeof(*order));
        if (order == NULL) abort();
        *order = (struct stop_order){.chain = chain, .reactor = ask->task.reactor};
        reactor_post(order->reactor, obey, order);
    }
    pthread_mutex_unlock(&chain->election->mutex);
}
