/* The slowest answers of a good node are what users wait for, and a node that hangs would cost them a whole time-out:
 * a second node's answer ends both. Each runner has its own copies of the calls, so that who comes second changes
 * nothing; all end before the race does.
 * On the task's thread: runners are coroutines of the same reactor. */
#include "hedge.h"

#include <stdlib.h>
#include <string.h>

#include "chain_state.h"
#include "core/clock.h"
#include "core/metrics.h"
#include "errors.h"
#include "transport.h"

enum { COST = 20 /* in twentieths of a request */, FIRST_HEDGES = 5, MAX_HEDGES = 20 };

struct race;

struct runner {
    struct task task;
    struct attempt attempt;
    struct rpc_call *copies;
    struct race *race;
    uint64_t started_ms;
    uint64_t started_us;
    bool ended;
    bool beaten; /* it was ended because another one had answered */
};

struct race {
    struct task *task;
    struct chain *chain;
    struct attempt *attempt; /* whose calls they run with */
    struct waiter news;      /* a runner has ended */
    struct runner runners[MAX_RUNNERS];
    unsigned n;
};

void hedge_budget_init(struct chain *chain) {
    atomic_init(&chain->hedge_twentieths, FIRST_HEDGES * COST);
}

static void earn(struct chain *chain) {
    if (atomic_load(&chain->hedge_twentieths) < MAX_HEDGES * COST) atomic_fetch_add(&chain->hedge_twentieths, 1);
}

static bool spend(struct chain *chain) {
    if (atomic_fetch_sub(&chain->hedge_twentieths, COST) >= COST) return true;
    atomic_fetch_add(&chain->hedge_twentieths, COST);
    return false;
}

static void *array_new(size_t n, size_t size) {
    void *array = calloc(n, size);
    if (array == NULL) abort();
    return array;
}

static void run(void *arg) {
    struct runner *runner = arg;
    attempt_send(&runner->task, runner->race->chain, &runner->attempt);
    runner->ended = true;
    waiter_wake(&runner->race->news, ERR_OK);
}

static void start(struct race *race, struct upstream *upstream) {
    const struct attempt *attempt = race->attempt;
    struct runner *runner = &race->runners[race->n++];
    *runner = (struct runner){.task = task_child(race->task), .attempt = *attempt, .race = race};
    runner->started_ms = upstream_now_ms();
    runner->started_us = clock_now_us();
    runner->copies = array_new(attempt->n, sizeof(*runner->copies));
    runner->attempt.upstream = upstream;
    runner->attempt.calls = array_new(attempt->n, sizeof(*runner->attempt.calls));
    runner->attempt.outcomes = array_new(attempt->n, sizeof(*runner->attempt.outcomes));
    for (size_t i = 0; i < attempt->n; i++) {
        runner->copies[i] = *attempt->calls[i];
        runner->attempt.calls[i] = &runner->copies[i];
    }
    reactor_spawn(race->task->reactor, run, runner);
}

static void release(struct runner *runner) {
    free(runner->copies);
    free(runner->attempt.calls);
    free(runner->attempt.outcomes);
}

/* Returns true when the node told about at least one call what no other could better. */
static bool is_useful(const struct runner *runner) {
    if (!runner->ended || runner->attempt.refused) return false;
    for (size_t i = 0; i < runner->attempt.n; i++) {
        if (rpc_policy(runner->attempt.outcomes[i])->retry == RPC_RETRY_NEVER) return true;
    }
    return false;
}

static bool all_ended(const struct race *race) {
    for (unsigned i = 0; i < race->n; i++) {
        if (!race->runners[i].ended) return false;
    }
    return true;
}

static struct runner *find_useful(struct race *race) {
    for (unsigned i = 0; i < race->n; i++) {
        if (is_useful(&race->runners[i])) return &race->runners[i];
    }
    return NULL;
}

/* Suspends until a runner ends or the time has come. */
static void await_news(struct race *race, uint64_t until_ms) {
    waiter_init(&race->news, race->task->reactor);
    enum err err = waiter_wait(&race->news, until_ms);
    (void)err; /* either way, look again */
}

/* Those asked so far have failed lately. */
static bool all_fail(const struct race *race, uint64_t now_ms) {
    for (unsigned i = 0; i < race->n; i++) {
        if (!upstream_look(race->runners[i].attempt.upstream, now_ms).on_trial) return false;
    }
    return true;
}

static void try_hedge(struct race *race, struct tries *tries) {
    struct chain *chain = race->chain;
    uint64_t wait_ms;
    uint64_t now_ms = upstream_now_ms();
    size_t n = race->attempt->n;
    bool in_need = all_fail(race, now_ms);
    if ((race->n > 1 && !in_need) || !reactor_has_room(race->task->reactor)) return;
    struct upstream *rival = choice_rival(chain, tries, n, in_need, now_ms);
    if (rival == NULL || (!in_need && !spend(chain))) return;
    if (!upstream_admit(rival, &wait_ms, n, 0, chain->limits.attempt_timeout_ms, now_ms)) return; /* just now full */
    upstream_hedged(rival);
    tries_note(tries, rival);
    start(race, rival);
}

/* Returns who was first with something useful; NULL: nobody was. */
static struct runner *await_winner(struct race *race, struct tries *tries) {
    uint64_t delay_ms = upstream_hedge_ms(race->runners[0].attempt.upstream);
    uint64_t due_ms = reactor_now_ms(race->task->reactor) + delay_ms;
    while (!all_ended(race)) {
        await_news(race, race->n < MAX_RUNNERS ? due_ms : UINT64_MAX); /* runners keep the deadline themselves */
        struct runner *winner = find_useful(race);
        if (winner != NULL) return winner;
        if (race->n == MAX_RUNNERS || all_ended(race) || reactor_now_ms(race->task->reactor) < due_ms) continue;
        try_hedge(race, tries);
        due_ms = reactor_now_ms(race->task->reactor) + delay_ms;
    }
    return find_useful(race);
}

/* Ends whoever still runs, and waits for it. */
static void stop_all(struct race *race) {
    for (unsigned i = 0; i < race->n; i++) {
        struct runner *runner = &race->runners[i];
        if (runner->ended) continue;
        runner->beaten = true;
        runner->task.deadline_ms = 0;
        transport_cancel(&runner->task);
    }
    while (!all_ended(race)) await_news(race, UINT64_MAX);
}

/* Those asked before were slower than one that was asked later. Of one that has ended, the failure counts already. */
static void count_win(const struct race *race, const struct runner *winner) {
    if (winner == &race->runners[0]) return;
    metrics_add(METRIC_RPC_HEDGES_WON, winner->attempt.upstream->label, 0, 1);
    for (const struct runner *before = race->runners; before < winner; before++) {
        uint64_t us = clock_now_us() - before->started_us;
        if (before->beaten) upstream_lost_hedge(before->attempt.upstream, before->started_ms, us, upstream_now_ms());
    }
}

static void take_call(struct attempt *attempt, const struct runner *runner, size_t i) {
    *attempt->calls[i] = runner->copies[i];
    attempt->outcomes[i] = runner->attempt.outcomes[i];
}

/* Takes all that the runner was told. */
static void take(struct attempt *attempt, const struct runner *runner) {
    for (size_t i = 0; i < attempt->n; i++) take_call(attempt, runner, i);
    attempt->upstream = runner->attempt.upstream;
    attempt->refused = runner->attempt.refused;
}

static void take_more_telling(struct attempt *attempt, const struct runner *runner) {
    for (size_t i = 0; i < attempt->n; i++) {
        unsigned telling = rpc_policy(attempt->calls[i]->outcome)->telling;
        if (rpc_policy(runner->copies[i].outcome)->telling > telling) take_call(attempt, runner, i);
    }
    if (!runner->attempt.refused) return;
    attempt->refused = true; /* shorter batches are worth trying at least there */
    attempt->upstream = runner->attempt.upstream;
}

/* Where nobody was told what is final, the more telling failure of each call is kept. */
static void take_best(struct attempt *attempt, const struct race *race) {
    take(attempt, &race->runners[0]);
    for (unsigned i = 1; i < race->n; i++) take_more_telling(attempt, &race->runners[i]);
}

static void settle(struct race *race, const struct runner *winner, uint64_t started_us) {
    struct task *task = race->task;
    if (winner != NULL) {
        take(race->attempt, winner);
    } else {
        take_best(race->attempt, race);
    }
    for (unsigned i = 0; i < race->n; i++) {
        task->rpc_calls += race->runners[i].task.rpc_calls;
        release(&race->runners[i]);
    }
    task->rpc_us += clock_now_us() - started_us;
}

void hedge_send(struct task *task, struct chain *chain, struct attempt *attempt, struct tries *tries) {
    earn(chain);
    tries_note(tries, attempt->upstream);
    uint64_t now_ms = upstream_now_ms();
    bool in_need = upstream_look(attempt->upstream, now_ms).on_trial;
    bool alone = choice_rival(chain, tries, attempt->n, in_need, now_ms) == NULL;
    if (alone || attempt->calls[0]->heavy || !reactor_has_room(task->reactor)) {
        attempt_send(task, chain, attempt);
        return;
    }
    uint64_t started_us = clock_now_us();
    struct race race = {.task = task, .chain = chain, .attempt = attempt};
    start(&race, attempt->upstream);
    struct runner *winner = await_winner(&race, tries);
    stop_all(&race);
    if (winner != NULL) count_win(&race, winner);
    settle(&race, winner, started_us);
}
