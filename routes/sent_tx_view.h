/* Transactions that were sent here, in JSON. Pure; the request's coroutine. */
#ifndef DAPPD_ROUTES_SENT_TX_VIEW_H
#define DAPPD_ROUTES_SENT_TX_VIEW_H

#include "core/json_out.h"
#include "services/sent_tx.h"

void view_sent_tx(struct json_out *out, const struct sent_tx *tx);

/* The members "state", "reason", "final" and "replaced_by" into an object that has begun. */
void view_sent_tx_state(struct json_out *out, const struct kept_tx *kept);

/* "life": the steps with their times. */
void view_sent_tx_life(struct json_out *out, const struct kept_tx_step *steps, size_t n);

#endif
