/* Where the index and the chain part, told from blocks alone: whether a head says that the chain has moved on, has not
 * come so far at this node, or has been rewritten. Pure, any thread. */
#ifndef DAPPD_INDEXER_FORK_H
#define DAPPD_INDEXER_FORK_H

#include <stdbool.h>
#include <stdint.h>

#include "eth/block.h"

enum head_view {
    HEAD_IS_TIP,
    HEAD_IS_AHEAD,   /* there is more to read */
    HEAD_IS_BEHIND,  /* the node has not come so far: no reorg */
    HEAD_IS_REPLACED /* the chain has another block where the index has its own */
};

/* In: ours, the block that the index has at the head's number, NULL: it keeps none; used when the head is not above the
 * tip. */
enum head_view fork_view(const struct block_ref *tip, const struct block_ref *head, const struct block_ref *ours);

enum fork_step {
    FORK_FOUND,   /* the block is in the index: what is above it is to be taken back */
    FORK_DEEPER,  /* look at its parent */
    FORK_TOO_DEEP /* everything that may be taken back has been replaced */
};

/* The chain's block of some number, compared with what the index has there (NULL: it keeps none). In: finalized_number,
 * below which nothing is taken back. */
enum fork_step fork_step(const struct block_ref *theirs, const struct block_ref *ours, uint64_t finalized_number);

#endif
