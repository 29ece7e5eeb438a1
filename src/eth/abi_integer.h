/* Integers between JSON and the ABI's words, of 8 to 256 bits with or without sign. Reads untrusted JSON and bytes;
 * pure functions, any thread. Source: Solidity ABI specification. */
#ifndef DAPPD_ETH_ABI_INTEGER_H
#define DAPPD_ETH_ABI_INTEGER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/json_out.h"

enum {
    ABI_WORD_BYTES = 32,
    ABI_NUMBER_BITS = 48 /* up to here integers go out as numbers */
};

struct abi_integer_type {
    unsigned bits;
    bool is_signed;
};

/* A number without a point up to 2^53-1, or in quotes: decimal without leading zeros, or 0x and up to 64 digits, which
 * have no sign. Returns false for anything else and for what does not fit. */
bool abi_integer_read(uint8_t word[ABI_WORD_BYTES], struct abi_integer_type type, const json_t *value);

/* Writes a number, or a decimal string where the type is wider. Returns false, with nothing written, when the word has
 * bits beyond the type's. */
bool abi_integer_write(struct json_out *out, struct abi_integer_type type, const uint8_t word[ABI_WORD_BYTES]);

#endif
