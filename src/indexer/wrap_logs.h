/* Deposit and Withdrawal of wrapped native coins beside Transfer. Pure, any thread. */
#ifndef DAPPD_INDEXER_WRAP_LOGS_H
#define DAPPD_INDEXER_WRAP_LOGS_H

#include <stdbool.h>
#include <stddef.h>

#include "eth/transfer_log.h"

/* Leaves out each Deposit and Withdrawal that its contract also tells by a Transfer from or to the zero address in the
 * same transaction, of the same account and amount: one for one. In: logs in order of block and log index. Returns how
 * many are left, in the same order. */
size_t wrap_logs_drop_doubled(struct transfer_log *logs, size_t n);

/* Leaves out the Deposits and Withdrawals of the contracts that counts() denies. */
typedef bool (*wrap_logs_fn)(void *arg, const address *token);
size_t wrap_logs_keep(struct transfer_log *logs, size_t n, wrap_logs_fn counts, void *arg);

#endif
