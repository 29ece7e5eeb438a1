/* Asks all nodes of a chain for a block that has a name, at once. On the task's thread, in a coroutine. */
#ifndef DAPPD_RPC_POLL_H
#define DAPPD_RPC_POLL_H

#include "core/task.h"
#include "head.h"
#include "rpc/chain.h"

/* Returns true as soon as a majority of the nodes has decided, with what they decided in the chain's head; it waits for
 * no node that hangs while others answer. Returns false when there is but one node, or when none of them answers within
 * the deadline or a few seconds: then the pool may know better. */
bool poll_tag(struct task *task, struct chain *chain, enum head_tag tag);

#endif
