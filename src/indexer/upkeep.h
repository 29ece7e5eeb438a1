/* What is done for live tokens beside their transfers: they are described, and their balances held against balanceOf.
 * The indexer's coroutine. */
#ifndef DAPPD_INDEXER_UPKEEP_H
#define DAPPD_INDEXER_UPKEEP_H

#include <stdint.h>

#include "core/err.h"

struct indexer;

/* When each is due, on the reactor's clock. */
struct upkeep {
    uint64_t describe_ms;
    uint64_t check_ms;
};

/* A little of what is due, if anything is. With a tip. */
enum err upkeep_step(struct indexer *indexer) MUST_CHECK;

#endif
