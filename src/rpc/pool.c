/* Which node is asked stands in choice.c, how one is asked in attempt.c and hedge.c; this file only decides whether to
 * ask again, when, and when to give up. State lives in the upstreams, shared by all reactors.
 * On the task's thread, in a coroutine. */
#include "pool.h"

#include <stdio.h>
#include <stdlib.h>

#include "answer.h"
#include "attempt.h"
#include "chain_state.h"
#include "choice.h"
#include "core/clock.h"
#include "errors.h"
#include "group.h"
#include "hedge.h"

enum {
    FIRST_BACKOFF_MS = 100,
    MAX_BACKOFF_MS = 3000,
    NAP_MS = 100,
    BUSY_NAP_MS = 20,             /* between looks at open nodes that others are asking */
    LAST_HOPE_MS = 1000,          /* time spent on nodes that are known to be down */
    MAX_RETRY_AFTER_MS = 5 * 1000 /* of nodes that fail: they may be back any time */
};

/* 100 ms, doubled with each try, a random part of it: clients that failed together must not come back together. */
static uint64_t backoff_ms(unsigned tries) {
    uint64_t limit_ms = (uint64_t)FIRST_BACKOFF_MS << (tries - 1);
    if (limit_ms > MAX_BACKOFF_MS) limit_ms = MAX_BACKOFF_MS;
    uint64_t random;
    clock_random(&random, sizeof(random));
    return random % (limit_ms + 1);
}

static uint64_t left_ms(const struct task *task) {
    uint64_t now_ms = reactor_now_ms(task->reactor);
    return task->deadline_ms > now_ms ? task->deadline_ms - now_ms : 0;
}

/* Whoever still asks by then is dappd itself, and a child of the follower's task does not have its time cut short. */
static bool is_stopping(const struct chain *chain) {
    return atomic_load(&chain->follower.stopping);
}

/* Returns false when that would be past the deadline. */
static bool wait_for(struct task *task, const struct chain *chain, uint64_t wait_ms) {
    if (wait_ms >= left_ms(task)) return false;
    uint64_t end_ms = reactor_now_ms(task->reactor) + wait_ms;
    for (uint64_t now_ms; (now_ms = reactor_now_ms(task->reactor)) < end_ms;) {
        if (is_stopping(chain)) return false; /* a shutdown does not wait for politeness */
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
    return left_ms(task) == 0;
}

/* An open one is asked once, and no more of them when that took a while. One that does badly is not asked again in the
 * rest of the time when an attempt may take longer. The client is better off with an answer. */
static bool is_hopeless(const struct task *task, const struct chain *chain, const struct tries *tries,
                        const struct choice *choice, uint64_t now_ms) {
    bool tried = tries_of(tries, choice->upstream) > 0;
    if (choice->view.fitness < UPSTREAM_PENALISED) return false;
    if (tried && left_ms(task) < chain->limits.attempt_timeout_ms) return true;
    if (choice->view.fitness != UPSTREAM_OPEN || tries->open_since_ms == 0) return false;
    return tried || now_ms > tries->open_since_ms + LAST_HOPE_MS;
}

/* What looking for the next upstream came to. */
struct next {
    struct upstream *upstream; /* NULL: there is nothing left to try */
    uint64_t wait_ms;          /* before it is asked */
    bool shorter;              /* it takes shorter batches only: ask it nothing */
    bool later;                /* others are asking the one that is left: look again in a moment */
    enum rpc_outcome why_not;
};

/* In: patient, others may find out first whether an open one is back. */
static struct next find_next(const struct task *task, struct chain *chain, struct tries *tries, size_t n,
                             bool may_repeat, bool patient) {
    struct next next = {.why_not = RPC_UNREACHABLE};
    for (size_t i = 0; i <= chain->n_upstreams; i++) { /* each may be lost to another request in this moment */
        uint64_t now_ms = upstream_now_ms();
        struct choice choice = choice_best(chain, tries, may_repeat, now_ms);
        if (patient && choice.worth_waiting) return (struct next){.later = true, .why_not = RPC_UNREACHABLE};
        if (choice.upstream == NULL && !choice.all_down) next.why_not = RPC_NONSENSE; /* they serve other chains */
        if (choice.upstream == NULL || is_hopeless(task, chain, tries, &choice, now_ms)) return next;
        bool too_long = choice.view.booked_out || choice.view.wait_ms >= left_ms(task);
        if (too_long) return (struct next){.why_not = RPC_RATE_LIMITED};
        size_t cap = upstream_batch_cap(choice.upstream, chain->limits.max_batch, now_ms);
        next.shorter = tries->group == NULL && n > cap;
        if (next.shorter) return next;
        if (!upstream_admit(choice.upstream, &next.wait_ms, n, left_ms(task), chain->limits.attempt_timeout_ms, now_ms))
            continue;
        if (choice.view.fitness == UPSTREAM_OPEN && tries->open_since_ms == 0) tries->open_since_ms = now_ms;
        if (choice.lasting && tries->n == 0) choice_prefer(chain, choice.upstream);
        next.upstream = choice.upstream;
        return next;
    }
    return next;
}

/* An open node may be the only good one, and of many requests at once but a few may ask it. The others wait a little
 * for what these are told: a node that is back is closed again by then. */
static struct next await_next(struct task *task, struct chain *chain, struct tries *tries, size_t n, bool may_repeat) {
    struct next next = find_next(task, chain, tries, n, may_repeat, true);
    if (next.later && tries->busy_since_ms == 0) tries->busy_since_ms = upstream_now_ms();
    while (next.later && wait_for(task, chain, BUSY_NAP_MS)) {
        bool patient = upstream_now_ms() < tries->busy_since_ms + LAST_HOPE_MS;
        next = find_next(task, chain, tries, n, may_repeat, patient);
    }
    return next;
}

/* Three with one node; with more, each has its chance and two are left for those that recover meanwhile. */
static unsigned max_tries(const struct chain *chain) {
    return chain->n_upstreams + 2 < MAX_TRIES ? (unsigned)chain->n_upstreams + 2 : MAX_TRIES;
}

/* Chooses the node for the next try and waits where politeness asks for it. In and out: last->n, the calls that are
 * still worth it. */
static struct next next_upstream(struct task *task, struct chain *chain, struct tries *tries, struct attempt *last) {
    struct next none = {.why_not = RPC_TIMED_OUT};
    if (last->n == 0 || tries->n >= max_tries(chain) || is_late(task) || is_stopping(chain)) return none;
    bool may_repeat = tries->n == 0 || any_may_repeat(last->outcomes, last->n);
    struct next next = await_next(task, chain, tries, last->n, may_repeat);
    if (next.upstream == NULL) return next;
    if (tries_of(tries, next.upstream) > 0) {
        last->n = keep_retryable(last->calls, last->outcomes, last->n, true);
        uint64_t jitter_ms = backoff_ms(tries->n);
        if (next.wait_ms < jitter_ms) next.wait_ms = jitter_ms;
    }
    return wait_for(task, chain, next.wait_ms) ? next : none;
}

/* Until a node may be asked again, or may be back; at least a second. */
static int retry_after_s(const struct chain *chain) {
    uint64_t now_ms = upstream_now_ms();
    uint64_t soonest_ms = UINT64_MAX;
    for (size_t i = 0; i < chain->n_upstreams; i++) {
        struct upstream *upstream = &chain->upstreams[i];
        uint64_t ms = upstream_retry_in_ms(upstream, now_ms);
        uint64_t asked_ms = upstream_look(upstream, now_ms).wait_ms;
        if (ms > MAX_RETRY_AFTER_MS) ms = MAX_RETRY_AFTER_MS;
        if (ms < asked_ms) ms = asked_ms;
        if (ms < soonest_ms) soonest_ms = ms;
    }
    return soonest_ms < 1000 ? 1 : (int)((soonest_ms + 999) / 1000);
}

/* What no try could tell: why there was none, that the task's own time ran out before a node had its share of it, when
 * to come back. */
static void finish(const struct task *task, const struct chain *chain, struct rpc_call *call, const struct tries *tries,
                   enum rpc_outcome why_not) {
    bool late = is_late(task);
    if (tries->n == 0) answer_take_failure(call, late ? RPC_TIMED_OUT : why_not);
    if (late && tries->n <= 1 && call->outcome == RPC_TIMED_OUT) {
        call->err = ERR_TIMEOUT;
        snprintf(call->detail, sizeof(call->detail), "the deadline passed while waiting for a node");
    }
    if (call->err == ERR_UPSTREAM_UNAVAILABLE) call->retry_after_s = retry_after_s(chain);
}

size_t pool_send(struct task *task, struct chain *chain, struct rpc_call **calls, size_t n) {
    struct tries tries = {.n = 0};
    struct attempt attempt = {.calls = calls, .n = n, .outcomes = calloc(n, sizeof(*attempt.outcomes))};
    struct next next;
    if (attempt.outcomes == NULL) abort();
    while ((next = next_upstream(task, chain, &tries, &attempt)).upstream != NULL) {
        size_t sent = attempt.n;
        attempt.upstream = next.upstream;
        hedge_send(task, chain, &attempt, &tries);
        tries.n++;
        if (attempt.refused) upstream_refused_batch(attempt.upstream, sent, upstream_now_ms());
        attempt.n = keep_retryable(calls, attempt.outcomes, attempt.n, false);
        if (attempt.refused) break;
    }
    size_t refused = attempt.refused || next.shorter ? attempt.n : 0;
    for (size_t i = 0; i < refused; i++) answer_clear(calls[i]);
    for (size_t i = refused; i < n; i++) finish(task, chain, calls[i], &tries, next.why_not);
    free(attempt.outcomes);
    return refused;
}

static bool tells_more(enum rpc_outcome outcome, enum rpc_outcome than) {
    return rpc_policy(outcome)->telling > rpc_policy(than)->telling;
}

static void settle_group(const struct task *task, const struct chain *chain, const struct attempt *attempt,
                         const struct tries *tries, enum rpc_outcome told, enum rpc_outcome why_not) {
    for (size_t i = 0; i < attempt->n; i++) {
        struct rpc_call *call = attempt->calls[i];
        answer_clear(call);
        answer_take_failure(call, told);
        finish(task, chain, call, tries, why_not);
    }
}

enum rpc_outcome pool_send_group(struct task *task, struct chain *chain, struct rpc_call **calls, size_t n,
                                 const struct pool_group *group) {
    struct tries tries = {.group = group};
    struct attempt attempt = {.calls = calls, .n = n, .question = group->question, .timeout_ms = group->timeout_ms};
    enum rpc_outcome told = RPC_UNREACHABLE, outcome = RPC_UNREACHABLE;
    bool final = false;
    struct next next = {.why_not = RPC_UNREACHABLE};
    attempt.outcomes = calloc(n, sizeof(*attempt.outcomes));
    if (attempt.outcomes == NULL) abort();
    while (!final && (next = next_upstream(task, chain, &tries, &attempt)).upstream != NULL) {
        attempt.upstream = next.upstream;
        tries_note(&tries, attempt.upstream);
        tries.n++;
        outcome = group_send(task, chain, &attempt, group, &final);
        if (tells_more(outcome, told)) told = outcome;
        if (outcome == RPC_OK) break;
        attempt.n = keep_retryable(calls, attempt.outcomes, n, false);
    }
    attempt.n = n;
    if (outcome != RPC_OK) settle_group(task, chain, &attempt, &tries, told, next.why_not);
    enum rpc_outcome settled = calls[0]->outcome;
    free(attempt.outcomes);
    return settled;
}

enum rpc_outcome pool_ask(struct task *task, struct chain *chain, struct upstream *upstream, struct rpc_call *call,
                          enum upstream_question question) {
    enum rpc_outcome outcome;
    struct attempt attempt = {.upstream = upstream, .calls = &call, .n = 1, .question = question, .outcomes = &outcome};
    answer_clear(call);
    upstream_ask(upstream, 1, upstream_now_ms());
    attempt_send(task, chain, &attempt);
    return outcome;
}

size_t pool_batch_cap(const struct chain *chain) {
    const struct tries none = {.n = 0};
    uint64_t now_ms = upstream_now_ms();
    struct choice choice = choice_best(chain, &none, true, now_ms);
    if (choice.upstream == NULL) return chain->limits.max_batch;
    return upstream_batch_cap(choice.upstream, chain->limits.max_batch, now_ms);
}
