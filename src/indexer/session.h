/* The session that writes, and the chain's lock that comes with it. The indexer's coroutine. */
#ifndef DAPPD_INDEXER_SESSION_H
#define DAPPD_INDEXER_SESSION_H

#include "core/err.h"

struct indexer;

/* Connects and waits until this instance is the one that indexes the chain. ERR_OK: it is, or it is to end. */
enum err session_begin(struct indexer *indexer) MUST_CHECK;

/* Gives session and lock back. Nothing when there is none. */
void session_end(struct indexer *indexer);

/* From another coroutine: ends what it waits for. */
void session_cut_short(struct indexer *indexer);

#endif
