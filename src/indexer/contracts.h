/* Which contracts' events are wanted, as the database has them, and where each begins. Looked at every second by a
 * coroutine of its own: what nodes take to tell where a contract began never holds up new blocks. Owned by the indexer;
 * its thread. */
#ifndef DAPPD_INDEXER_CONTRACTS_H
#define DAPPD_INDEXER_CONTRACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "eth/address.h"
#include "indexer/job.h"
#include "trouble.h"

struct indexer;

struct wanted_contract {
    address contract;
    int64_t version;     /* contract_abi_version */
    bool has_from_block; /* it is registered to begin */
    uint64_t from_block; /* here */
    bool has_start;      /* false: nobody could tell yet */
    uint64_t start;
};

struct contracts {
    struct indexer *indexer;
    struct job job;
    struct trouble trouble;
    struct wanted_contract *wanted; /* by address */
    size_t n;
    bool known;      /* somebody has looked since this instance indexes */
    bool changed;    /* and has seen something else than what was applied last */
    unsigned tenure; /* counts the times that this instance began to index: what was read before is of no use */
};

/* Starts the coroutine. */
void contracts_start(struct contracts *contracts, struct indexer *indexer);
void contracts_free(struct contracts *contracts);

/* This instance has just begun to index: all is to be looked at anew. */
void contracts_reset(struct contracts *contracts);

/* Adds streams for the contracts that are new and retires those that nobody wants any more. Nothing while there is
 * nothing new. The indexer's coroutine. */
enum err contracts_apply(struct indexer *indexer) MUST_CHECK;

const struct wanted_contract *contracts_find(const struct contracts *contracts, const address *contract);

#endif
