/* What became of a transaction, as the nodes tell. On the task's thread, in a coroutine. */
#ifndef DAPPD_RPC_RECEIPT_H
#define DAPPD_RPC_RECEIPT_H

#include <stdbool.h>

#include "core/task.h"
#include "eth/block.h"
#include "eth/transfer_log.h"
#include "rpc/chain.h"
#include "rpc/logs.h"

struct receipt {
    enum {
        RECEIPT_UNKNOWN, /* no node knows the transaction */
        RECEIPT_PENDING, /* known, in no block yet */
        RECEIPT_MINED
    } state;
    /* of a mined one */
    struct block_ref block; /* canonical when it was asked for */
    uint32_t index;         /* within the block */
    bool has_status;        /* false: it is from before Byzantium, when receipts did not say (EIP-658) */
    bool succeeded;         /* where it has a status; false: reverted */
    address from;
    bool has_to;
    address to; /* false: it created a contract */
    bool has_contract;
    address contract; /* the one it created */
    u256 gas_used;
    bool has_gas_price; /* old nodes do not tell */
    u256 gas_price;     /* wei, that was paid for each */
    struct logs logs;   /* its transfers, and all of its logs as events; receipt_free */
};

/* Source: eth_getTransactionReceipt, eth_getTransactionByHash. */
enum err receipt_read(struct task *task, struct chain *chain, struct receipt *out, const hash32 *tx) MUST_CHECK;
void receipt_free(struct receipt *receipt);

/* Many of them in as few requests as the nodes allow: each is mined, or unknown since no node has a receipt of it, or
 * errs has why that cannot be told. A mined one's block has number and hash alone; whether it is canonical is for the
 * caller to see. In: out, n of them, to be freed by receipt_free. */
void receipt_read_many(struct task *task, struct chain *chain, struct receipt *out, enum err *errs, const hash32 *txs,
                       size_t n);

#endif
