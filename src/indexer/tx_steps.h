/* Steps of transactions' lives as operators see them: metrics and log lines. The follower's coroutine. */
#ifndef DAPPD_INDEXER_TX_STEPS_H
#define DAPPD_INDEXER_TX_STEPS_H

#include "repos/transaction_repo.h"
#include "tx_follower_state.h"

void tx_steps_set_metric_labels(void);

/* It has been written. */
void tx_steps_tell(const struct tx_follower *follower, const struct kept_tx_move *move);

#endif
