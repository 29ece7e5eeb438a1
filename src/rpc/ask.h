/* Questions to single nodes, each on a coroutine of its own, so that nobody has to wait for the slowest one: whoever
 * started it may leave, the answer is counted in the election when it comes. On the thread of the reactor that asks;
 * the list of all is behind the election's mutex. */
#ifndef DAPPD_RPC_ASK_H
#define DAPPD_RPC_ASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/task.h"
#include "head.h"
#include "rpc/chain.h"

/* Whoever waits for answers to such questions on its reactor. Lives on the waiting coroutine's stack. */
struct poll {
    struct chain *chain;
    enum head_tag tag;
    struct waiter waiter;
    struct poll *next;
};

void poll_enter(struct poll *poll, struct task *task, struct chain *chain, enum head_tag tag);
void poll_leave(struct poll *poll);

/* Suspends until an answer or a failure comes in, or until the deadline. */
void poll_wait(struct poll *poll, uint64_t deadline_ms);

/* Ask an upstream for its block of the poll's name; for its block of a number. The same question that is still under
 * way on this reactor is not asked twice: returns false then. */
bool ask_tag(const struct poll *poll, size_t upstream);
bool ask_number(const struct poll *poll, size_t upstream, uint64_t number);

/* Those that the poll waits for have been under way for less than patience_ms. Returns true when there is one. Out:
 * until_ms, when the first one's time is over. */
bool ask_is_expected(const struct poll *poll, uint64_t patience_ms, uint64_t *until_ms);

/* Has the election go on without those that the poll no longer waits for. */
void ask_leave_out(const struct poll *poll, uint64_t patience_ms);

/* Returns true when any question of the poll's kind is under way on its reactor. */
bool ask_is_under_way(const struct poll *poll);

/* Any thread: ends all that is under way for a chain. */
void ask_stop(struct chain *chain);

#endif
