/* What tokens say of themselves: name, symbol, decimals. Cached for a while, never for ever, because tokens are
 * upgradeable. Runs on the task's coroutine. */
#ifndef DAPPD_SERVICES_METADATA_H
#define DAPPD_SERVICES_METADATA_H

#include <stddef.h>

#include "core/task.h"
#include "eth/erc20.h"
#include "services/source.h"

struct metadata_read {
    address token; /* in */
    /* out */
    struct erc20_metadata metadata; /* a token that answers none of the three has everything missing */
    enum err err;                   /* only when the nodes could not be asked */
    int retry_after_s;
    const char *detail; /* public, in the task's arena; "" when OK */
};

/* In: reads of distinct tokens; block, where to ask; is_head: it is the newest block, so that what was read a while ago
 * will do. At any other block the token is asked what it said there. */
void metadata_read_many(struct task *task, const struct source *source, struct metadata_read *reads, size_t n,
                        const struct block_ref *block, bool is_head);

#endif
