/* A transaction as nodes tell of it, mined or not. On the task's thread, in a coroutine. */
#ifndef DAPPD_RPC_TX_READ_H
#define DAPPD_RPC_TX_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/task.h"
#include "eth/address.h"
#include "eth/u256.h"
#include "rpc/chain.h"

struct tx_read {
    bool known;    /* false: no node that answered knows it, and nothing below is set */
    bool in_block; /* a node has it in a block; whether that is canonical is for the receipt to tell */
    address from;
    bool has_to;
    address to;
    uint64_t nonce;
    uint64_t gas;
    u256 value;
    const uint8_t *data; /* task's arena */
    size_t data_len;
};

/* How many transactions an account has made, counting those that wait in the pool of a node: of the first that says.
 * Source: eth_getTransactionCount. */
enum err tx_read_pending_nonce(struct task *task, struct chain *chain, uint64_t *out,
                               const address *account) MUST_CHECK;

/* Source: eth_getTransactionByHash. Asks another node when the first does not know it. */
enum err tx_read(struct task *task, struct chain *chain, struct tx_read *out, const hash32 *hash) MUST_CHECK;

#endif
