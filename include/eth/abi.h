/* The part of the contract ABI that ERC-20 needs: calldata of a few words in, words and strings out. Reads untrusted
 * bytes; pure functions, any thread. Source: Solidity ABI specification. */
#ifndef DAPPD_ETH_ABI_H
#define DAPPD_ETH_ABI_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "eth/address.h"
#include "eth/u256.h"

enum { ABI_CALL_BYTES = 4 + 3 * 32 }; /* a selector and up to three words */

/* Written by an encoder that was made of an ABI at build time (abi/). */
struct abi_call {
    uint8_t data[ABI_CALL_BYTES];
    size_t len;
};

/* The first word of a return value. Fewer than 32 bytes: ERR_NOT_A_TOKEN. More: the first word counts. */
enum err abi_decode_u256(u256 *out, const uint8_t *data, size_t len) MUST_CHECK;

/* A `string` return value, or 32 bytes taken as bytes32 with trailing NULs cut (MKR, SAI). Cleaned: no control
 * characters, no broken UTF-8, at most cap-1 bytes, NUL behind it. ERR_NOT_A_TOKEN when it is neither. */
enum err abi_decode_string(char *out, size_t cap, const uint8_t *data, size_t len) MUST_CHECK;

/* The reason in revert data: Error(string) gives its cleaned text, Panic(uint256) "panic 0x11 (arithmetic overflow)"
 * and the like, unknown selectors "custom error 0x12345678", no data "". Always writes NUL. Returns the length. */
size_t abi_decode_revert(char *out, size_t cap, const uint8_t *data, size_t len);

#endif
