/* chain_resolve: what a client calls a block becomes one block that the chain has now. Blocks known to be final are
 * kept in the shared cache, by number and by hash. On the task's thread, in a coroutine. */
#include "block_read.h"
#include "chain_state.h"
#include "core/clock.h"
#include "refresh.h"

/* Finality moves in steps of minutes on mainnet, and of a fixed lag elsewhere: no need to ask with every block. */
enum { FINALITY_AGE_US = 30 * 1000 * 1000 };

/* Keys of blocks in the cache; their lengths tell them apart. */
struct number_key {
    uint64_t chain_id;
    uint64_t number;
};
struct hash_key {
    uint64_t chain_id;
    hash32 hash;
};

static bool find_by_number(struct chain *chain, struct block_ref *out, uint64_t number) {
    struct number_key key = {chain_id(chain), number};
    return cache_get(chain->cache, CACHE_BLOCK, out, sizeof(*out), &key, sizeof(key), upstream_now_ms());
}

static bool find_by_hash(struct chain *chain, struct block_ref *out, const hash32 *hash) {
    struct hash_key key = {chain_id(chain), *hash};
    return cache_get(chain->cache, CACHE_BLOCK, out, sizeof(*out), &key, sizeof(key), upstream_now_ms());
}

static void keep_if_final(struct chain *chain, const struct block_ref *block) {
    if (!block->finalized) return;
    struct number_key by_number = {chain_id(chain), block->number};
    struct hash_key by_hash = {chain_id(chain), block->hash};
    cache_put(chain->cache, CACHE_BLOCK, &by_number, sizeof(by_number), block, sizeof(*block), UINT64_MAX);
    cache_put(chain->cache, CACHE_BLOCK, &by_hash, sizeof(by_hash), block, sizeof(*block), UINT64_MAX);
}

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

/* Not knowing costs only caching, so a chain without finality is no error, and is not asked with every request. */
static bool is_final(struct task *task, struct chain *chain, uint64_t number) {
    uint64_t now_us = clock_now_us();
    uint64_t asked_us = atomic_load(&chain->finality_asked_us);
    if (head_is_final(chain->head, number)) return true;
    if (asked_us != 0 && now_us - asked_us < FINALITY_AGE_US) return false;
    if (!atomic_compare_exchange_strong(&chain->finality_asked_us, &asked_us, now_us)) return false;
    struct fault before = task->fault;
    struct block_ref finalized;
    if (refresh_tag(task, chain, &finalized, HEAD_FINALIZED) != ERR_OK) task->fault = before;
    return head_is_final(chain->head, number);
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
    if (find_by_number(chain, out, spec->number)) return ERR_OK;
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
    out->finalized = is_final(task, chain, out->number);
    keep_if_final(chain, out);
    return ERR_OK;
}

/* Nodes also hand out blocks by hash that a reorg has replaced. */
static enum err check_canonical(struct task *task, struct chain *chain, const struct block_ref *block) {
    struct block_ref there;
    enum err err = ERR_OK;
    if (!find_by_number(chain, &there, block->number)) err = block_read_number(task, chain, &there, block->number);
    if (err == ERR_OK && hash32_equal(&there.hash, &block->hash)) return ERR_OK;
    if (err != ERR_OK && err != ERR_BLOCK_NOT_FOUND) return err;
    return task_fail(task, ERR_BLOCK_NOT_FOUND, "the block of this hash is not part of the chain: a reorg replaced it");
}

static enum err resolve_hash(struct task *task, struct chain *chain, struct block_ref *out,
                             const struct block_spec *spec) {
    if (find_by_hash(chain, out, &spec->hash)) return ERR_OK;
    bool fresh = head_read_fresh(chain->head, out, HEAD_LATEST, clock_now_us());
    if (fresh && hash32_equal(&out->hash, &spec->hash)) return ERR_OK;
    enum err err = block_read_hash(task, chain, out, &spec->hash);
    if (err == ERR_BLOCK_NOT_FOUND) return task_fail(task, err, "no block of this chain has this hash");
    if (err == ERR_OK) err = check_canonical(task, chain, out);
    if (err != ERR_OK) return err;
    out->finalized = is_final(task, chain, out->number);
    keep_if_final(chain, out);
    return ERR_OK;
}

enum err chain_resolve(struct task *task, struct chain *chain, struct block_ref *out, const struct block_spec *spec) {
    static enum err (*const resolvers[])(struct task *, struct chain *, struct block_ref *,
                                         const struct block_spec *) = {
        [BLOCK_LATEST] = resolve_latest, [BLOCK_SAFE] = resolve_safe, [BLOCK_FINALIZED] = resolve_finalized,
        [BLOCK_NUMBER] = resolve_number, [BLOCK_HASH] = resolve_hash,
    };
    follow_want_head(chain);
    return resolvers[spec->kind](task, chain, out, spec);
}
