/* Addresses with EIP-55 checksums, and 32-byte hashes. Plain values, pure functions, any thread. */
#ifndef DAPPD_ETH_ADDRESS_H
#define DAPPD_ETH_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

typedef struct address {
    uint8_t bytes[20];
} address;

typedef struct hash32 {
    uint8_t bytes[32];
} hash32;

enum { ADDRESS_TEXT_BYTES = 43, HASH32_TEXT_BYTES = 67 }; /* with 0x and NUL */

/* 0x (or 0X) and 40 hex digits. All lower or all upper case is taken as it is; mixed case must carry the EIP-55
 * checksum. Returns ERR_INVALID_ADDRESS or ERR_CHECKSUM_MISMATCH; *out is untouched then. */
enum err address_parse(address *out, const char *text, size_t len) MUST_CHECK;

/* EIP-55 text with NUL. Returns out. */
char *address_format(char out[ADDRESS_TEXT_BYTES], const address *a);

bool address_equal(const address *a, const address *b);

/* Order for qsort and bsearch. In: addresses, or values that begin with one. */
int address_compare(const void *a, const void *b);

/* Out: *found. Returns where the first of n sorted items, of size bytes each, is that begins with this address, or
 * where one would have to be. */
size_t address_place(bool *found, const void *items, size_t n, size_t size, const address *a);

/* 0x and 64 hex digits. ERR_INVALID_PARAMETER otherwise. */
enum err hash32_parse(hash32 *out, const char *text, size_t len) MUST_CHECK;
char *hash32_format(char out[HASH32_TEXT_BYTES], const hash32 *h);
bool hash32_equal(const hash32 *a, const hash32 *b);

#endif
