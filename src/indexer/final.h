/* Up to where the chain is final, for the index: that is read by ranges, and never taken back. The indexer's
 * coroutine. */
#ifndef DAPPD_INDEXER_FINAL_H
#define DAPPD_INDEXER_FINAL_H

#include <stdint.h>

#include "core/err.h"

struct chain;
struct indexer;

/* Of what is known now; 0 while too few nodes have told anything. Where the chain says nothing of finality: a block
 * that lies deep enough below the head. */
uint64_t final_of_chain(struct chain *chain, uint64_t head_number);
uint64_t final_number(const struct indexer *indexer, uint64_t head_number);

/* Asks the nodes. Out: the last block that a backfill may read, never above the tip. */
enum err final_find(struct indexer *indexer, uint64_t *number) MUST_CHECK;

#endif
