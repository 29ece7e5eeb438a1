/* Keccak-256 as Ethereum uses it: the original Keccak padding, not FIPS 202's SHA3-256. Pure function, any thread. */
#ifndef DAPPD_ETH_KECCAK_H
#define DAPPD_ETH_KECCAK_H

#include <stddef.h>
#include <stdint.h>

/* Out: 32 bytes. */
void keccak256(uint8_t out[32], const void *data, size_t len);

#endif
