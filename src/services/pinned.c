/* Pin, read, and pin again when the block has gone. Stateless; the task's coroutine. */
#include "pinned.h"

enum { MAX_PINS = 3 };

/* A number or hash that the client named is not ours to replace. */
static bool may_move(const struct block_spec *spec) {
    return spec->kind != BLOCK_NUMBER && spec->kind != BLOCK_HASH;
}

enum err pinned_read(struct task *task, const struct source *source, struct block_ref *block,
                     const struct block_spec *spec, pinned_fn read, void *arg) {
    for (int pins = 0; pins < MAX_PINS; pins++) {
        enum err err = chain_resolve(task, source->chain, block, spec);
        if (err == ERR_BLOCK_NOT_FOUND && spec->kind == BLOCK_LATEST) break;
        if (err != ERR_OK) return err;
        if (!may_move(spec)) block->head = false; /* whoever names a block wants what was true there, head or not */
        err = read(task, source, arg, block);
        if (err != ERR_BLOCK_NOT_FOUND || !may_move(spec)) return err;
        chain_forget_head(source->chain, &block->hash);
    }
    /* Not "not found": the client asked for no block in particular, and asking again can help. */
    return task_fail(task, ERR_UPSTREAM_ERROR, "the nodes do not agree on which block is the newest");
}
