/* What a transaction takes and may cost before anything runs. Pure functions, any thread.
 * Sources: Yellow Paper (g0), EIP-2028, EIP-2930, EIP-4844, EIP-7702. */
#ifndef DAPPD_ETH_TRANSACTION_COST_H
#define DAPPD_ETH_TRANSACTION_COST_H

#include <stdbool.h>
#include <stdint.h>

#include "eth/transaction.h"

/* Returns the gas below which no chain takes it. A chain may ask for more: for init code (EIP-3860) and for calldata
 * (EIP-7623), which not every one does, or what it pays to another chain; only its nodes can tell. */
uint64_t transaction_intrinsic_gas(const struct transaction *tx);

/* The most that it can cost its sender: value, gas at its highest price, and blobs at theirs. Nodes take it from those
 * alone who have that. Returns true when it is 2^256 wei or more; *out means nothing then. */
bool transaction_max_cost(u256 *out, const struct transaction *tx);

#endif
