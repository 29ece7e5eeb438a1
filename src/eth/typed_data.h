/* Typed structured data as wallets sign it with eth_signTypedData_v4. Reads untrusted bytes; pure functions, any
 * thread. Source: EIP-712. */
#ifndef DAPPD_ETH_TYPED_DATA_H
#define DAPPD_ETH_TYPED_DATA_H

#include <stddef.h>

#include "core/arena.h"
#include "core/err.h"
#include "eth/address.h"

enum { TYPED_DATA_PROBLEM_BYTES = 160, TYPED_DATA_MAX_BYTES = 65536 }; /* some ten times what people sign */

/* The hash that is signed: keccak256(0x1901, domain separator, hash of the message). In: JSON of {types, primaryType,
 * domain, message}, at most TYPED_DATA_MAX_BYTES; types has EIP712Domain, of the standard's fields, and the message may
 * be missing where that is the primary type. Out: problem, which names the member and what belongs there; hash. No
 * part of a value is in the problem, and of names only identifiers.
 * Errors: ERR_INVALID_JSON; ERR_OVERLOADED once the arena's cap is passed.
 * Integers past 2^53-1 are taken as text only: as JSON numbers they may have lost digits on the way. Nothing may be
 * missing or null, members that no type has are not looked at. */
enum err typed_data_hash(hash32 *out, char problem[TYPED_DATA_PROBLEM_BYTES], struct arena *arena, const char *json,
                         size_t len) MUST_CHECK;

#endif
