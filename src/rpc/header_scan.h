/* Reads a block's header straight from its text. Reads untrusted bytes, does no I/O; any thread. Source: Ethereum
 * JSON-RPC, eth_getBlockByNumber. */
#ifndef DAPPD_RPC_HEADER_SCAN_H
#define DAPPD_RPC_HEADER_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#include "rpc/logs.h"

/* Returns false, with *out untouched, when the text is no block: a member missing, malformed or twice. */
bool header_scan(struct header *out, const char *text, size_t len);

#endif
