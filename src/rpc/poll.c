/* A head that moves with the majority, however slow or dishonest the rest is. What is said is kept by the election,
 * which counts it.
 * On the task's thread, in a coroutine. */
#include "poll.h"

#include "ask.h"
#include "chain_state.h"
#include "core/clock.h"
#include "election.h"
#include "errors.h"

bool poll_is_possible(struct chain *chain, enum head_tag tag) {
    if (chain->n_upstreams < 2 || atomic_load(&chain->follower.stopping)) return false;
    for (size_t i = 0; i < chain->n_upstreams; i++) {
        if (election_may_ask(chain, tag, i)) return true;
    }
    return false;
}

static void ask_everybody(struct task *task, const struct asker *asker) {
    election_begin(asker->chain, asker->tag);
    for (size_t i = 0; i < asker->chain->n_upstreams; i++) {
        if (!election_may_ask(asker->chain, asker->tag, i)) continue;
        if (ask_tag(asker, i)) task->rpc_calls++;
    }
}

/* Returns true when there is a question whose answer may bring a decision. One that is on its way already counts as one
 * without an answer: it had its time. */
static bool ask_who_could_decide(struct task *task, const struct asker *asker) {
    uint64_t number;
    bool any = false;
    for (size_t i = 0; i < asker->chain->n_upstreams; i++) {
        if (!election_has_question(asker->chain, asker->tag, i, &number)) continue;
        any = true;
        if (ask_number(asker, i, number)) {
            task->rpc_calls++;
        } else {
            election_answer(asker->chain, asker->tag, i, number, NULL, clock_now_us());
        }
    }
    return any;
}

static enum err fail(struct task *task, const struct asker *asker) {
    int retry_after_s;
    const struct rpc_policy *policy = rpc_policy(election_failure(asker->chain, asker->tag, &retry_after_s));
    enum err err = task_fail(task, policy->err, "%s", policy->detail);
    task->fault.retry_after_s = retry_after_s;
    return err;
}

static enum err wait_for_decision(struct task *task, struct asker *asker, uint64_t started_us) {
    uint64_t until_ms;
    while (!election_is_settled(asker->chain, asker->tag, started_us)) {
        if (reactor_now_ms(task->reactor) >= task->deadline_ms) {
            return task_fail(task, ERR_TIMEOUT, "the deadline passed while waiting for a node");
        }
        if (ask_is_expected(asker, &until_ms)) {
            asker_wait(asker, until_ms < task->deadline_ms ? until_ms : task->deadline_ms);
            continue;
        }
        ask_leave_out(asker);
        if (ask_who_could_decide(task, asker)) continue;
        if (election_fall_back(asker->chain, asker->tag, started_us)) return ERR_OK;
        if (!ask_is_under_way(asker)) return fail(task, asker);
        asker_wait(asker, task->deadline_ms);
    }
    return ERR_OK;
}

enum err poll_tag(struct task *task, struct chain *chain, enum head_tag tag) {
    struct asker asker;
    uint64_t started_us = clock_now_us();
    asker_enter(&asker, task, chain, tag);
    ask_everybody(task, &asker);
    enum err err = wait_for_decision(task, &asker, started_us);
    asker_leave(&asker);
    task->rpc_us += clock_now_us() - started_us;
    return err;
}
