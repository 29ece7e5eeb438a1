/* Token metadata from the cache or the nodes. Memory is the task's arena; the task's coroutine. */
#include "metadata.h"

#include <string.h>

#include "fetch.h"
#include "kept.h"

static const enum erc20_selector getters[METADATA_GETTERS] = {ERC20_NAME, ERC20_SYMBOL, ERC20_DECIMALS};

/* A look-up under way. */
struct found {
    const struct block_ref *block;
    struct erc20_metadata *metadata;
};

/* What is missing may be there in the next block: a token that is deployed in it must not stay nameless. */
static bool is_complete(const struct erc20_metadata *m) {
    return m->has_name && m->has_symbol && m->decimals >= 0;
}

static void make_key(struct kept_key *key, const struct source *source, const address *token,
                     const struct block_ref *block) {
    kept_key_begin(key, source, block, 0);
    kept_key_add(key, token);
}

/* The content of a value: decimals, then name and symbol, each behind a byte that says whether there is one. */
static void put_text(struct kept_value *value, bool has, const char *text) {
    uint8_t first = has;
    kept_value_add(value, &first, sizeof first);
    kept_value_add(value, text, strlen(text) + 1);
}

static const char *take_text(char *text, bool *has, const char *from) {
    size_t size = strlen(from + 1) + 1;
    *has = *from != 0;
    memcpy(text, from + 1, size);
    return from + 1 + size;
}

static bool take_kept(void *out, const void *value, size_t value_len) {
    const struct found *found = out;
    struct erc20_metadata *m = found->metadata;
    const char *content = (const char *)value + kept_content_at(found->block);
    memcpy(&m->decimals, content, sizeof m->decimals);
    const char *symbol = take_text(m->name, &m->has_name, content + sizeof m->decimals);
    (void)take_text(m->symbol, &m->has_symbol, symbol);
    return is_complete(m) || kept_is_true_at(found->block, value, value_len);
}

static bool find(const struct task *task, const struct source *source, struct metadata_read *read,
                 const struct block_ref *block) {
    struct found found = {block, &read->metadata};
    struct kept_key key;
    make_key(&key, source, &read->token, block);
    return cache_take(source->cache, CACHE_TOKEN, &found, take_kept, key.bytes, key.len, reactor_now_ms(task->reactor));
}

static void keep(const struct task *task, const struct source *source, const struct metadata_read *read,
                 const struct block_ref *block) {
    const struct erc20_metadata *m = &read->metadata;
    bool for_a_while = block->head && is_complete(m);
    struct kept_key key;
    struct kept_value value;
    make_key(&key, source, &read->token, block);
    kept_value_begin(&value, block);
    kept_value_add(&value, &m->decimals, sizeof m->decimals);
    put_text(&value, m->has_name, m->name);
    put_text(&value, m->has_symbol, m->symbol);
    cache_put(source->cache, CACHE_TOKEN, key.bytes, key.len, value.bytes, value.len,
              for_a_while ? reactor_now_ms(task->reactor) + METADATA_TTL_MS : kept_until_ms(task, block));
}

size_t metadata_look_up(const struct task *task, const struct source *source, struct metadata_read *reads, size_t n,
                        const struct block_ref *block) {
    size_t missing = 0;
    for (size_t i = 0; i < n; i++) {
        struct metadata_read *read = &reads[i];
        read->answer = NULL;
        read->err = ERR_OK;
        read->retry_after_s = 0;
        read->detail = "";
        read->missing = !find(task, source, read, block);
        if (read->missing) missing++;
    }
    return missing;
}

void metadata_ask(struct fetch *fetch, struct metadata_read *reads, size_t n) {
    for (size_t i = 0; i < n; i++) {
        for (size_t g = 0; reads[i].missing && g < METADATA_GETTERS; g++) {
            struct abi_call call;
            erc20_call_getter(&call, getters[g]);
            const struct state_read *answer = fetch_call(fetch, &reads[i].token, &call);
            if (g == 0) reads[i].answer = answer;
        }
    }
}

void metadata_fail(struct metadata_read *read, enum err err, const char *detail) {
    read->err = err;
    read->detail = detail != NULL ? detail : "";
}

/* A getter that reverts, runs out of gas or answers something else is missing; a node that fails is an error: "unknown
 * decimals" must not be said of a token that has them. */
static void take_getter(struct metadata_read *read, enum erc20_selector getter, const struct state_read *answer) {
    if (answer->err == ERR_EXECUTION_REVERTED) return;
    if (answer->err != ERR_OK) {
        metadata_fail(read, answer->err, answer->detail);
        read->retry_after_s = answer->retry_after_s;
        return;
    }
    erc20_metadata_take(&read->metadata, getter, answer->bytes, answer->len);
}

void metadata_take(struct task *task, const struct source *source, struct metadata_read *reads, size_t n,
                   const struct block_ref *block) {
    bool late = n > 0 && kept_is_late(source, block);
    for (size_t i = 0; i < n; i++) {
        struct metadata_read *read = &reads[i];
        if (!read->missing) continue;
        erc20_metadata_init(&read->metadata);
        for (size_t g = 0; g < METADATA_GETTERS; g++) take_getter(read, getters[g], &read->answer[g]);
        if (read->err == ERR_OK && !late) keep(task, source, read, block);
    }
}
