/* Asks all nodes of a chain for a block that has a name, at once. On the task's thread, in a coroutine. */
#ifndef DAPPD_RPC_POLL_H
#define DAPPD_RPC_POLL_H

#include "core/task.h"
#include "head.h"
#include "rpc/chain.h"

/* Returns true when it is of use: there are several nodes, and some of them may be asked. */
bool poll_is_possible(struct chain *chain, enum head_tag tag);

/* Ends as soon as a majority of the nodes has decided, with what they decided in the chain's head; it waits for no node
 * that hangs while others answer. Errors: those of rpc_call when no node answers, ERR_TIMEOUT. */
enum err poll_tag(struct task *task, struct chain *chain, enum head_tag tag) MUST_CHECK;

#endif
