/* Where a value lies among arguments or results, to be said when it is wrong: args.order.amount, args[2][0]. Plain
 * values on the stack of what walks through them; any thread. */
#ifndef DAPPD_ETH_ABI_PLACE_H
#define DAPPD_ETH_ABI_PLACE_H

#include "core/err.h"
#include "eth/abi_type.h"

struct abi_place {
    const struct abi_place *up; /* NULL: the root */
    const char *name;           /* NULL: an item of a list */
    size_t index;
};

/* The parameter itself where it has a name, else its number. */
struct abi_place abi_place_of(const struct abi_place *up, const struct abi_params *params, size_t index);

/* Writes the place and what is said of it. Returns err. */
enum err abi_fail(char problem[ABI_PROBLEM_BYTES], enum err err, const struct abi_place *place, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

enum { ABI_KIND_BYTES = 16 };

/* What values of the type are called: "uint256", "bytes4", "list". Returns out. */
const char *abi_kind_name(char out[ABI_KIND_BYTES], const struct abi_type *type);

/* Not bytes, a string, an array or a tuple. */
bool abi_is_word(const struct abi_type *type);

/* What the parameters take in place, all together. */
size_t abi_head_bytes(const struct abi_params *params);

#endif
