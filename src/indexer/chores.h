/* What is done for the tokens of the index now and then, between blocks. A plain value of the indexer; its coroutine.
 */
#ifndef DAPPD_INDEXER_CHORES_H
#define DAPPD_INDEXER_CHORES_H

#include <stdint.h>

#include "core/err.h"

struct indexer;

/* When each is due, on the reactor's clock. */
struct chores {
    uint64_t describe_ms;
    uint64_t check_ms;
};

/* Does what is due. In: indexer, with a tip. */
enum err chores_step(struct indexer *indexer) MUST_CHECK;

#endif
