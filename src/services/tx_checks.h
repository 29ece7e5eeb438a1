/* What the chain is asked about a transaction before any node sees it. Runs on the task's coroutine. */
#ifndef DAPPD_SERVICES_TX_CHECKS_H
#define DAPPD_SERVICES_TX_CHECKS_H

#include "core/task.h"
#include "eth/transaction.h"
#include "services/source.h"

/* Refuses what no node would take, and nothing else: what cannot be told from here is for the nodes to say. Out:
 * *in_chain, it needs no node any more: it is in a block, or in a node's pool. Errors: ERR_NONCE_TOO_LOW,
 * ERR_GAS_TOO_LOW, ERR_INSUFFICIENT_FUNDS, those of pinned_read and receipt_read. */
enum err tx_checks_run(struct task *task, const struct source *source, bool *in_chain,
                       const struct transaction *tx) MUST_CHECK;

/* Out: *known, a node has it in a block or its pool. Errors of receipt_read. */
enum err tx_checks_ask(struct task *task, const struct source *source, bool *known, const hash32 *hash) MUST_CHECK;

#endif
