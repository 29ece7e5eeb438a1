/* The contracts that everybody knows, and those whose ABI lay in abi/ when dappd was built: what calls, events and
 * reverts of contracts mean that nobody has registered. Static data, any thread. */
#ifndef DAPPD_ETH_ABI_BUILTIN_H
#define DAPPD_ETH_ABI_BUILTIN_H

#include "eth/abi_type.h"

/* By file, in the order of their names; what several of them have is there as often. Made by dev/abi2c. */
extern const struct abi abi_builtin;

#endif
