/* Streams whose history has been read join those that follow the head. The indexer's coroutine. */
#ifndef DAPPD_INDEXER_JOIN_H
#define DAPPD_INDEXER_JOIN_H

#include <stdbool.h>

#include "core/err.h"

struct group;
struct indexer;

/* True when what is left up to the target is so little that it is read block by block. */
bool join_is_near(const struct indexer *indexer, const struct group *group);

/* One step on the way: an index is built, or the group goes live. */
enum err join_step(struct indexer *indexer, const struct group *group) MUST_CHECK;

#endif
