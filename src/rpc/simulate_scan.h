/* Reads the reply of eth_simulateV1 to one call. Reads untrusted bytes; any thread. Source: execution-apis. */
#ifndef DAPPD_RPC_SIMULATE_SCAN_H
#define DAPPD_RPC_SIMULATE_SCAN_H

#include "core/arena.h"
#include "rpc/simulate.h"

/* In: arena, of what it points to. Returns false when that is no such reply: then *out is undefined, and *full says
 * whether it was the arena's cap. */
bool simulate_scan(struct simulated *out, bool *full, struct arena *arena, const char *text, size_t len);

#endif
