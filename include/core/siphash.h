/* SipHash-2-4: a hash whose collisions cannot be found without its key, for tables whose keys come from strangers.
 * Pure function, any thread. Source: Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012. */
#ifndef DAPPD_CORE_SIPHASH_H
#define DAPPD_CORE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

/* In: the 128-bit key as two little-endian halves. */
uint64_t siphash24(const uint64_t key[2], const void *data, size_t len);

#endif
