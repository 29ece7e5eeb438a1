/* Transactions as eth_getTransactionByHash tells of them. Reads untrusted JSON; any thread. */
#ifndef DAPPD_RPC_TX_JSON_H
#define DAPPD_RPC_TX_JSON_H

#include <jansson.h>
#include <stdbool.h>

#include "core/arena.h"
#include "rpc/tx_read.h"

/* Returns false when it is no transaction of this hash, or the arena has no room for its data. Out: known is true. */
bool tx_json_read(struct tx_read *out, struct arena *arena, const json_t *json, const hash32 *hash);

#endif
