/* Looks for code, twice if need be. Owns nothing; the task's coroutine. */
#include "code_check.h"

#include "call_checks.h"
#include "pinned.h"

static enum err check_at(struct task *task, const struct source *source, void *arg, const struct block_ref *block) {
    return call_check_code(task, source, block, arg);
}

enum err code_check(struct task *task, const struct source *source, const address *contract) {
    static const struct block_spec latest = {.kind = BLOCK_LATEST};
    struct block_ref block;
    address at = *contract;
    enum err err = pinned_read(task, source, &block, &latest, check_at, &at);
    if (err != ERR_NOT_A_CONTRACT) return err;
    chain_forget_head(source->chain, &block.hash);
    return pinned_read(task, source, &block, &latest, check_at, &at);
}
