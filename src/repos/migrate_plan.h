/* Compares what a database says was applied to it with what this dappd would apply. Pure functions, any thread. */
#ifndef DAPPD_REPOS_MIGRATE_PLAN_H
#define DAPPD_REPOS_MIGRATE_PLAN_H

#include <stddef.h>
#include <stdint.h>

#include "eth/block.h"

enum migrate_verdict {
    MIGRATE_APPLY,   /* the database is at the version given: the files behind it are missing, if any */
    MIGRATE_NEWER,   /* the database is at a version that this dappd does not have */
    MIGRATE_GAP,     /* the version given is missing below others */
    MIGRATE_CHANGED, /* the version given was made by another file than ours */
};

/* A version, counted from 1, and the Keccak-256 of the file that makes it. */
struct migrate_step {
    int64_t version;
    hash32 checksum;
};

/* In: applied, ordered by version; ours, one for each version from 1 on. Out: *version, that the verdict is about. */
enum migrate_verdict migrate_compare(int64_t *version, const struct migrate_step *applied, size_t n_applied,
                                     const struct migrate_step *ours, size_t n_ours);

#endif
