/* The logs of one block that are too much for every node at once. On the task's thread, in a coroutine. */
#ifndef DAPPD_RPC_LOG_PARTS_H
#define DAPPD_RPC_LOG_PARTS_H

#include "log_filter.h"
#include "rpc/logs.h"

/* Appends them, asked for contract by contract or taken from the block's receipts. In: filter, of this block by its
 * hash. */
enum err log_parts_read(struct task *task, struct chain *chain, struct logs *out, const struct log_filter *filter,
                        const struct header *block) MUST_CHECK;

#endif
