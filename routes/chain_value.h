/* Values of the chain in JSON bodies: numbers come as JSON integers up to 2^53 - 1 or, as all longer ones have to, as
 * decimal or 0x-hex strings; bytes as 0x-hex. Untrusted JSON; what is read lives in the task's arena. The request's
 * coroutine.
 *
 * Errors are ERR_INVALID_PARAMETER and, of an address, ERR_INVALID_ADDRESS or ERR_CHECKSUM_MISMATCH. In: name, what to
 * call the value in the detail; value, NULL where there is none, which is refused unless said otherwise. */
#ifndef DAPPD_ROUTES_CHAIN_VALUE_H
#define DAPPD_ROUTES_CHAIN_VALUE_H

#include "core/task.h"
#include "eth/address.h"
#include "eth/block.h"
#include "eth/u256.h"
#include "http/request.h"

enum { CHAIN_VALUE_MAX_DATA_BYTES = 1024 * 1024 }; /* of a call or a creation: more than any node takes */

struct json_t;

enum err chain_value_address(struct task *task, address *out, const struct json_t *value, const char *name) MUST_CHECK;
enum err chain_value_u256(struct task *task, u256 *out, const struct json_t *value, const char *name) MUST_CHECK;
enum err chain_value_u64(struct task *task, uint64_t *out, const struct json_t *value, const char *name) MUST_CHECK;

/* In: max, the most bytes. */
enum err chain_value_bytes(struct task *task, const uint8_t **out, size_t *len, const struct json_t *value, size_t max,
                           const char *name) MUST_CHECK;

/* 0x and 64 hex digits. */
enum err chain_value_hash(struct task *task, hash32 *out, const struct json_t *value, const char *name) MUST_CHECK;

/* As ?block= has it, or an integer; absent or null: the newest. */
enum err chain_value_block(struct task *task, struct block_spec *out, const struct json_t *value) MUST_CHECK;

#endif
