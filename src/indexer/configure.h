/* What is configured to be indexed, set against what the database has. The indexer's coroutine. */
#ifndef DAPPD_INDEXER_CONFIGURE_H
#define DAPPD_INDEXER_CONFIGURE_H

#include "core/err.h"

struct indexer;

/* Adds streams for what is new and retires those that nobody wants any more. */
enum err configure_streams(struct indexer *indexer) MUST_CHECK;

#endif
