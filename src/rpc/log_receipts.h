/* The logs of one block as its receipts have them. On the task's thread, in a coroutine. */
#ifndef DAPPD_RPC_LOG_RECEIPTS_H
#define DAPPD_RPC_LOG_RECEIPTS_H

#include "log_filter.h"
#include "rpc/logs.h"
#include "rpc/rpc.h"

/* Appends those that the filter, with the block's hash, asks for. Out: outcome; RPC_INVALID where no node knows the
 * method. Source: eth_getBlockReceipts. */
enum err log_receipts_read(struct task *task, struct chain *chain, struct logs *out, enum rpc_outcome *outcome,
                           const struct log_filter *filter, const struct header *block) MUST_CHECK;

#endif
