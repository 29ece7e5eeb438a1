/* Calls as they would be: with a sender and a value, with other balances, codes and storage than the chain has, and
 * with what they cost and log. Each is a call of its own at the nodes. From a coroutine. Source: execution-apis,
 * eth_call and eth_simulateV1. */
#ifndef DAPPD_RPC_SIMULATE_H
#define DAPPD_RPC_SIMULATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/task.h"
#include "eth/account_override.h"
#include "eth/block.h"
#include "eth/event_log.h"
#include "eth/u256.h"
#include "rpc/chain.h"
#include "rpc/rpc.h"

/* In; all of it is borrowed until the call returns. */
struct simulation {
    address to;
    const uint8_t *data;
    size_t data_len;
    bool has_from; /* false: the zero address */
    address from;
    u256 value;   /* wei */
    uint64_t gas; /* 0: what a node gives */
    const struct account_override *overrides;
    size_t n_overrides;
};

/* Out; memory is the task's arena. */
struct simulated {
    enum rpc_outcome outcome; /* RPC_OK, RPC_REVERTED, or RPC_OUT_OF_GAS of the gas that it was given */
    const uint8_t *bytes;     /* what it returned or, NULL where it did not say, reverted with */
    size_t len;
    bool traced;            /* by eth_simulateV1: the rest is known */
    uint64_t gas_used;      /* with the transaction's own */
    struct event_log *logs; /* without places: address, topics and data */
    size_t n_logs;
};

/* By eth_call, at the block. Errors: the call came to no end that is its own; the task's fault says why. */
enum err simulate_call(struct task *task, struct chain *chain, const struct block_ref *block, struct simulated *out,
                       const struct simulation *what) MUST_CHECK;

/* By eth_simulateV1 on top of the block where a node offers that, else as above. That none does is remembered for a
 * while. */
enum err simulate_run(struct task *task, struct chain *chain, const struct block_ref *block, struct simulated *out,
                      const struct simulation *what) MUST_CHECK;

#endif
