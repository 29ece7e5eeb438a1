/* Token metadata from the cache or the nodes. Memory is the task's arena; the task's coroutine. */
#include "services/metadata.h"

#include <string.h>

#include "eth/abi.h"
#include "rpc/rpc.h"

enum { GETTERS = 3, TTL_MS = 10 * 60 * 1000 };

static const enum erc20_selector getters[GETTERS] = {ERC20_NAME, ERC20_SYMBOL, ERC20_DECIMALS};

/* What a token says at the head is kept for a while under a key without block, but only when nothing is missing: a
 * token that is deployed in the next block must not stay nameless. All else is kept for its block alone. */
struct metadata_key {
    uint64_t chain_id;
    address token;
    uint32_t at_block; /* 1: block counts; also fills what would be padding, since keys are compared as bytes */
    hash32 block;
};

static struct metadata_key head_key(const struct source *source, const address *token) {
    return (struct metadata_key){.chain_id = chain_id(source->chain), .token = *token};
}

static struct metadata_key block_key(const struct source *source, const address *token, const struct block_ref *block) {
    return (struct metadata_key){
        .chain_id = chain_id(source->chain), .token = *token, .at_block = 1, .block = block->hash};
}

static bool look_up(const struct task *task, const struct source *source, struct metadata_read *read,
                    const struct metadata_key *key) {
    return cache_get(source->cache, CACHE_TOKEN, &read->metadata, sizeof read->metadata, key, sizeof *key,
                     reactor_now_ms(task->reactor));
}

static void keep(struct task *task, const struct source *source, const struct metadata_read *read,
                 const struct block_ref *block, bool is_head) {
    const struct erc20_metadata *m = &read->metadata;
    bool complete = m->has_name && m->has_symbol && m->decimals >= 0;
    bool for_a_while = is_head && complete;
    struct metadata_key key = for_a_while ? head_key(source, &read->token) : block_key(source, &read->token, block);
    uint64_t expires_ms = for_a_while ? reactor_now_ms(task->reactor) + TTL_MS : UINT64_MAX;
    cache_put(source->cache, CACHE_TOKEN, &key, sizeof key, m, sizeof *m, expires_ms);
}

/* In: detail, static or in the arena; NULL when the arena's cap is passed. */
static void fail(struct metadata_read *read, enum err err, const char *detail) {
    read->err = err;
    read->detail = detail != NULL ? detail : "";
}

/* A getter that reverts or answers something else is missing; a node that fails is an error: "unknown decimals" must
 * not be said of a token that has them. */
static bool is_missing(const struct rpc_call *call) {
    return call->outcome == RPC_REVERTED;
}

/* ERC-20 has uint8; more than U256_MAX_DECIMALS cannot be shown, so it counts as unknown. */
static int16_t decode_decimals(const uint8_t *data, size_t len) {
    u256 value;
    if (abi_decode_u256(&value, data, len) != ERR_OK || !u256_fits_u64(&value)) return -1;
    return value.limb[0] <= U256_MAX_DECIMALS ? (int16_t)value.limb[0] : -1;
}

static void take_getter(struct task *task, struct metadata_read *read, enum erc20_selector getter,
                        const struct rpc_call *call) {
    struct erc20_metadata *m = &read->metadata;
    const uint8_t *data;
    size_t len;
    if (is_missing(call)) return;
    if (call->err != ERR_OK) {
        fail(read, call->err, arena_strndup(task->arena, call->detail, strlen(call->detail)));
        read->retry_after_s = call->retry_after_s;
        return;
    }
    if (rpc_result_bytes(task, &data, &len, call) != ERR_OK) {
        fail(read, ERR_UPSTREAM_ERROR, "a node answered eth_call with no data");
        return;
    }
    if (getter == ERC20_NAME) m->has_name = abi_decode_string(m->name, sizeof m->name, data, len) == ERR_OK;
    if (getter == ERC20_SYMBOL) m->has_symbol = abi_decode_string(m->symbol, sizeof m->symbol, data, len) == ERR_OK;
    if (getter == ERC20_DECIMALS) m->decimals = decode_decimals(data, len);
}

size_t metadata_look_up(const struct task *task, const struct source *source, struct metadata_read *reads, size_t n,
                        const struct block_ref *block, bool is_head) {
    size_t missing = 0;
    for (size_t i = 0; i < n; i++) {
        struct metadata_read *read = &reads[i];
        struct metadata_key recent = head_key(source, &read->token);
        struct metadata_key exact = block_key(source, &read->token, block);
        read->err = ERR_OK;
        read->retry_after_s = 0;
        read->detail = "";
        read->missing = !(is_head && look_up(task, source, read, &recent)) && !look_up(task, source, read, &exact);
        if (read->missing) missing++;
    }
    return missing;
}

static struct rpc_call make_call(struct task *task, const address *token, enum erc20_selector getter,
                                 const struct block_ref *block) {
    struct abi_call data;
    erc20_call_getter(&data, getter);
    return (struct rpc_call){.method = "eth_call", .params = rpc_params_call(task, token, &data, block)};
}

/* Out: GETTERS calls for each missing read, in order. Returns their number, or 0 when the arena's cap is passed. */
static size_t make_calls(struct task *task, struct rpc_call *calls, const struct metadata_read *reads, size_t n,
                         const struct block_ref *block) {
    size_t m = 0;
    for (size_t i = 0; i < n; i++) {
        for (size_t g = 0; reads[i].missing && g < GETTERS; g++) {
            calls[m] = make_call(task, &reads[i].token, getters[g], block);
            if (calls[m++].params == NULL) return 0;
        }
    }
    return m;
}

static void take_all(struct task *task, struct metadata_read *read, const struct rpc_call calls[GETTERS]) {
    memset(&read->metadata, 0, sizeof read->metadata);
    read->metadata.decimals = -1;
    for (size_t g = 0; g < GETTERS; g++) take_getter(task, read, getters[g], &calls[g]);
}

void metadata_fetch(struct task *task, const struct source *source, struct metadata_read *reads, size_t n,
                    const struct block_ref *block, bool is_head) {
    struct rpc_call *calls = arena_alloc(task->arena, n * GETTERS * sizeof *calls);
    size_t m = calls != NULL ? make_calls(task, calls, reads, n, block) : 0;
    if (m > 0) rpc_batch(task, source->chain, calls, m);
    const struct rpc_call *next = calls;
    for (size_t i = 0; i < n; i++) {
        if (!reads[i].missing) continue;
        if (m == 0) {
            fail(&reads[i], ERR_OVERLOADED, "the request needs too much memory");
            continue;
        }
        take_all(task, &reads[i], next);
        next += GETTERS;
        if (reads[i].err == ERR_OK) keep(task, source, &reads[i], block, is_head);
    }
}
