/* 0x text, as JSON-RPC has it, to bytes and numbers and back. Pure functions, any thread. */
#ifndef DAPPD_ETH_HEX_H
#define DAPPD_ETH_HEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/hex.h"

/* Data (JSON-RPC "unformatted data"): 0x and exactly 2*n digits into n bytes, any case.
 * Returns ERR_INVALID_PARAMETER on anything else. */
enum err hex_decode_exact(uint8_t *out, size_t n, const char *text, size_t len) MUST_CHECK;

/* Data of any even length up to cap bytes. Out: *n, bytes written. "0x" gives 0. */
enum err hex_decode(uint8_t *out, size_t cap, size_t *n, const char *text, size_t len) MUST_CHECK;

/* Quantity: 0x and 1 to 16 digits. "0x0" is zero; leading zeros are accepted, since some nodes send them.
 * Returns ERR_INVALID_PARAMETER past 2^64-1 or when malformed. */
enum err hex_decode_u64(uint64_t *out, const char *text, size_t len) MUST_CHECK;

/* Writes 0x, 2*n lower-case digits and NUL: out has room for 2*n + 3 bytes. Returns out. */
char *hex_encode(char *out, const uint8_t *bytes, size_t n);

/* Writes the shortest quantity ("0x0", "0x1f") and NUL: out has room for 19 bytes. Returns out. */
char *hex_encode_u64(char *out, uint64_t value);

#endif
