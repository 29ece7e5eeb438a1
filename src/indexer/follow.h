/* New blocks at the head, one after the other. The indexer's coroutine. */
#ifndef DAPPD_INDEXER_FOLLOW_H
#define DAPPD_INDEXER_FOLLOW_H

#include <stdbool.h>

#include "rpc/logs.h"

struct indexer;
struct rows;

/* Takes the next blocks up to the agreed head, or takes back what a reorg has replaced. Out: moved, whether it did
 * either. */
enum err follow_step(struct indexer *indexer, bool *moved) MUST_CHECK;

/* Appends the logs of these blocks, each asked for by its hash; the task's arena. In: only_live, those of others than
 * the live streams are left out. ERR_BLOCK_NOT_FOUND when one of the blocks is no longer canonical. */
enum err follow_read_blocks(struct indexer *indexer, struct rows *rows, const struct header *headers, size_t n,
                            const struct logs_filter *filter, bool only_live) MUST_CHECK;

/* n headers from number first on, each of which follows from the one before. ERR_UPSTREAM_ERROR when they do not. */
enum err follow_read_headers(struct indexer *indexer, struct header *headers, uint64_t first, size_t n) MUST_CHECK;

#endif
