/* Scopes by name. Static data, any thread. */
#include "core/scope_table.h"

#include <string.h>

const struct scope_row scope_table[] = {
#define SCOPE(id, bit, name, admins_only, help) {SCOPE_##id, name, admins_only},
#include "core/scopes.def"
#undef SCOPE
};

const size_t scope_count = sizeof scope_table / sizeof *scope_table;

const struct scope_row *scope_find(const char *name, size_t len) {
    for (size_t i = 0; i < scope_count; i++) {
        const struct scope_row *row = &scope_table[i];
        if (strlen(row->name) == len && memcmp(row->name, name, len) == 0) return row;
    }
    return NULL;
}
