/* Which logs the live streams want. The indexer's coroutine. */
#ifndef DAPPD_INDEXER_LIVE_H
#define DAPPD_INDEXER_LIVE_H

#include <stdbool.h>

#include "core/err.h"
#include "repos/index_writer.h"
#include "rpc/logs.h"

struct indexer;

bool live_any(const struct indexer *indexer);
bool live_any_of(const struct indexer *indexer, enum stream_kind kind);

/* Of the streams of this kind. Out: filter, with its tokens in the task's arena; of transfers every contract where they
 * are too many for one question. */
enum err live_filter(struct indexer *indexer, enum stream_kind kind, struct logs_filter *filter) MUST_CHECK;

/* Drops the logs of all others, of which there are some after a question about every contract. */
void live_keep(const struct indexer *indexer, struct logs *logs);

#endif
