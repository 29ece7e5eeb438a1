/* A transaction that has failed, called once more to learn why. On the task's thread, in a coroutine. */
#ifndef DAPPD_RPC_TX_REPLAY_H
#define DAPPD_RPC_TX_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/task.h"
#include "eth/address.h"
#include "eth/u256.h"
#include "rpc/chain.h"

struct tx_replay {
    /* in */
    address from;
    bool creates; /* a contract; else it goes to */
    address to;
    u256 value; /* wei */
    uint64_t gas;
    const uint8_t *data; /* borrowed */
    size_t data_len;
    /* out */
    bool reverted;              /* this time as well */
    const uint8_t *revert_data; /* task's arena; NULL: none came back */
    size_t revert_len;
};

/* At this block, which is its own block's parent: what stood before it in its own block is not known to the call, so it
 * may succeed, or fail in another way. Errors: those of rpc_call, but a call that fails has been answered. Source:
 * eth_call. */
enum err tx_replay(struct task *task, struct chain *chain, struct tx_replay *replay, const hash32 *block) MUST_CHECK;

#endif
