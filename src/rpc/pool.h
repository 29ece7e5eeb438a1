/* Which node to ask, and whether to ask again. On the task's thread, in a coroutine. */
#ifndef DAPPD_RPC_POOL_H
#define DAPPD_RPC_POOL_H

#include <stddef.h>

#include "rpc/rpc.h"
#include "upstream.h"

/* Sends calls together until no try can better any of their outcomes. Calls that a node took for too many at once move
 * to the front of calls; returns how many they are: the caller sends them in shorter batches. */
size_t pool_send(struct task *task, struct chain *chain, struct rpc_call **calls, size_t n);

struct pool_group;

/* Sends calls together, each time to one node, until one has answered all of them. What they come to they come to
 * together: their outcome is returned, and err, detail and retry_after_s are set as those of a single call. */
enum rpc_outcome pool_send_group(struct task *task, struct chain *chain, struct rpc_call **calls, size_t n,
                                 const struct pool_group *group);

/* One call to this node alone, once: no other one is tried, and its health is counted as ever. Returns the call's
 * outcome. */
enum rpc_outcome pool_ask(struct task *task, struct chain *chain, struct upstream *upstream, struct rpc_call *call,
                          enum upstream_question question);

/* The most calls to send together now. */
size_t pool_batch_cap(const struct chain *chain);

#endif
