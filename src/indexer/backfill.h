/* History of the streams that are furthest behind: read by parallel workers, written in order. Owned by the indexer;
 * its coroutine, except what the workers do. */
#ifndef DAPPD_INDEXER_BACKFILL_H
#define DAPPD_INDEXER_BACKFILL_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"

struct backfill;
struct group;
struct indexer;

struct backfill *backfill_new(struct indexer *indexer);
void backfill_free(struct backfill *backfill);

/* Writes what has been read of the group's next blocks, waiting for it at most until then. The first call for a group
 * starts its workers. */
enum err backfill_step(struct backfill *backfill, const struct group *group, uint64_t until_ms) MUST_CHECK;

/* Ends the workers; what they have read and is not written is given up. Nothing when there are none. */
void backfill_stop(struct backfill *backfill);

/* True while workers read: until then the group given to backfill_step stays the same. */
bool backfill_is_busy(const struct backfill *backfill);

/* The indexer is stopping: cuts short what the workers wait for. */
void backfill_cut_short(struct backfill *backfill);

#endif
