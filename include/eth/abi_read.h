/* Reads ABIs: JSON as compilers write it, and human-readable signatures as ethers and viem know them. Untrusted text;
 * pure functions, any thread. Memory of what is read is the arena's. Sources: Solidity ABI specification (JSON), viem's
 * parseAbi.
 *
 * Errors: ERR_INVALID_ABI, with a problem that names the item and what is allowed; ERR_OVERLOADED once the arena's cap
 * is passed. */
#ifndef DAPPD_ETH_ABI_READ_H
#define DAPPD_ETH_ABI_READ_H

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "eth/abi_type.h"

struct json_t;

enum { ABI_MAX_TEXT_BYTES = 1 << 20 };

/* An array of items: objects, and strings with a human-readable signature each, structs among them in any order.
 * In: json, nested no deeper than JSON_MAX_DEPTH. */
enum err abi_read(const struct abi **out, struct arena *arena, char problem[ABI_PROBLEM_BYTES],
                  const struct json_t *json) MUST_CHECK;

/* The same from JSON text, at most ABI_MAX_TEXT_BYTES. */
enum err abi_read_text(const struct abi **out, struct arena *arena, char problem[ABI_PROBLEM_BYTES], const char *text,
                       size_t len) MUST_CHECK;

/* One signature: "function balanceOf(address owner) view returns (uint256)", "event ...", "error ...",
 * "constructor(...)". */
enum err abi_read_signature(const struct abi_item **out, struct arena *arena, char problem[ABI_PROBLEM_BYTES],
                            const char *text, size_t len) MUST_CHECK;

/* Appends the item as such a signature, from which it can be read again. It has the parameters' names, but for words
 * that Solidity keeps for itself. */
void abi_write_signature(struct buf *out, const struct abi_item *item);

#endif
