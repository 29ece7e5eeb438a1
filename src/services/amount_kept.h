/* Amounts in the cache, and the refusals that are as true at a block as an amount is. The task's coroutine. */
#ifndef DAPPD_SERVICES_AMOUNT_KEPT_H
#define DAPPD_SERVICES_AMOUNT_KEPT_H

#include "services/amount.h"

/* Fills in read->amount or its refusal. Returns false when neither is known at this block. */
bool amount_kept_find(const struct task *task, const struct source *source, struct amount_read *read,
                      const struct block_ref *block);

/* Keeps a read that the nodes' answer made an amount or a refusal; any other, such as a node's failure, is left out.
 * That there is no code at a token is kept once for all who hold it. */
void amount_kept_put(const struct task *task, const struct source *source, const struct amount_read *read,
                     const struct block_ref *block);

#endif
