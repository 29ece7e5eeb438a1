/* Behind the head by more than blocks one after the other would make good in time, as after a long time off. The
 * indexer's coroutine. */
#ifndef DAPPD_INDEXER_CATCH_UP_H
#define DAPPD_INDEXER_CATCH_UP_H

#include <stdbool.h>

#include "core/err.h"
#include "eth/block.h"

struct indexer;

/* True when there are live streams, and so many final blocks behind the tip that they are worth reading by ranges. */
bool catch_up_is_far(const struct indexer *indexer, const struct block_ref *head);

/* Takes the next range of final blocks, in one commit. In: first, the block behind the tip, whose parent is the tip.
 * Out: moved, whether there is more to do at once. */
enum err catch_up_step(struct indexer *indexer, const struct block_ref *first, const struct block_ref *head,
                       bool *moved) MUST_CHECK;

#endif
