/* Members of JSON objects that nodes send: hex strings, strictly. Reads untrusted JSON; pure, any thread. */
#ifndef DAPPD_RPC_JSON_FIELD_H
#define DAPPD_RPC_JSON_FIELD_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "eth/address.h"
#include "eth/u256.h"

/* Returns true when the object has the member and it is not null. */
bool json_field_is_set(const json_t *object, const char *key);

/* Each returns false when the object has no such member, or it is something else; *out is then of no interest. */
bool json_field_u64(uint64_t *out, const json_t *object, const char *key);
bool json_field_u256(u256 *out, const json_t *object, const char *key);
bool json_field_hash(hash32 *out, const json_t *object, const char *key);
bool json_field_address(address *out, const json_t *object, const char *key);

#endif
