/* Where answers come from: a chain's nodes, with what was read before, and its index. Plain value, borrowed; one
 * request. */
#ifndef DAPPD_SERVICES_SOURCE_H
#define DAPPD_SERVICES_SOURCE_H

#include "core/cache.h"
#include "repos/index_status.h"
#include "rpc/chain.h"

struct source {
    struct chain *chain;
    struct cache *cache;
    struct index_status *index; /* how the chain's index is; NULL without a database */
};

#endif
