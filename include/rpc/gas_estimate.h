/* How much gas a transaction takes that is not signed yet. On the task's thread, in a coroutine. */
#ifndef DAPPD_RPC_GAS_ESTIMATE_H
#define DAPPD_RPC_GAS_ESTIMATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/task.h"
#include "eth/address.h"
#include "eth/block.h"
#include "eth/u256.h"
#include "rpc/chain.h"

struct gas_estimate {
    /* in */
    bool has_from; /* false: the zero address */
    address from;
    bool has_to; /* false: it creates a contract */
    address to;
    const uint8_t *data; /* borrowed */
    size_t data_len;
    u256 value; /* wei */
    /* out */
    uint64_t gas;
    bool reverted;              /* it would fail, whatever gas it has */
    const uint8_t *revert_data; /* task's arena; NULL: none */
    size_t revert_len;
};

/* With the state behind this block; with that behind the newest one at nodes that take no block. Errors:
 * ERR_EXECUTION_REVERTED when it would fail, or takes more gas than the nodes try; ERR_INSUFFICIENT_FUNDS when a node
 * says that the sender cannot pay the value; those of rpc_call. Source: eth_estimateGas. */
enum err gas_estimate_read(struct task *task, struct chain *chain, struct gas_estimate *estimate,
                           const struct block_ref *block) MUST_CHECK;

#endif
