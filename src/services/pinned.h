/* Reads that need one block to be true at: resolves it, and pins anew when a reorg takes it away meanwhile. Runs on the
 * task's coroutine. */
#ifndef DAPPD_SERVICES_PINNED_H
#define DAPPD_SERVICES_PINNED_H

#include "core/task.h"
#include "services/source.h"

/* Reads what arg wants at block. ERR_BLOCK_NOT_FOUND means: the nodes no longer know the block. */
typedef enum err (*pinned_fn)(struct task *task, const struct source *source, void *arg, const struct block_ref *block);

/* Out: the block that read was true at. Errors: those of chain_resolve and of read; ERR_UPSTREAM_ERROR when one newest
 * block after the other is no longer known. */
enum err pinned_read(struct task *task, const struct source *source, struct block_ref *block,
                     const struct block_spec *spec, pinned_fn read, void *arg) MUST_CHECK;

#endif
