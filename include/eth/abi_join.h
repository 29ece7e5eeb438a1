/* What a proxy and its implementation have registered as one ABI. Pure, any thread. */
#ifndef DAPPD_ETH_ABI_JOIN_H
#define DAPPD_ETH_ABI_JOIN_H

#include "core/arena.h"
#include "eth/abi_type.h"

/* The contract's own items come first. What both have is its own, and constructors are nobody else's. Borrows the
 * items' contents. Returns its own ABI alone once the arena's cap is passed. */
const struct abi *abi_join(struct arena *arena, const struct abi *own, const struct abi *behind);

#endif
