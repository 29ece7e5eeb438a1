/* What a chain's nodes tell of fees at one block. On the task's thread, in a coroutine. */
#ifndef DAPPD_RPC_FEES_H
#define DAPPD_RPC_FEES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/task.h"
#include "eth/block.h"
#include "eth/u256.h"
#include "rpc/chain.h"

enum {
    FEE_HISTORY_BLOCKS = 20,
    FEE_PERCENTILES = 3,   /* of what is paid in a block: the 10th, the 50th and the 90th */
    FEE_ALL_USED = 1000000 /* all the gas of a block, in millionths */
};

/* Of one block's header. Amounts of this file are wei for each unit of gas, and fit 128 bits. */
struct fee_header {
    uint64_t gas_used;
    uint64_t gas_limit; /* at least 2 */
    bool has_base_fee;  /* EIP-1559 */
    u256 base_fee;
    bool has_blobs; /* EIP-4844 */
};

/* Of several blocks, the oldest first. */
struct fee_history {
    size_t n;                                          /* 0: no node tells */
    u256 base_fees[FEE_HISTORY_BLOCKS + 1];            /* the last one is of the block that is to come */
    uint32_t used[FEE_HISTORY_BLOCKS];                 /* gas, in millionths of the block's */
    bool has_rewards;                                  /* false: what follows is not told */
    u256 rewards[FEE_HISTORY_BLOCKS][FEE_PERCENTILES]; /* priority fees, or gas prices without a base fee; zeros of a
                                                          block without transactions */
};

struct fee_facts {
    hash32 block;
    struct fee_header head;
    bool has_parent; /* false: it is the first block, or the nodes do not have it */
    struct fee_header parent;
    struct fee_history history; /* up to this block */
    enum {
        FEE_NO_SUGGESTION, /* the history tells more */
        FEE_SUGGESTED_TIP, /* by eth_maxPriorityFeePerGas */
        FEE_SUGGESTED_PRICE
    } suggested;
    u256 suggestion;
    bool has_blob_base_fee;
    u256 blob_base_fee; /* of the block that is to come */
};

/* Asked once for each block: whoever wants it meanwhile waits for the same answers, and they are kept until another
 * block is asked for. ERR_BLOCK_NOT_FOUND when the nodes do not know the block; those of rpc_call. Sources:
 * eth_feeHistory, eth_maxPriorityFeePerGas and eth_gasPrice where that says nothing, eth_blobBaseFee. */
enum err fees_read(struct task *task, struct chain *chain, struct fee_facts *out,
                   const struct block_ref *block) MUST_CHECK;

#endif
