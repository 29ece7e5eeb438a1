/* What the cache holds of amounts: under the question one byte that says what follows, then the amount without its
 * leading zero bytes or the public detail of the refusal. Owns nothing; the task's coroutine. */
#include "amount_kept.h"

#include <string.h>

#include "kept.h"
#include "rpc/state.h"

enum content { CONTENT_AMOUNT, CONTENT_NOT_A_TOKEN, CONTENT_NO_CODE, CONTENT_REVERTED };

/* Questions are told apart by the kind of amount; this one is about the token alone, whoever holds it. */
enum { QUESTION_CODE };

/* A look-up under way: the cache's lock is held while `take` fills it in. */
struct found {
    const struct block_ref *block;
    struct amount_read *read;
    char detail[TASK_DETAIL_BYTES];
};

static void make_key(struct kept_key *key, const struct source *source, const struct amount_read *read,
                     const struct block_ref *block) {
    kept_key_begin(key, source, block, (uint8_t)read->kind);
    if (read->kind != AMOUNT_NATIVE_BALANCE) kept_key_add(key, &read->token);
    if (read->kind != AMOUNT_TOTAL_SUPPLY) kept_key_add(key, &read->owner);
    if (read->kind == AMOUNT_ALLOWANCE) kept_key_add(key, &read->spender);
}

static void make_code_key(struct kept_key *key, const struct source *source, const struct amount_read *read,
                          const struct block_ref *block) {
    kept_key_begin(key, source, block, QUESTION_CODE);
    kept_key_add(key, &read->token);
}

static u256 amount_from(const uint8_t *bytes, size_t len) {
    uint8_t word[32] = {0};
    memcpy(word + sizeof word - len, bytes, len);
    return u256_from_be(word);
}

static void put_amount(struct kept_value *value, const u256 *amount) {
    uint8_t word[32];
    size_t zeros = 0;
    u256_to_be(word, amount);
    while (zeros < sizeof word && word[zeros] == 0) zeros++;
    kept_value_add(value, word + zeros, sizeof word - zeros);
}

static bool take(void *out, const void *value, size_t value_len) {
    struct found *found = out;
    if (!kept_is_true_at(found->block, value, value_len)) return false;
    struct amount_read *read = found->read;
    const uint8_t *content = (const uint8_t *)value + kept_content_at(found->block);
    const uint8_t *rest = content + 1;
    size_t rest_len = value_len - kept_content_at(found->block) - 1;
    read->no_code = *content == CONTENT_NO_CODE;
    read->err = *content == CONTENT_AMOUNT     ? ERR_OK
                : *content == CONTENT_REVERTED ? ERR_EXECUTION_REVERTED
                                               : ERR_NOT_A_TOKEN;
    if (read->err == ERR_OK) {
        read->amount = amount_from(rest, rest_len);
    } else {
        memcpy(found->detail, rest, rest_len);
        found->detail[rest_len] = '\0';
    }
    return true;
}

bool amount_kept_find(const struct task *task, const struct source *source, struct amount_read *read,
                      const struct block_ref *block) {
    struct found found = {.block = block, .read = read};
    uint64_t now_ms = reactor_now_ms(task->reactor);
    struct kept_key key;
    make_key(&key, source, read, block);
    bool hit = cache_take(source->cache, CACHE_AMOUNT, &found, take, key.bytes, key.len, now_ms);
    if (!hit && read->kind != AMOUNT_NATIVE_BALANCE) {
        make_code_key(&key, source, read, block);
        hit = cache_take(source->cache, CACHE_CODE, &found, take, key.bytes, key.len, now_ms);
    }
    if (hit && read->err != ERR_OK) {
        amount_fail(read, read->err, arena_strndup(task->arena, found.detail, strlen(found.detail)));
    }
    return hit;
}

/* Returns false for what says nothing of the block, such as how much gas a node gives. */
static bool content_of(enum content *content, const struct amount_read *read) {
    *content = CONTENT_AMOUNT;
    if (read->err == ERR_NOT_A_TOKEN) *content = read->no_code ? CONTENT_NO_CODE : CONTENT_NOT_A_TOKEN;
    if (read->answer->outcome == RPC_REVERTED) *content = CONTENT_REVERTED;
    return read->err == ERR_OK || *content != CONTENT_AMOUNT;
}

void amount_kept_put(const struct task *task, const struct source *source, const struct amount_read *read,
                     const struct block_ref *block) {
    enum content content;
    struct kept_key key;
    struct kept_value value;
    if (!content_of(&content, read)) return;
    uint8_t first = (uint8_t)content;
    kept_value_begin(&value, block);
    kept_value_add(&value, &first, sizeof first);
    if (content == CONTENT_AMOUNT) {
        put_amount(&value, &read->amount);
    } else {
        kept_value_add(&value, read->detail, strnlen(read->detail, TASK_DETAIL_BYTES - 1));
    }
    if (content == CONTENT_NO_CODE) {
        make_code_key(&key, source, read, block);
    } else {
        make_key(&key, source, read, block);
    }
    cache_put(source->cache, content == CONTENT_NO_CODE ? CACHE_CODE : CACHE_AMOUNT, key.bytes, key.len, value.bytes,
              value.len, kept_until_ms(task, block));
}
