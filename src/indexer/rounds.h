/* The work of an instance that indexes. The indexer's coroutine. */
#ifndef DAPPD_INDEXER_ROUNDS_H
#define DAPPD_INDEXER_ROUNDS_H

struct indexer;

/* Loads, then follows and reads history in turns, until the session is lost or the indexer is to end. */
void rounds_run(struct indexer *indexer);

#endif
