/* Amounts and metadata as they are at one block: what the cache does not have of both leaves together. The task's
 * coroutine. */
#ifndef DAPPD_SERVICES_SNAPSHOT_H
#define DAPPD_SERVICES_SNAPSHOT_H

#include "services/amount.h"
#include "metadata.h"

struct snapshot {
    struct amount_read *amounts;
    size_t n_amounts;
    struct metadata_read *tokens; /* distinct */
    size_t n_tokens;
};

/* Fills in all reads; each fails for itself. */
void snapshot_read(struct task *task, const struct source *source, struct snapshot *snapshot,
                   const struct block_ref *block);

#endif
