/* Holds the table that dev/abi2c makes of abi/.
 * Owns nothing but constants.
 * Static data, any thread. */
#include "eth/abi_builtin.h"

#include "abi/items.def"

const struct abi abi_builtin = {.items = abi_items, .n_items = sizeof abi_items / sizeof abi_items[0]};
