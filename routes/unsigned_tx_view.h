/* Transactions that are ready to be signed, as JSON. Pure; the request's coroutine. */
#ifndef DAPPD_ROUTES_UNSIGNED_TX_VIEW_H
#define DAPPD_ROUTES_UNSIGNED_TX_VIEW_H

#include "core/json_out.h"
#include "services/unsigned_tx.h"

/* "data" and "value", and "transaction": the whole of it as wallets take it, in 0x quantities. */
void unsigned_tx_view(struct json_out *out, const struct unsigned_tx *tx);

#endif
