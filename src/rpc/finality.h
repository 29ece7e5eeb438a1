/* Keeps the chain's safe and finalized blocks known, at the pace at which they can move. On the task's thread, in a
 * coroutine. */
#ifndef DAPPD_RPC_FINALITY_H
#define DAPPD_RPC_FINALITY_H

#include "core/task.h"
#include "rpc/chain.h"

/* The follower's turn: asks for both when it is time. Not knowing is no error; the task's fault stays as it was. */
void finality_follow(struct task *task, struct chain *chain);

/* Returns true when a canonical block of this number is known to be final. Asks when nobody has for a while: not
 * knowing costs only caching, so a chain without finality is no error, and is not asked with every request. */
bool finality_covers(struct task *task, struct chain *chain, uint64_t number);

#endif
