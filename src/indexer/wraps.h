/* Which contracts wrap the native coin, so that their Deposits and Withdrawals move balances. Owned by the indexer; its
 * coroutine. */
#ifndef DAPPD_INDEXER_WRAPS_H
#define DAPPD_INDEXER_WRAPS_H

#include <stddef.h>

#include "core/err.h"
#include "eth/address.h"
#include "rows.h"

struct indexer;

/* What was decided of a contract. */
struct wrap_verdict {
    address contract;
    bool wraps;
};

struct wraps {
    struct wrap_verdict *verdicts; /* by address */
    size_t n;
    size_t cap;
    address failing;   /* the contract that could not be judged last, */
    unsigned failures; /* so many times in a row */
};

void wraps_free(struct wraps *wraps);

/* Leaves in the rows only Deposits and Withdrawals that move balances. A contract that is met for the first time is
 * judged, and the verdict is written down before anything of it is. */
enum err wraps_sift(struct indexer *indexer, struct rows *rows) MUST_CHECK;

#endif
