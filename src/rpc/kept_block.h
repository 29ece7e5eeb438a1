/* Blocks known to be final, in the shared cache by number and by hash. Any thread. */
#ifndef DAPPD_RPC_KEPT_BLOCK_H
#define DAPPD_RPC_KEPT_BLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "rpc/chain.h"

/* Return false when it is not there. */
bool kept_block_by_number(struct chain *chain, struct block_ref *out, uint64_t number);
bool kept_block_by_hash(struct chain *chain, struct block_ref *out, const hash32 *hash);

/* Keeps a final block; any other one is left out. */
void kept_block_keep(struct chain *chain, const struct block_ref *block);

#endif
