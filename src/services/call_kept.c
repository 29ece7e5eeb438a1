/* What the cache holds of calls: under contract and hash of the calldata one byte that says how it ended, then what
 * came back. Owns nothing; the task's coroutine. */
#include "call_kept.h"

#include <string.h>

#include "eth/keccak.h"
#include "kept.h"

/* Of their cache's kind, all there are. */
enum { QUESTION_CALL };

/* A look-up under way: the cache's lock is held while `take` fills it in. */
struct found {
    const struct block_ref *block;
    uint8_t content[CACHE_MAX_VALUE];
    size_t len;
};

static void make_key(struct kept_key *key, const struct source *source, const struct call_question *question,
                     const struct block_ref *block) {
    hash32 hash;
    keccak256(hash.bytes, question->data, question->len);
    kept_key_begin(key, source, block, QUESTION_CALL);
    kept_key_add(key, &question->contract);
    kept_key_add_hash(key, &hash);
}

static bool take(void *out, const void *value, size_t value_len) {
    struct found *found = out;
    if (!kept_is_true_at(found->block, value, value_len)) return false;
    found->len = value_len - kept_content_at(found->block);
    memcpy(found->content, (const uint8_t *)value + kept_content_at(found->block), found->len);
    return true;
}

bool call_kept_find(const struct task *task, const struct source *source, struct call_answer *out,
                    const struct call_question *question, const struct block_ref *block) {
    struct found found = {.block = block};
    struct kept_key key;
    make_key(&key, source, question, block);
    uint64_t now_ms = reactor_now_ms(task->reactor);
    if (!cache_take(source->cache, CACHE_CALL, &found, take, key.bytes, key.len, now_ms)) return false;
    *out = (struct call_answer){.end = (enum call_end)found.content[0], .len = found.len - 1};
    if (out->len == 0) return true;
    uint8_t *bytes = arena_alloc(task->arena, out->len);
    if (bytes == NULL) return false;
    out->bytes = memcpy(bytes, found.content + 1, out->len);
    return true;
}

void call_kept_put(const struct task *task, const struct source *source, const struct call_answer *answer,
                   const struct call_question *question, const struct block_ref *block) {
    const uint8_t end = (uint8_t)answer->end;
    struct kept_key key;
    struct kept_value value;
    kept_value_begin(&value, block);
    if (answer->len > sizeof value.bytes - value.len - sizeof end || kept_is_late(source, block)) return;
    kept_value_add(&value, &end, sizeof end);
    if (answer->len > 0) kept_value_add(&value, answer->bytes, answer->len);
    make_key(&key, source, question, block);
    cache_put(source->cache, CACHE_CALL, key.bytes, key.len, value.bytes, value.len, kept_until_ms(task, block));
}
