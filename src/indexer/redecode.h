/* Events that were read by an ABI which has changed since are read anew, a piece at a time. The indexer's coroutine. */
#ifndef DAPPD_INDEXER_REDECODE_H
#define DAPPD_INDEXER_REDECODE_H

#include <stdbool.h>

#include "core/err.h"
#include "repos/index_writer.h"

struct indexer;

/* Where it is. */
struct redecode {
    bool under_way;
    address contract;
    int64_t version;
    bool begun; /* there has been a piece */
    struct index_place at;
};

/* Reads the next piece, if there is any. Out: more, whether it is worth going on at once. */
enum err redecode_step(struct indexer *indexer, bool *more) MUST_CHECK;

#endif
