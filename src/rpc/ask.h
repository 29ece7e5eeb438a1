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

/* A node that takes longer to name a block is gone on without. */
enum { ASK_PATIENCE_MS = 1000 };

/* Who asks for the block of a name and waits for answers. Lives on its coroutine's stack. */
struct asker {
    struct chain *chain;
    enum head_tag tag;
    struct reactor *reactor;
    struct waiter waiter;
    struct asker *next;
};

void asker_enter(struct asker *asker, struct task *task, struct chain *chain, enum head_tag tag);
void asker_leave(struct asker *asker);

/* Suspends until an answer or a failure comes in, or until the deadline. */
void asker_wait(struct asker *asker, uint64_t deadline_ms);

/* Ask an upstream for its block of the asker's tag; for its block of a number. The same question that is still under
 * way on this reactor is not asked twice: returns false then. */
bool ask_tag(const struct asker *asker, size_t upstream);
bool ask_number(const struct asker *asker, size_t upstream, uint64_t number);

/* Returns true when a question is under way whose answer is worth waiting for: not of a node that is absent, and in
 * its time. Out: until_ms, when the first one's time is over. */
bool ask_is_expected(const struct asker *asker, uint64_t *until_ms);

/* Has the election go on without those whose time is over. */
void ask_leave_out(const struct asker *asker);

/* Returns true when any question for the asker's tag is under way on its reactor. */
bool ask_is_under_way(const struct asker *asker);

/* Any thread: ends all that is under way for a chain. */
void ask_stop(struct chain *chain);

#endif
