/* Makes sure that a node serves the chain it is configured for. On the task's thread, in a coroutine. */
#ifndef DAPPD_RPC_VERIFY_H
#define DAPPD_RPC_VERIFY_H

#include "rpc/rpc.h"
#include "upstream.h"

/* Returns RPC_OK at once for a node that was verified before; else asks it for its chain id, once for all coroutines of
 * the reactor that need it. Another chain's node is RPC_NONSENSE. */
enum rpc_outcome verify_upstream(struct task *task, struct chain *chain, struct upstream *upstream);

/* The same for a node whose last proof was asked for before since_ms: it is asked again. A connection that is made anew
 * may end at another node, when the first one was replaced while nobody looked, which takes a local node less than a
 * second. Many connections made at once, as at the start, share the question. In: since_ms, the clock of
 * upstream_now_ms. */
enum rpc_outcome verify_upstream_since(struct task *task, struct chain *chain, struct upstream *upstream,
                                       uint64_t since_ms);

#endif
