/* One look at all open transactions of a chain. The follower's coroutine. */
#ifndef DAPPD_INDEXER_TX_ROUND_H
#define DAPPD_INDEXER_TX_ROUND_H

#include "tx_follower_state.h"

/* Out: open, how many there are; moved, one of them has moved on and may at once move again. An error of the database's
 * sets follower->lost. */
enum err tx_round(struct tx_follower *follower, uint64_t *open, bool *moved) MUST_CHECK;

#endif
