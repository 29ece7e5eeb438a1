/* Inside of struct chain, for the files of this folder: what changes is atomic, or locks by itself. Any thread. */
#ifndef DAPPD_RPC_CHAIN_STATE_H
#define DAPPD_RPC_CHAIN_STATE_H

#include <stdatomic.h>

#include "fee_board.h"
#include "follow.h"
#include "head.h"
#include "method.h"
#include "rpc/chain.h"
#include "upstream.h"

struct chain {
    char *name;
    char *native_symbol;
    unsigned native_decimals;
    _Atomic uint64_t id; /* 0: not known yet */
    struct rpc_limits limits;
    struct cache *cache;
    size_t label;               /* in the metrics */
    struct upstream *upstreams; /* in order of priority */
    size_t n_upstreams;
    atomic_size_t preferred;     /* index of the upstream that reads stay with while it is well */
    atomic_int hedge_twentieths; /* of second attempts, saved up */
    struct head *head;
    struct election *election;
    _Atomic uint64_t finality_asked_us; /* when safe and finalized were last asked for on the side */
    struct follower follower;
    struct batching batching;
    struct fee_board fees;
    _Atomic uint64_t no_simulation_until_ms; /* by upstream_now_ms: till then nodes count as without eth_simulateV1 */
};

#endif
