/* chain_resolve: what a client calls a block becomes one block that the chain has now. Owns nothing; blocks known to be
 * final are kept in the shared cache.
 * On the task's thread, in a coroutine. */
#include "block_read.h"
#include "chain_state.h"
#include "core/clock.h"
#include "finality.h"
#include "kept_block.h"
#include "refresh.h"

static enum err resolve_tag(struct task *task, struct chain *chain, struct block_ref *out, enum head_tag tag) {
    if (head_read_fresh(chain->head, out, tag, clock_now_us())) return ERR_OK;
    return refresh_tag(task, chain, out, tag);
}

static enum err resolve_latest(struct task *task, struct chain *chain, struct block_ref *out,
                               const struct block_spec *spec) {
    (void)spec;
    return resolve_tag(task, chain, out, HEAD_LATEST);
}

static enum err resolve_safe(struct task *task, struct chain *chain, struct block_ref *out,
                             const struct block_spec *spec) {
    (void)spec;
    return resolve_tag(task, chain, out, HEAD_SAFE);
}

static enum err resolve_finalized(struct task *task, struct chain *chain, struct block_ref *out,
                                  const struct block_spec *spec) {
    (void)spec;
    return resolve_tag(task, chain, out, HEAD_FINALIZED);
}

/* A number above the known head may have been mined since. */
static enum err head_at_least(struct task *task, struct chain *chain, struct block_ref *head, uint64_t number) {
    enum err err = resolve_tag(task, chain, head, HEAD_LATEST);
    if (err == ERR_OK && head->number < number) err = refresh_tag(task, chain, head, HEAD_LATEST);
    if (err != ERR_OK || head->number >= number) return err;
    return task_fail(task, ERR_BLOCK_NOT_FOUND, "block %llu is not mined yet: the head is block %llu",
                     (unsigned long long)number, (unsigned long long)head->number);
}

static enum err resolve_number(struct task *task, struct chain *chain, struct block_ref *out,
                               const struct block_spec *spec) {
    struct block_ref head;
    if (kept_block_by_number(chain, out, spec->number)) return ERR_OK;
    enum err err = head_at_least(task, chain, &head, spec->number);
    if (err != ERR_OK) return err;
    if (head.number == spec->number) {
        *out = head;
        return ERR_OK;
    }
    err = block_read_number(task, chain, out, spec->number);
    if (err == ERR_BLOCK_NOT_FOUND) {
        return task_fail(task, err, "block %llu was not found below the head, block %llu",
                         (unsigned long long)spec->number, (unsigned long long)head.number);
    }
    if (err != ERR_OK) return err;
    out->finalized = finality_covers(task, chain, out->number);
    kept_block_keep(chain, out);
    return ERR_OK;
}

/* Nodes also hand out blocks by hash that a reorg has replaced. */
static enum err check_canonical(struct task *task, struct chain *chain, const struct block_ref *block) {
    struct block_ref there;
    enum err err = ERR_OK;
    if (!kept_block_by_number(chain, &there, block->number))
        err = block_read_number(task, chain, &there, block->number);
    if (err == ERR_OK && hash32_equal(&there.hash, &block->hash)) return ERR_OK;
    if (err != ERR_OK && err != ERR_BLOCK_NOT_FOUND) return err;
    return task_fail(task, ERR_BLOCK_NOT_FOUND, "the block of this hash is not part of the chain: a reorg replaced it");
}

static enum err resolve_hash(struct task *task, struct chain *chain, struct block_ref *out,
                             const struct block_spec *spec) {
    if (kept_block_by_hash(chain, out, &spec->hash)) return ERR_OK;
    bool fresh = head_read_fresh(chain->head, out, HEAD_LATEST, clock_now_us());
    if (fresh && hash32_equal(&out->hash, &spec->hash)) return ERR_OK;
    enum err err = block_read_hash(task, chain, out, &spec->hash);
    if (err == ERR_BLOCK_NOT_FOUND) return task_fail(task, err, "no block of this chain has this hash");
    if (err == ERR_OK) err = check_canonical(task, chain, out);
    if (err != ERR_OK) return err;
    out->finalized = finality_covers(task, chain, out->number);
    kept_block_keep(chain, out);
    return ERR_OK;
}

/* Whatever the client called it. */
static void say_what_is_known(struct chain *chain, struct block_ref *block) {
    struct head_reading latest;
    block->finalized = block->finalized || head_is_final(chain->head, block->number);
    block->head = head_read(chain->head, &latest, HEAD_LATEST) && hash32_equal(&latest.block.hash, &block->hash);
}

enum err chain_resolve(struct task *task, struct chain *chain, struct block_ref *out, const struct block_spec *spec) {
    static enum err (*const resolvers[])(struct task *, struct chain *, struct block_ref *,
                                         const struct block_spec *) = {
        [BLOCK_LATEST] = resolve_latest, [BLOCK_SAFE] = resolve_safe, [BLOCK_FINALIZED] = resolve_finalized,
        [BLOCK_NUMBER] = resolve_number, [BLOCK_HASH] = resolve_hash,
    };
    follow_want_head(chain);
    enum err err = resolvers[spec->kind](task, chain, out, spec);
    if (err == ERR_OK) say_what_is_known(chain, out);
    return err;
}
