/* Where a contract comes to be that a transaction creates. Pure, any thread. Source: Yellow Paper, section 7. */
#ifndef DAPPD_ETH_CONTRACT_ADDRESS_H
#define DAPPD_ETH_CONTRACT_ADDRESS_H

#include <stdint.h>

#include "eth/address.h"

/* In: sender and nonce of the transaction. */
void contract_address(address *out, const address *sender, uint64_t nonce);

#endif
