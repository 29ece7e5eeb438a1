/* Values between JSON and the ABI's bytes. Both sides are untrusted; time and memory are bounded by the length of what
 * is read, whatever its offsets and lengths claim. Pure functions, any thread. Source: Solidity ABI specification.
 *
 * JSON: an address is 0x-hex (checked as everywhere, EIP-55 on the way out), bytes are 0x-hex, a string is a string, an
 * array is an array. Integers of up to 48 bits go out as numbers, longer ones as decimal strings, whatever their value;
 * in come numbers up to 2^53 - 1 and decimal or 0x-hex strings. Tuples, and the parameters of anything, are objects
 * where all are named, else arrays; in come either. Bytes of a string that are no UTF-8 go out as U+FFFD. */
#ifndef DAPPD_ETH_ABI_VALUE_H
#define DAPPD_ETH_ABI_VALUE_H

#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/err.h"
#include "eth/abi_type.h"

struct json_t;

/* Appends the encoding of args: an array in order, or an object by name; NULL: none. ERR_INVALID_ARGUMENT with a
 * problem that names the argument (args.order.amount, args[2][0]), what it is and what is allowed; *out is as it was
 * then. ERR_OVERLOADED once its maximum is passed. */
enum err abi_encode(struct buf *out, char problem[ABI_PROBLEM_BYTES], const struct abi_params *params,
                    const struct json_t *args) MUST_CHECK;

/* The same behind the function's selector. */
enum err abi_encode_call(struct buf *out, char problem[ABI_PROBLEM_BYTES], const struct abi_item *function,
                         const struct json_t *args) MUST_CHECK;

/* The function of this name or signature that takes these arguments, and the call of it. Of several with one name it is
 * the one that has as many and can encode them. ERR_NOT_IN_ABI, ERR_AMBIGUOUS_FUNCTION (the problem lists their
 * signatures), and those of abi_encode. */
enum err abi_choose_call(const struct abi_item **out, struct buf *call, char problem[ABI_PROBLEM_BYTES],
                         const struct abi *abi, const char *name, size_t len, const struct json_t *args) MUST_CHECK;

/* Appends what the bytes mean as JSON: parameters as an object or array as above; as a result, the value itself of a
 * single one and null of none. ERR_ABI_MISMATCH with a problem when the bytes are no such encoding (they may be
 * longer), ERR_OVERLOADED once out's maximum is passed; *out is as it was then. */
enum err abi_decode(struct buf *out, char problem[ABI_PROBLEM_BYTES], const struct abi_params *params,
                    const uint8_t *data, size_t len) MUST_CHECK;
enum err abi_decode_result(struct buf *out, char problem[ABI_PROBLEM_BYTES], const struct abi_params *outputs,
                           const uint8_t *data, size_t len) MUST_CHECK;

/* The arguments of a log, in their order. An indexed string, bytes, array or tuple is known by its hash alone, which
 * stands for it as 0x-hex. In: topics with topic0, unless the event is anonymous. */
enum err abi_decode_event(struct buf *out, char problem[ABI_PROBLEM_BYTES], const struct abi_item *event,
                          const hash32 *topics, size_t n_topics, const uint8_t *data, size_t len) MUST_CHECK;

/* The topic of an indexed argument with this value, which is hashed where only that is in the log. Errors of
 * abi_encode, with a problem that begins with the parameter's name. */
enum err abi_encode_topic(hash32 *out, char problem[ABI_PROBLEM_BYTES], const struct abi_param *param,
                          const struct json_t *value) MUST_CHECK;

/* Appends {"name","signature","args"} of revert data: an error of the ABI (NULL: none) or of abi_builtin, such
 * as Error(string). Returns false, with *out as it was, for anything else. */
bool abi_decode_error(struct buf *out, const struct abi *abi, const uint8_t *data, size_t len);

#endif
