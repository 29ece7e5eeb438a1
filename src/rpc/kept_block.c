/* A final block never changes, so nobody is asked for one twice. The entries belong to the shared cache.
 * Any thread.
 * Keys tell numbers and hashes apart by their lengths. */
#include "kept_block.h"

#include "chain_state.h"

struct number_key {
    uint64_t chain_id;
    uint64_t number;
};
struct hash_key {
    uint64_t chain_id;
    hash32 hash;
};

bool kept_block_by_number(struct chain *chain, struct block_ref *out, uint64_t number) {
    struct number_key key = {chain_id(chain), number};
    return cache_get(chain->cache, CACHE_BLOCK, out, sizeof(*out), &key, sizeof(key), upstream_now_ms());
}

bool kept_block_by_hash(struct chain *chain, struct block_ref *out, const hash32 *hash) {
    struct hash_key key = {chain_id(chain), *hash};
    return cache_get(chain->cache, CACHE_BLOCK, out, sizeof(*out), &key, sizeof(key), upstream_now_ms());
}

void kept_block_keep(struct chain *chain, const struct block_ref *block) {
    if (!block->finalized) return;
    struct number_key by_number = {chain_id(chain), block->number};
    struct hash_key by_hash = {chain_id(chain), block->hash};
    cache_put(chain->cache, CACHE_BLOCK, &by_number, sizeof(by_number), block, sizeof(*block), UINT64_MAX);
    cache_put(chain->cache, CACHE_BLOCK, &by_hash, sizeof(by_hash), block, sizeof(*block), UINT64_MAX);
}
