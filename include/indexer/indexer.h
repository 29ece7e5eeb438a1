/* Fills one chain's index: takes the chain's advisory lock or waits for it, reads history with parallel workers, then
 * follows the head block by block and takes reorgs back. Made and stopped on the reactor that it runs on, which is the
 * indexer's own thread: a large reply never holds up a request. */
#ifndef DAPPD_INDEXER_INDEXER_H
#define DAPPD_INDEXER_INDEXER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/reactor.h"
#include "eth/address.h"
#include "repos/index_status.h"
#include "rpc/chain.h"

/* Which transfers of a chain are to be indexed. Which events are is said by the contracts that are registered. */
struct index_config {
    bool every;            /* every ERC-20 */
    const address *tokens; /* else these; none: nothing */
    size_t n_tokens;
    bool has_from;
    uint64_t from_block; /* where to begin; without it, where each contract was created */
};

struct indexer_options {
    struct chain *chain;
    const struct index_config *config;
    const char *database_url; /* secret; borrowed */
    uint64_t connect_timeout_ms;
    unsigned workers; /* ranges read at a time */
    size_t label;     /* of the chain in the metrics */
    bool progress;    /* a line on the terminal */
    struct index_status *status;
};

struct indexer;

/* Starts its coroutines and returns. */
struct indexer *indexer_start(struct reactor *reactor, const struct indexer_options *options);

/* It ends as soon as what it waits for can be cut short; what was not committed is read again next time. Once the
 * reactor's loop has run out, indexer_free. */
void indexer_stop(struct indexer *indexer);
void indexer_free(struct indexer *indexer);

/* For an instance that does not index: keeps the status up to date from the database, every few seconds. */
struct index_watch;
struct index_watch *index_watch_start(struct reactor *reactor, struct chain *chain, struct index_status *status);
void index_watch_stop(struct index_watch *watch);
void index_watch_free(struct index_watch *watch);

#endif
