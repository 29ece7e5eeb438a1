/* The two things that dev/abi2c writes of an ABI. They own nothing that outlives the process. One thread. */
#ifndef DAPPD_DEV_ABI2C_H
#define DAPPD_DEV_ABI2C_H

#include <stdio.h>

#include "eth/abi_type.h"

enum { NAME_MAX_BYTES = 64 };

/* A header: constants for each function, event and error, and an encoder for each function whose arguments are words.
 * In: name, which all names begin with; path, for the comment. */
void header_write(FILE *out, const char *name, const char *path, const struct abi *abi);

/* A table abi_items of all items but constructors, of as many ABIs as are added. */
void table_begin(FILE *out);
void table_add(FILE *out, const struct abi *abi);
void table_end(FILE *out);

#endif
