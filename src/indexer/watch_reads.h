/* What watched calls answer in new blocks, read before these are written: in every block, or in those with an event of
 * the contract. Owned by the indexer; its coroutine.
 *
 * Nothing of it holds new blocks up for long. What a node does not answer is tried again with its block, a few times;
 * then the block is left out of the call's history, and the call is read by itself, less and less often, until it
 * answers again. */
#ifndef DAPPD_INDEXER_WATCH_READS_H
#define DAPPD_INDEXER_WATCH_READS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "repos/index_writer.h"
#include "repos/watch_repo.h"
#include "rpc/logs.h"

struct indexer;
struct watched_call;

struct watch_reads {
    struct arena *arena; /* of the calls */
    struct watched_call *calls;
    size_t n;
    size_t n_everywhere; /* that are read in every block */
    char print[WATCH_PRINT_BYTES];
    uint64_t look_ms;      /* when the table is to be looked at again, on the reactor's clock */
    struct arena *scratch; /* of reads under way */
    struct arena *kept;    /* of states */
    struct index_state *states;
    size_t n_states;
    hash32 tried; /* the first block of the last step that failed, */
    unsigned tries;
    uint64_t missed; /* of the step */
    bool skipping;   /* blocks have been passed over, and that was told */
};

void watch_reads_free(struct watch_reads *reads);

/* Everything is to be looked at anew. */
void watch_reads_reset(struct watch_reads *reads);

/* Learns what is to be watched, if it was not looked at within the last second. */
enum err watch_reads_refresh(struct indexer *indexer) MUST_CHECK;

/* How many blocks may be read at a time. */
size_t watch_reads_max_blocks(const struct watch_reads *reads, size_t n);

/* Reads all that is due at these blocks, whose events the indexer's rows have. Out: reads->states, until the next time.
 * ERR_BLOCK_NOT_FOUND when one of them is no longer canonical; what a node said when it is worth another try. */
enum err watch_reads_take(struct indexer *indexer, const struct header *headers, size_t n) MUST_CHECK;

/* What was read has been written. */
void watch_reads_written(struct indexer *indexer);

/* Blocks are passed over: there are too many of them. */
void watch_reads_skip(struct indexer *indexer, uint64_t blocks);

#endif
