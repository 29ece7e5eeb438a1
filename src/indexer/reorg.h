/* Taking back what the chain has replaced. The indexer's coroutine. */
#ifndef DAPPD_INDEXER_REORG_H
#define DAPPD_INDEXER_REORG_H

#include <stdbool.h>

#include "core/err.h"
#include "eth/block.h"

struct indexer;

/* The chain that ends in this head does not hold the tip, or so it seems: goes down along it to where it meets the
 * index and takes back what is above; halts when that is below the finalized block. Out: moved, true when there was
 * something to take back. */
enum err reorg_take_back(struct indexer *indexer, const struct block_ref *head, bool *moved) MUST_CHECK;

/* True in *same when the nodes still have the block that the index knows as final, or it knows none.
 * ERR_BLOCK_NOT_FOUND when the nodes have not come so far. */
enum err reorg_check_history(struct indexer *indexer, bool *same) MUST_CHECK;

/* Why it halts when they do not. */
enum err reorg_halt_history(struct indexer *indexer) MUST_CHECK;

#endif
