/* Where nodes put the data of a revert. Reads untrusted JSON; any thread. */
#ifndef DAPPD_RPC_REVERT_H
#define DAPPD_RPC_REVERT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"

/* Revert data of a JSON-RPC error: its `data` as hex, as "Reverted 0x...", or nested in objects. Returns false when
 * there is none. Out: in the arena. */
bool revert_from_error(struct arena *arena, const uint8_t **data, size_t *len, const json_t *error);

/* Revert data that a node passed off as the result of an eth_call: an encoded Error(string), which no honest return
 * value can be, since its length is no multiple of 32. */
bool revert_from_result(struct arena *arena, const uint8_t **data, size_t *len, const json_t *result);

#endif
