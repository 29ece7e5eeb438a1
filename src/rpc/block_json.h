/* A block as eth_getBlockBy* returns it. Reads untrusted JSON; pure, any thread. */
#ifndef DAPPD_RPC_BLOCK_JSON_H
#define DAPPD_RPC_BLOCK_JSON_H

#include <jansson.h>
#include <stdbool.h>

#include "eth/block.h"

/* Returns false when it is no block with number, hash, parentHash and timestamp; a pending block has no hash. Out:
 * finalized is false. */
bool block_json_read(struct block_ref *out, const json_t *block);

#endif
