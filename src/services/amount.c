/* Amounts from the cache or the nodes. Memory is the task's arena; the task's coroutine. */
#include "services/amount.h"

#include <stdlib.h>
#include <string.h>

#include "eth/abi.h"
#include "eth/erc20.h"
#include "rpc/rpc.h"

/* An amount never changes at its block, and the block's hash says which block: no entry is ever wrong. */
struct amount_key {
    uint64_t chain_id;
    hash32 block;
    address token;
    address owner;
    address spender;
    uint32_t kind;
};

/* Why a contract's answer is not an amount is asked once the answer is in. */
struct miss {
    struct amount_read *read;
    bool empty; /* the call returned no bytes: no code there, or no such function */
};

static struct amount_key make_key(const struct source *source, const struct amount_read *read,
                                  const struct block_ref *block) {
    struct amount_key key;
    memset(&key, 0, sizeof key); /* padding is hashed too */
    key.chain_id = chain_id(source->chain);
    key.block = block->hash;
    key.token = read->token;
    key.owner = read->owner;
    key.spender = read->spender;
    key.kind = (uint32_t)read->kind;
    return key;
}

/* In: detail, static or in the arena; NULL when the arena's cap is passed. */
static void fail(struct amount_read *read, enum err err, const char *detail) {
    read->err = err;
    read->detail = detail != NULL ? detail : "";
}

static void fail_call(struct task *task, struct amount_read *read, const struct rpc_call *call) {
    fail(read, call->err, arena_strndup(task->arena, call->detail, strlen(call->detail)));
    read->retry_after_s = call->retry_after_s;
}

static void encode_call(struct abi_call *call, const struct amount_read *read) {
    switch (read->kind) {
    case AMOUNT_TOKEN_BALANCE:
        erc20_call_balance_of(call, &read->owner);
        return;
    case AMOUNT_ALLOWANCE:
        erc20_call_allowance(call, &read->owner, &read->spender);
        return;
    case AMOUNT_TOTAL_SUPPLY:
        erc20_call_getter(call, ERC20_TOTAL_SUPPLY);
        return;
    case AMOUNT_NATIVE_BALANCE:
        break;
    }
    abort(); /* a native balance is no contract call */
}

/* Leaves params NULL when the arena's cap is passed. */
static struct rpc_call make_call(struct task *task, const struct amount_read *read, const struct block_ref *block) {
    if (read->kind == AMOUNT_NATIVE_BALANCE) {
        return (struct rpc_call){.method = "eth_getBalance", .params = rpc_params_account(task, &read->owner, block)};
    }
    struct abi_call data;
    encode_call(&data, read);
    return (struct rpc_call){.method = "eth_call", .params = rpc_params_call(task, &read->token, &data, block)};
}

static void decode_native(struct amount_read *read, const struct rpc_call *call) {
    const char *text = json_string_value(call->result);
    size_t len = json_string_length(call->result);
    if (text == NULL || u256_from_hex(&read->amount, text, len) != ERR_OK) {
        fail(read, ERR_UPSTREAM_ERROR, "a node answered eth_getBalance with no quantity");
    }
}

static void decode_word(struct task *task, struct miss *miss, const struct rpc_call *call) {
    struct amount_read *read = miss->read;
    const uint8_t *data;
    size_t len;
    char token[ADDRESS_TEXT_BYTES];
    if (rpc_result_bytes(task, &data, &len, call) != ERR_OK) {
        fail(read, ERR_UPSTREAM_ERROR, "a node answered eth_call with no data");
        return;
    }
    miss->empty = len == 0;
    if (abi_decode_u256(&read->amount, data, len) == ERR_OK) return;
    fail(read, ERR_NOT_A_TOKEN,
         arena_printf(task->arena, "%s answered %zu bytes instead of an amount", address_format(token, &read->token),
                      len));
}

static void take_result(struct task *task, struct miss *miss, const struct rpc_call *call) {
    struct amount_read *read = miss->read;
    if (call->err != ERR_OK) {
        fail_call(task, read, call);
    } else if (read->kind == AMOUNT_NATIVE_BALANCE) {
        decode_native(read, call);
    } else {
        decode_word(task, miss, call);
    }
}

/* Nothing came back: is there no contract, or one without this function? A node that is behind could also say
 * nothing, so the code is asked for before the client is told that the address is no token. */
static void explain_empty(struct task *task, const struct source *source, struct miss *misses, size_t n,
                          const struct block_ref *block) {
    struct rpc_call *calls = arena_alloc(task->arena, n * sizeof *calls);
    struct amount_read **reads = arena_alloc(task->arena, n * sizeof *reads);
    size_t m = 0;
    if (calls == NULL || reads == NULL) return;
    for (size_t i = 0; i < n; i++) {
        if (!misses[i].empty) continue;
        const char *params = rpc_params_account(task, &misses[i].read->token, block);
        if (params == NULL) return;
        reads[m] = misses[i].read;
        calls[m++] = (struct rpc_call){.method = "eth_getCode", .params = params};
    }
    rpc_batch(task, source->chain, calls, m);
    for (size_t i = 0; i < m; i++) {
        const char *code = json_string_value(calls[i].result);
        char token[ADDRESS_TEXT_BYTES];
        (void)address_format(token, &reads[i]->token);
        if (calls[i].err != ERR_OK) {
            fail_call(task, reads[i], &calls[i]);
        } else if (code == NULL) {
            fail(reads[i], ERR_UPSTREAM_ERROR, "a node answered eth_getCode with no data");
        } else if (strcmp(code, "0x") == 0) {
            fail(reads[i], ERR_NOT_A_TOKEN,
                 arena_printf(task->arena, "there is no contract at %s in block %llu", token,
                              (unsigned long long)block->number));
        } else {
            fail(reads[i], ERR_NOT_A_TOKEN, arena_printf(task->arena, "the contract at %s answers nothing", token));
        }
    }
}

size_t amount_look_up(const struct task *task, const struct source *source, struct amount_read *reads, size_t n,
                      const struct block_ref *block) {
    uint64_t now_ms = reactor_now_ms(task->reactor);
    size_t missing = 0;
    for (size_t i = 0; i < n; i++) {
        struct amount_read *read = &reads[i];
        struct amount_key key = make_key(source, read, block);
        read->err = ERR_OK;
        read->retry_after_s = 0;
        read->detail = "";
        read->missing =
            !cache_get(source->cache, CACHE_AMOUNT, &read->amount, sizeof read->amount, &key, sizeof key, now_ms);
        if (read->missing) missing++;
    }
    return missing;
}

static void keep(const struct source *source, const struct amount_read *read, const struct block_ref *block) {
    struct amount_key key = make_key(source, read, block);
    cache_put(source->cache, CACHE_AMOUNT, &key, sizeof key, &read->amount, sizeof read->amount, UINT64_MAX);
}

static size_t collect_missing(struct miss *misses, struct amount_read *reads, size_t n) {
    size_t m = 0;
    for (size_t i = 0; i < n; i++) {
        if (reads[i].missing) misses[m++] = (struct miss){.read = &reads[i]};
    }
    return m;
}

static void fail_missing(struct amount_read *reads, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (reads[i].missing) fail(&reads[i], ERR_OVERLOADED, "the request needs too much memory");
    }
}

void amount_fetch(struct task *task, const struct source *source, struct amount_read *reads, size_t n,
                  const struct block_ref *block) {
    struct miss *misses = arena_alloc(task->arena, n * sizeof *misses);
    struct rpc_call *calls = arena_alloc(task->arena, n * sizeof *calls);
    size_t m = misses != NULL ? collect_missing(misses, reads, n) : 0;
    bool fits = misses != NULL && calls != NULL;
    for (size_t i = 0; fits && i < m; i++) {
        calls[i] = make_call(task, misses[i].read, block);
        fits = calls[i].params != NULL;
    }
    if (!fits) {
        fail_missing(reads, n);
        return;
    }
    rpc_batch(task, source->chain, calls, m);
    size_t empty = 0;
    for (size_t i = 0; i < m; i++) {
        take_result(task, &misses[i], &calls[i]);
        if (misses[i].empty) empty++;
    }
    if (empty > 0) explain_empty(task, source, misses, m, block);
    for (size_t i = 0; i < m; i++) {
        if (misses[i].read->err == ERR_OK) keep(source, misses[i].read, block);
    }
}

enum err amount_read_check(struct task *task, const struct amount_read *read) {
    if (read->err == ERR_OK) return ERR_OK;
    enum err err = task_fail(task, read->err, "%s", read->detail);
    task->fault.retry_after_s = read->retry_after_s;
    return err;
}
