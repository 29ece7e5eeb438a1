/* Keys and values of what is kept at a block. Owns nothing; the task's coroutine. */
#include "kept.h"

#include <assert.h>
#include <string.h>

static void key_put(struct kept_key *key, const void *data, size_t len) {
    assert(key->len + len <= sizeof key->bytes);
    memcpy(key->bytes + key->len, data, len);
    key->len += len;
}

/* Without its leading zero bytes, since every entry carries it: most chain ids have one or two bytes. */
static void key_put_number(struct kept_key *key, uint64_t number) {
    uint8_t bytes[1 + sizeof number];
    uint8_t n = 0;
    for (; number > 0; number >>= 8) bytes[++n] = (uint8_t)number;
    bytes[0] = n;
    key_put(key, bytes, (size_t)1 + n);
}

void kept_key_begin(struct kept_key *key, const struct source *source, const struct block_ref *block,
                    uint8_t question) {
    key->len = 0;
    key_put(key, &question, sizeof question);
    key_put_number(key, chain_id(source->chain));
    if (!block->head) key_put(key, block->hash.bytes, sizeof block->hash.bytes);
}

void kept_key_add(struct kept_key *key, const address *a) {
    key_put(key, a->bytes, sizeof a->bytes);
}

void kept_key_add_hash(struct kept_key *key, const hash32 *hash) {
    key_put(key, hash->bytes, sizeof hash->bytes);
}

void kept_value_begin(struct kept_value *value, const struct block_ref *block) {
    value->len = 0;
    kept_value_add(value, block->hash.bytes, kept_content_at(block));
}

void kept_value_add(struct kept_value *value, const void *data, size_t len) {
    assert(value->len + len <= sizeof value->bytes);
    memcpy(value->bytes + value->len, data, len);
    value->len += len;
}

size_t kept_content_at(const struct block_ref *block) {
    return block->head ? sizeof block->hash.bytes : 0;
}

bool kept_is_true_at(const struct block_ref *block, const void *value, size_t value_len) {
    size_t stamp = kept_content_at(block);
    return value_len >= stamp && memcmp(value, block->hash.bytes, stamp) == 0;
}

bool kept_is_late(const struct source *source, const struct block_ref *block) {
    struct block_ref newest;
    if (!block->head || !chain_known_block(source->chain, &newest, BLOCK_LATEST)) return false;
    return !hash32_equal(&newest.hash, &block->hash);
}

uint64_t kept_until_ms(const struct task *task, const struct block_ref *block) {
    bool for_ever = block->head || block->finalized;
    return for_ever ? UINT64_MAX : reactor_now_ms(task->reactor) + KEPT_UNFINAL_TTL_MS;
}
