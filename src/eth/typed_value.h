/* Single values of typed structured data, from JSON to the 32 bytes that are hashed. Reads untrusted JSON; pure
 * functions, any thread. Source: EIP-712, "Definition of encodeData". */
#ifndef DAPPD_ETH_TYPED_VALUE_H
#define DAPPD_ETH_TYPED_VALUE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "typed_types.h"

/* In: ref, of any kind but a struct; its arrays are not looked at. Returns false where the value is not one of the
 * type. */
bool typed_value_encode(uint8_t word[32], const struct typed_ref *ref, const json_t *value);

enum { TYPED_HINT_BYTES = 96 };

/* What such a value looks like, to be said where another one was found. Returns out. */
const char *typed_value_hint(char out[TYPED_HINT_BYTES], const struct typed_ref *ref);

#endif
