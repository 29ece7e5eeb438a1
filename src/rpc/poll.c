/* A head that moves with the majority, however slow or dishonest the rest is. What is said is kept by the election,
 * which counts it.
 * On the task's thread, in a coroutine. */
#include "poll.h"

#include "ask.h"
#include "chain_state.h"
#include "core/clock.h"
#include "election.h"

enum { ROUNDS = 3 };

static bool is_possible(struct chain *chain, enum head_tag tag) {
    if (chain->n_upstreams < 2 || chain_id(chain) == 0 || atomic_load(&chain->follower.stopping)) return false;
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

static void wait_until(struct task *task, struct asker *asker, uint64_t until_ms) {
    asker_wait(asker, until_ms < task->deadline_ms ? until_ms : task->deadline_ms);
}

/* Returns true when the answers to what was asked since started_us have brought a decision, false when there are none
 * to expect before until_ms. */
static bool decide(struct task *task, struct asker *asker, uint64_t started_us, uint64_t until_ms) {
    uint64_t expected_ms;
    while (!election_is_settled(asker->chain, asker->tag, started_us)) {
        uint64_t now_ms = reactor_now_ms(task->reactor);
        if (now_ms >= task->deadline_ms) return false;
        if (ask_is_expected(asker, &expected_ms)) {
            wait_until(task, asker, expected_ms);
            continue;
        }
        ask_leave_out(asker);
        if (ask_who_could_decide(task, asker)) continue;
        if (election_fall_back(asker->chain, asker->tag, started_us)) return true;
        if (now_ms >= until_ms || !ask_is_under_way(asker)) return false;
        wait_until(task, asker, until_ms);
    }
    return true;
}

bool poll_tag(struct task *task, struct chain *chain, enum head_tag tag) {
    struct asker asker;
    uint64_t started_us = clock_now_us();
    bool decided = false, hanging = is_possible(chain, tag);
    if (!hanging) return false;
    asker_enter(&asker, task, chain, tag);
    for (unsigned round = 0; round < ROUNDS && hanging && !decided; round++) {
        ask_everybody(task, &asker); /* again when all hang: that may be their connections only */
        decided = decide(task, &asker, started_us, reactor_now_ms(task->reactor) + ASK_PATIENCE_MS);
        hanging = ask_is_under_way(&asker) && reactor_now_ms(task->reactor) < task->deadline_ms;
    }
    asker_leave(&asker);
    task->rpc_us += clock_now_us() - started_us;
    return decided;
}
