/* What is sent to simulate a call. Pure, any thread. Source: execution-apis, eth_call and eth_simulateV1; EIP-1898. */
#ifndef DAPPD_RPC_SIMULATE_PARAMS_H
#define DAPPD_RPC_SIMULATE_PARAMS_H

#include "core/buf.h"
#include "rpc/simulate.h"

/* Append the parameters, a JSON array. */
void simulate_params_call(struct buf *out, const struct simulation *what, const struct block_ref *block);
void simulate_params_v1(struct buf *out, const struct simulation *what, const struct block_ref *block);

#endif
