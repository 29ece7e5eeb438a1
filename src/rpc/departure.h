/* Sends a batch of reads the way that the chain's nodes are best asked. On the task's thread, in a coroutine. */
#ifndef DAPPD_RPC_DEPARTURE_H
#define DAPPD_RPC_DEPARTURE_H

#include "rpc/state.h"

/* A read has come to an end. What it points to is gone once this returns. */
typedef void (*departure_done)(struct state_read *read);

/* Calls done for each read as soon as it is known what it came to: one that fails keeps no other waiting. In: n, 1 to
 * MULTICALL_MAX_ITEMS; reads, put in another order. */
void departure_send(struct task *task, struct chain *chain, const struct block_ref *block, struct state_read **reads,
                    size_t n, departure_done done);

#endif
