/* Unsigned 256-bit integers, as the EVM has them. Plain values, pure functions, any thread. */
#ifndef DAPPD_ETH_U256_H
#define DAPPD_ETH_U256_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

typedef struct u256 {
    uint64_t limb[4]; /* limb[0] is the least significant */
} u256;

enum {
    U256_DEC_BYTES = 79,       /* 78 digits and NUL */
    U256_HEX_BYTES = 67,       /* 0x, 64 digits and NUL */
    U256_FORMATTED_BYTES = 81, /* with a point and a leading zero, NUL */
    U256_MAX_DECIMALS = 77 /* more would make even 1 print as nothing but zeros: ERC-20 decimals past it are unknown */
};

u256 u256_from_u64(uint64_t value);
bool u256_is_zero(const u256 *a);
bool u256_fits_u64(const u256 *a);

/* Returns -1, 0 or 1. */
int u256_cmp(const u256 *a, const u256 *b);

/* Returns true when the sum or product wrapped past 2^256-1 (the difference below 0); *out is the wrapped value. out
 * may be a or b. */
bool u256_add(u256 *out, const u256 *a, const u256 *b);
bool u256_sub(u256 *out, const u256 *a, const u256 *b);
bool u256_mul_u64(u256 *out, const u256 *a, uint64_t b);

/* Rounds down. Returns the remainder. In: b is not 0 (asserted). out may be a. */
uint64_t u256_div_u64(u256 *out, const u256 *a, uint64_t b);

/* 32 bytes, big-endian (an ABI word). */
u256 u256_from_be(const uint8_t word[32]);
void u256_to_be(uint8_t word[32], const u256 *a);

/* 1 to 78 decimal digits, nothing else; leading zeros are allowed within that. ERR_INVALID_PARAMETER otherwise or
 * past 2^256-1. */
enum err u256_from_dec(u256 *out, const char *text, size_t len) MUST_CHECK;

/* 0x and 1 to 64 digits, any case. ERR_INVALID_PARAMETER otherwise. */
enum err u256_from_hex(u256 *out, const char *text, size_t len) MUST_CHECK;

/* Shortest form with NUL. Return the length. */
size_t u256_to_dec(char out[U256_DEC_BYTES], const u256 *a);
size_t u256_to_hex(char out[U256_HEX_BYTES], const u256 *a);

/* The amount in whole units: a / 10^decimals, exact, trailing zeros of the fraction dropped ("1.5", "0.000001", "42").
 * In: decimals 0 to U256_MAX_DECIMALS (asserted). Returns the length. */
size_t u256_format(char out[U256_FORMATTED_BYTES], const u256 *a, unsigned decimals);

/* part / whole with that many digits behind the point, cut, not rounded, so that parts never show as more than the
 * whole ("0.333333", "1.000000"). In: whole is not 0, part at most whole, digits 1 to U256_MAX_DECIMALS (asserted).
 * Returns the length. */
size_t u256_fraction(char out[U256_FORMATTED_BYTES], const u256 *part, const u256 *whole, unsigned digits);

#endif
