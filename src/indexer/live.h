/* Which logs the live streams want. The indexer's coroutine. */
#ifndef DAPPD_INDEXER_LIVE_H
#define DAPPD_INDEXER_LIVE_H

#include <stdbool.h>

#include "group.h"
#include "rpc/logs.h"

struct indexer;

bool live_any(const struct indexer *indexer);

/* Out: filter, with tokens as its storage; every contract where they are too many for one question. */
void live_filter(const struct indexer *indexer, struct logs_filter *filter, address tokens[GROUP_MAX]);

/* Drops the logs of all others: after a question about every contract. */
void live_keep(const struct indexer *indexer, struct logs *logs);

#endif
