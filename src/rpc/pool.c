/* The order of the nodes is the operator's; this file only decides when to leave one for the next. State lives in the
 * upstreams, shared by all reactors.
 * On the task's thread, in a coroutine. */
#include "pool.h"

#include <stdio.h>
#include <stdlib.h>

#include "answer.h"
#include "attempt.h"
#include "chain_state.h"
#include "core/clock.h"
#include "errors.h"

enum { MAX_TRIES = 3, FIRST_BACKOFF_MS = 100, MAX_BACKOFF_MS = 3000, NAP_MS = 100 };

/* The tries of one group of calls so far. */
struct tries {
    struct upstream *tried[MAX_TRIES];
    unsigned n;
};

static unsigned times_tried(const struct tries *tries, const struct upstream *upstream) {
    unsigned times = 0;
    for (unsigned i = 0; i < tries->n; i++) times += tries->tried[i] == upstream ? 1 : 0;
    return times;
}

/* How gladly an upstream is asked; lower is better. */
struct rank {
    uint64_t rest_ms;
    unsigned tried;
};

/* A node that is well before one that rests, even for the second time; among those, one that was not tried yet. Of
 * resting nodes, the one whose rest ends first: policy alone never leaves a request without an answer. */
static bool is_better(const struct rank *a, const struct rank *b) {
    bool a_rests = a->rest_ms > 0;
    bool b_rests = b->rest_ms > 0;
    if (a_rests != b_rests) return b_rests;
    if (a->tried != b->tried) return a->tried < b->tried;
    return a->rest_ms < b->rest_ms;
}

static struct upstream *find_best(const struct chain *chain, const struct tries *tries, bool may_repeat,
                                  uint64_t now_ms) {
    struct upstream *best = NULL;
    struct rank best_rank = {0};
    for (size_t i = 0; i < chain->n_upstreams; i++) {
        struct upstream *upstream = &chain->upstreams[i];
        struct rank rank = {upstream_rest_ms(upstream, now_ms), times_tried(tries, upstream)};
        if (rank.rest_ms > 0 && upstream_state(upstream) == UPSTREAM_OTHER_CHAIN) continue;
        if (rank.tried > 0 && !may_repeat) continue;
        if (best != NULL && !is_better(&rank, &best_rank)) continue;
        best = upstream;
        best_rank = rank;
    }
    return best;
}

static struct upstream *pick(const struct chain *chain, const struct tries *tries, bool may_repeat) {
    for (size_t i = 0; i < chain->n_upstreams; i++) {
        uint64_t now_ms = upstream_now_ms();
        struct upstream *best = find_best(chain, tries, may_repeat, now_ms);
        if (best == NULL || upstream_rest_ms(best, now_ms) > 0) return best;
        if (upstream_claim(best, now_ms, chain->limits.attempt_timeout_ms)) return best;
    }
    return find_best(chain, tries, may_repeat, upstream_now_ms());
}

/* 100 ms, doubled with each try, a random part of it; but not before the node said. Returns false when that would be
 * past the deadline. */
static bool back_off(struct task *task, const struct chain *chain, unsigned tries, int retry_after_s) {
    uint64_t limit_ms = (uint64_t)FIRST_BACKOFF_MS << (tries - 1);
    if (limit_ms > MAX_BACKOFF_MS) limit_ms = MAX_BACKOFF_MS;
    uint64_t random;
    clock_random(&random, sizeof(random));
    uint64_t wait_ms = random % (limit_ms + 1);
    uint64_t asked_ms = (uint64_t)retry_after_s * 1000;
    if (wait_ms < asked_ms) wait_ms = asked_ms;
    if (reactor_now_ms(task->reactor) + wait_ms >= task->deadline_ms) return false;
    uint64_t end_ms = reactor_now_ms(task->reactor) + wait_ms;
    for (uint64_t now_ms; (now_ms = reactor_now_ms(task->reactor)) < end_ms;) {
        if (atomic_load(&chain->follower.stopping)) return false; /* a shutdown does not wait for politeness */
        reactor_sleep_ms(task->reactor, end_ms - now_ms < NAP_MS ? end_ms - now_ms : NAP_MS);
    }
    return true;
}

/* Moves the calls that another try may help to the front; returns how many they are. outcomes goes along. */
static size_t keep_retryable(struct rpc_call **calls, enum rpc_outcome *outcomes, size_t n, bool same_node) {
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        enum rpc_retry retry = rpc_policy(outcomes[i])->retry;
        if (retry == RPC_RETRY_NEVER || (same_node && retry == RPC_RETRY_ELSEWHERE)) continue;
        struct rpc_call *call = calls[i];
        calls[i] = calls[kept];
        calls[kept] = call;
        outcomes[kept++] = outcomes[i];
    }
    return kept;
}

static bool any_may_repeat(const enum rpc_outcome *outcomes, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (rpc_policy(outcomes[i])->retry == RPC_RETRY_ANYWHERE) return true;
    }
    return false;
}

static bool is_late(const struct task *task) {
    return reactor_now_ms(task->reactor) >= task->deadline_ms;
}

/* Chooses the node for the next try and waits where politeness asks for it. Returns NULL when there is nothing left to
 * try. In and out: n, the calls that are still worth it. */
static struct upstream *next_upstream(struct task *task, const struct chain *chain, const struct tries *tries,
                                      struct attempt *last) {
    if (last->n == 0 || tries->n == MAX_TRIES || is_late(task)) return NULL;
    bool may_repeat = tries->n == 0 || any_may_repeat(last->outcomes, last->n);
    struct upstream *next = pick(chain, tries, may_repeat);
    if (next == NULL || times_tried(tries, next) == 0) return next;
    last->n = keep_retryable(last->calls, last->outcomes, last->n, true);
    bool waited = back_off(task, chain, tries->n, next == last->upstream ? last->retry_after_s : 0);
    return waited ? next : NULL;
}

/* Until a node that rests may be asked again, at least a second. */
static int retry_after_s(const struct chain *chain) {
    uint64_t now_ms = upstream_now_ms();
    uint64_t soonest_ms = UINT64_MAX;
    for (size_t i = 0; i < chain->n_upstreams; i++) {
        uint64_t rest_ms = upstream_rest_ms(&chain->upstreams[i], now_ms);
        if (rest_ms < soonest_ms) soonest_ms = rest_ms;
    }
    return soonest_ms < 1000 || soonest_ms == UINT64_MAX ? 1 : (int)((soonest_ms + 999) / 1000);
}

/* What no try could tell: that no node serves this chain, that the task's own time ran out, when to come back. */
static void finish(const struct task *task, const struct chain *chain, struct rpc_call *call, bool tried) {
    bool late = is_late(task);
    if (!tried) answer_take_failure(call, late ? RPC_TIMED_OUT : RPC_NONSENSE);
    if (late && call->outcome == RPC_TIMED_OUT) {
        call->err = ERR_TIMEOUT;
        snprintf(call->detail, sizeof(call->detail), "the deadline passed while waiting for a node");
    }
    if (call->err == ERR_UPSTREAM_UNAVAILABLE) call->retry_after_s = retry_after_s(chain);
}

size_t pool_send(struct task *task, struct chain *chain, struct rpc_call **calls, size_t n) {
    struct tries tries = {.n = 0};
    struct attempt attempt = {.calls = calls, .n = n, .outcomes = calloc(n, sizeof(*attempt.outcomes))};
    size_t sent = 0;
    if (attempt.outcomes == NULL) abort();
    while ((attempt.upstream = next_upstream(task, chain, &tries, &attempt)) != NULL) {
        sent = attempt.n;
        attempt_send(task, chain, &attempt);
        tries.tried[tries.n++] = attempt.upstream;
        attempt.n = keep_retryable(calls, attempt.outcomes, attempt.n, false);
        if (attempt.refused) break;
    }
    size_t refused = attempt.refused ? attempt.n : 0;
    if (refused > 0) upstream_refused_batch(attempt.upstream, sent);
    for (size_t i = 0; i < refused; i++) answer_clear(calls[i]);
    for (size_t i = refused; i < n; i++) finish(task, chain, calls[i], tries.n > 0);
    free(attempt.outcomes);
    return refused;
}

enum rpc_outcome pool_ask(struct task *task, struct chain *chain, struct upstream *upstream, struct rpc_call *call) {
    enum rpc_outcome outcome;
    struct attempt attempt = {.upstream = upstream, .calls = &call, .n = 1, .outcomes = &outcome};
    answer_clear(call);
    attempt_send(task, chain, &attempt);
    return outcome;
}

size_t pool_batch_cap(const struct chain *chain) {
    struct tries none = {.n = 0};
    const struct upstream *best = find_best(chain, &none, true, upstream_now_ms());
    return best == NULL ? chain->limits.max_batch : upstream_batch_cap(best, chain->limits.max_batch);
}
