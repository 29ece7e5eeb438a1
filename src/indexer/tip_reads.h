/* Reads of state at the index's tip, for work that must not keep new blocks waiting. On the indexer's coroutine. */
#ifndef DAPPD_INDEXER_TIP_READS_H
#define DAPPD_INDEXER_TIP_READS_H

#include "rpc/state.h"

/* As state_read_many, but the tip is what the database has of it: it is looked up first, and where it is not canonical
 * any more every read fails with ERR_BLOCK_NOT_FOUND. What has not come within a few seconds has failed; the task's own
 * deadline is left for what has to be written afterwards. */
void tip_read_many(struct task *task, struct chain *chain, const struct block_ref *tip, struct state_read *reads,
                   size_t n);

/* True when the contract itself answered, be it by a revert: a node's failure says nothing about a token. */
bool tip_read_is_answer(const struct state_read *read);

#endif
