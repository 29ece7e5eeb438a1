/* Reads of state as JSON-RPC calls of their own. On the task's thread, in a coroutine. */
#ifndef DAPPD_RPC_PLAIN_H
#define DAPPD_RPC_PLAIN_H

#include "rpc/state.h"

/* What a read came to, without any bytes. In: detail, static or in the reader's arena; NULL: it did not fit there. */
void read_settle(struct state_read *read, enum rpc_outcome outcome, enum err err, const char *detail);

/* The same, as the call that was to bring the read says it. Out: detail and revert data are borrowed from the call. */
void read_settle_like(struct state_read *read, const struct rpc_call *call);

/* Asks for the reads in as few JSON-RPC batches as the nodes take. What they came to lives in the task's arena. In:
 * heavy, they have failed among others. */
void plain_read_many(struct task *task, struct chain *chain, const struct block_ref *block, struct state_read **reads,
                     size_t n, bool heavy);

#endif
