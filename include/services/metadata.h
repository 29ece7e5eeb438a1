/* What tokens say of themselves: name, symbol, decimals. Cached for a while, never for ever, because tokens are
 * upgradeable. Runs on the task's coroutine. */
#ifndef DAPPD_SERVICES_METADATA_H
#define DAPPD_SERVICES_METADATA_H

#include <stdbool.h>
#include <stddef.h>

#include "core/task.h"
#include "eth/erc20.h"
#include "services/source.h"

struct metadata_read {
    address token; /* in */
    /* out */
    bool missing;                   /* still to be fetched */
    struct erc20_metadata metadata; /* a token that answers none of the three has everything missing */
    enum err err;                   /* only when the nodes could not be asked */
    int retry_after_s;
    const char *detail; /* public, in the task's arena; "" when OK */
};

/* Fills in what the cache has, without waiting. Returns how many reads are left: they are marked missing.
 * In: reads of distinct tokens; block, where to ask; is_head: it is the newest block, so that what was read a while ago
 * will do. At any other block the token is asked what it said there. */
size_t metadata_look_up(const struct task *task, const struct source *source, struct metadata_read *reads, size_t n,
                        const struct block_ref *block, bool is_head);

/* Asks the nodes for the reads marked missing. */
void metadata_fetch(struct task *task, const struct source *source, struct metadata_read *reads, size_t n,
                    const struct block_ref *block, bool is_head);

#endif
