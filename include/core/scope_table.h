/* The rows of core/scopes.def for whoever reads or writes scopes by name. Static data, any thread. */
#ifndef DAPPD_CORE_SCOPE_TABLE_H
#define DAPPD_CORE_SCOPE_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/principal.h"

struct scope_row {
    enum scope scope;
    const char *name;
    bool admins_only;
};

extern const struct scope_row scope_table[];
extern const size_t scope_count;

/* NULL when there is none of that name. */
const struct scope_row *scope_find(const char *name, size_t len);

#endif
