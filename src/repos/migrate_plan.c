/* The rule of migrations: a database was brought to its version by the same files, one after the other, none left out.
 * Owns nothing.
 * Any thread. */
#include "migrate_plan.h"

#include <string.h>

enum migrate_verdict migrate_compare(int64_t *version, const struct migrate_step *applied, size_t n_applied,
                                     const struct migrate_step *ours, size_t n_ours) {
    *version = n_applied > 0 ? applied[n_applied - 1].version : 0;
    if (*version > (int64_t)n_ours) return MIGRATE_NEWER; /* whatever else is wrong, a newer dappd knows */
    for (size_t i = 0; i < n_applied; i++) {
        *version = (int64_t)i + 1;
        if (applied[i].version != *version) return MIGRATE_GAP;
        if (memcmp(&applied[i].checksum, &ours[i].checksum, sizeof(hash32)) != 0) return MIGRATE_CHANGED;
    }
    return MIGRATE_APPLY;
}
