/* What most of a chain's nodes say of a transaction, where one node's word is not enough. On the task's thread, in a
 * coroutine. */
#ifndef DAPPD_RPC_TX_POLL_H
#define DAPPD_RPC_TX_POLL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/task.h"
#include "eth/address.h"
#include "eth/u256.h"
#include "rpc/chain.h"

/* More than half of those that answered; of a chain with one node, that one. */
enum tx_poll { TX_POLL_UNCLEAR, TX_POLL_YES, TX_POLL_NO };

/* How many have a say, if they are well. */
size_t tx_poll_nodes(const struct chain *chain);

/* Whether the sender's nonce at this block is past that one. Source: eth_getTransactionCount. */
enum tx_poll tx_poll_nonce(struct task *task, struct chain *chain, const address *sender, uint64_t nonce,
                           const hash32 *block);

/* Whether the account has that much at this block. Source: eth_getBalance. */
enum tx_poll tx_poll_funds(struct task *task, struct chain *chain, const address *account, const u256 *amount,
                           const hash32 *block);

/* Whether it is in this block, and has failed or not: a node that has no receipt says no. Source:
 * eth_getTransactionReceipt. */
enum tx_poll tx_poll_receipt(struct task *task, struct chain *chain, const hash32 *tx, const hash32 *block,
                             bool failed);

#endif
