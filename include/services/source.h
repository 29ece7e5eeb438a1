/* Where live answers come from: a chain's nodes, with what was read before. Plain value, borrowed; one request. */
#ifndef DAPPD_SERVICES_SOURCE_H
#define DAPPD_SERVICES_SOURCE_H

#include "core/cache.h"
#include "rpc/chain.h"

struct source {
    struct chain *chain;
    struct cache *cache;
};

#endif
