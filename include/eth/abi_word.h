/* One 32-byte word of the contract ABI: what encoders made from an ABI at build time are put together of. A value that
 * its type has no room for is a bug of the caller's. Pure functions, any thread. Source: Solidity ABI specification. */
#ifndef DAPPD_ETH_ABI_WORD_H
#define DAPPD_ETH_ABI_WORD_H

#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "eth/address.h"
#include "eth/u256.h"

enum { ABI_WORD_BYTES = 32, ABI_SELECTOR_BYTES = 4 };

/* Right-aligned bytes, as of an address. In: n, at most 32. */
static inline void abi_word_right(uint8_t out[ABI_WORD_BYTES], const uint8_t *bytes, size_t n) {
    memset(out, 0, ABI_WORD_BYTES - n);
    memcpy(out + ABI_WORD_BYTES - n, bytes, n);
}

/* Left-aligned bytes, as of bytes4. In: n, at most 32. */
static inline void abi_word_bytes(uint8_t out[ABI_WORD_BYTES], const uint8_t *bytes, size_t n) {
    memcpy(out, bytes, n);
    memset(out + n, 0, ABI_WORD_BYTES - n);
}

static inline void abi_word_address(uint8_t out[ABI_WORD_BYTES], const address *value) {
    abi_word_right(out, value->bytes, sizeof value->bytes);
}

/* uint8 to uint256, by its bits. */
static inline void abi_word_u256(uint8_t out[ABI_WORD_BYTES], const u256 *value, unsigned bits) {
    u256_to_be(out, value);
    for (unsigned i = 0; i < ABI_WORD_BYTES - bits / 8; i++) assert(out[i] == 0);
}

/* int72 to int256, by its bits. In: value, two's complement in 256 bits. */
static inline void abi_word_i256(uint8_t out[ABI_WORD_BYTES], const u256 *value, unsigned bits) {
    u256_to_be(out, value);
    const unsigned first = ABI_WORD_BYTES - bits / 8;
    for (unsigned i = 0; i < first; i++) assert(out[i] == (out[first] >= 0x80 ? 0xff : 0));
}

/* bool, and uint8 to uint64, by its bits. */
static inline void abi_word_u64(uint8_t out[ABI_WORD_BYTES], uint64_t value, unsigned bits) {
    assert(bits == 64 || value >> bits == 0);
    memset(out, 0, ABI_WORD_BYTES);
    for (int i = ABI_WORD_BYTES; value > 0; value >>= 8) out[--i] = (uint8_t)value;
}

/* int8 to int64, by its bits. */
static inline void abi_word_i64(uint8_t out[ABI_WORD_BYTES], int64_t value, unsigned bits) {
    const int64_t most = INT64_MAX >> (64 - bits);
    assert(value >= -most - 1 && value <= most);
    memset(out, value < 0 ? 0xff : 0, ABI_WORD_BYTES);
    for (unsigned i = 0; i < 8; i++) out[ABI_WORD_BYTES - 1 - i] = (uint8_t)((uint64_t)value >> 8 * i);
}

#endif
