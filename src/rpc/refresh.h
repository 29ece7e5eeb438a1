/* Asks for the blocks that have a name and keeps them in the chain's head. On the task's thread, in a coroutine. */
#ifndef DAPPD_RPC_REFRESH_H
#define DAPPD_RPC_REFRESH_H

#include "core/task.h"
#include "head.h"
#include "rpc/chain.h"

/* Asks the nodes, once for all coroutines of the reactor that want the same. A failure leaves what was known before in
 * place but is an error: nobody is served a guess. Errors: those of rpc_call, with the task's fault set. */
enum err refresh_tag(struct task *task, struct chain *chain, struct block_ref *out, enum head_tag tag) MUST_CHECK;

#endif
