/* Keccak-256 as Ethereum uses it: the original Keccak padding, not FIPS 202's SHA3-256. Pure functions, any thread. */
#ifndef DAPPD_ETH_KECCAK_H
#define DAPPD_ETH_KECCAK_H

#include <stddef.h>
#include <stdint.h>

enum { KECCAK_LANES = 25, KECCAK_RATE_BYTES = 136 }; /* a lane is 64 bits */

/* A hash under way, for what does not lie in one piece: zeroed, it has nothing in it. */
struct keccak {
    uint64_t state[KECCAK_LANES];
    uint8_t block[KECCAK_RATE_BYTES];
    size_t n; /* bytes in block */
};

void keccak_add(struct keccak *keccak, const void *data, size_t len);

/* Out: 32 bytes. The hash is over then: nothing can be added. */
void keccak_end(uint8_t out[32], struct keccak *keccak);

/* Out: 32 bytes. */
void keccak256(uint8_t out[32], const void *data, size_t len);

#endif
