/* What transactions cost on a chain now, and what their next nonce is. Runs on the task's coroutine. */
#ifndef DAPPD_SERVICES_FEE_SERVICE_H
#define DAPPD_SERVICES_FEE_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/task.h"
#include "eth/abi_type.h"
#include "eth/address.h"
#include "eth/block.h"
#include "eth/u256.h"
#include "services/abi_store.h"
#include "services/source.h"

enum fee_speed { FEE_SLOW, FEE_STANDARD, FEE_FAST, FEE_SPEED_COUNT };

/* Wei for each unit of gas. */
struct fee {
    u256 max_fee; /* what to sign: twice the next base fee, which leaves room for it to rise, and the priority fee */
    u256 priority_fee; /* 0 where the chain has no EIP-1559 fees: then max_fee is the gas price */
};

struct fees {
    struct block_ref block;    /* the newest one that this was reckoned from */
    bool has_base_fee;         /* EIP-1559 */
    u256 base_fee;             /* of that block */
    u256 next_base_fee;        /* of the block behind it: certain where the chain keeps to EIP-1559 */
    u256 forecast_low;         /* of the fifth block after that, if all are as full as the latest were at least */
    u256 forecast_high;        /* and at most; where the chain has a rule of its own, what it ranged in lately */
    bool has_blob_base_fee;    /* EIP-4844 */
    u256 blob_base_fee;        /* wei for each unit of blob gas, of the next block */
    uint32_t gas_used_percent; /* of the blocks it was reckoned from, on average */
    struct fee speeds[FEE_SPEED_COUNT];
};

/* What a tenth, a half and nine tenths of the transactions of the latest blocks paid, and what that block's base fee
 * leads to. Nodes are asked once for each block. */
enum err fee_service_get(struct task *task, const struct source *source, struct fees *out) MUST_CHECK;

struct nonces {
    struct block_ref block;
    uint64_t latest;  /* how many are in blocks up to it: the lowest nonce that can still be used */
    uint64_t pending; /* behind what one node's pool holds as well; never below latest */
};

enum err fee_service_nonces(struct task *task, const struct source *source, struct nonces *out,
                            const address *account) MUST_CHECK;

/* A transaction that is not signed yet. */
struct draft {
    bool has_from;
    address from;
    bool has_to; /* false: it creates a contract */
    address to;
    const uint8_t *data; /* borrowed */
    size_t data_len;
    u256 value; /* wei */
};

struct estimate {
    struct block_ref block;
    uint64_t gas;       /* as nodes estimate it */
    uint64_t gas_limit; /* what to sign: with some room, since the state moves on */
};

/* In: abi, whose errors tell why it would fail; NULL: what abis, unless NULL too, has of the recipient.
 * ERR_EXECUTION_REVERTED when it would fail, with the fault's revert unless it is for want of gas;
 * ERR_INSUFFICIENT_FUNDS when the sender cannot pay the value. */
enum err fee_service_estimate(struct task *task, struct abi_store *abis, const struct source *source,
                              struct estimate *out, const struct abi *abi, const struct draft *draft) MUST_CHECK;

#endif
