/* The names of scopes, for whoever tells a client which one is missing.
 * Owns nothing.
 * Any thread: pure functions. */
#include "core/principal.h"

const char *scope_name(uint32_t scope) {
    switch (scope) {
#define SCOPE(id, bit, name, admins_only, help) \
    case 1U << (bit): \
        return name;
#include "core/scopes.def"
#undef SCOPE
    default:
        return NULL;
    }
}
