/* Reads of state, as JSON-RPC calls and back. Memory is the task's arena.
 * Owns nothing.
 * On the task's thread, in a coroutine. */
#include "rpc/state.h"

#include <assert.h>
#include <string.h>

#include "eth/hex.h"
#include "eth/u256.h"

static const char *call_params(struct task *task, const struct state_read *read, const struct block_ref *block) {
    struct abi_call call = {.len = read->data_len};
    assert(read->data_len <= sizeof call.data);
    memcpy(call.data, read->data, read->data_len);
    return rpc_params_call(task, &read->to, &call, block);
}

/* Leaves params NULL when the arena's cap is passed. */
static struct rpc_call make_call(struct task *task, const struct state_read *read, const struct block_ref *block) {
    static const char *const methods[] = {
        [STATE_CALL] = "eth_call", [STATE_BALANCE] = "eth_getBalance", [STATE_CODE] = "eth_getCode"};
    bool is_call = read->kind == STATE_CALL;
    return (struct rpc_call){
        .method = methods[read->kind],
        .params = is_call ? call_params(task, read, block) : rpc_params_account(task, &read->to, block),
    };
}

static void fail(struct state_read *read, enum rpc_outcome outcome, enum err err, const char *detail) {
    read->outcome = outcome;
    read->err = err;
    read->detail = detail != NULL ? detail : "";
}

static enum err take_balance(struct task *task, struct state_read *read, const struct rpc_call *call) {
    u256 amount;
    const char *text = json_string_value(call->result);
    uint8_t *bytes = arena_alloc(task->arena, 32);
    if (bytes == NULL || u256_from_hex(&amount, text, json_string_length(call->result)) != ERR_OK) {
        return ERR_UPSTREAM_ERROR;
    }
    u256_to_be(bytes, &amount);
    read->bytes = bytes;
    read->len = 32;
    return ERR_OK;
}

static void take(struct task *task, struct state_read *read, const struct rpc_call *call) {
    read->outcome = call->outcome;
    read->err = call->err;
    read->retry_after_s = call->retry_after_s;
    read->detail = "";
    if (call->err != ERR_OK) {
        fail(read, call->outcome, call->err, arena_strndup(task->arena, call->detail, strlen(call->detail)));
        return;
    }
    enum err err = read->kind == STATE_BALANCE ? take_balance(task, read, call)
                                               : rpc_result_bytes(task, &read->bytes, &read->len, call);
    if (err != ERR_OK) fail(read, RPC_NONSENSE, ERR_UPSTREAM_ERROR, "a node's answer was not understood");
}

void state_read_many(struct task *task, struct chain *chain, const struct block_ref *block, struct state_read *reads,
                     size_t n) {
    struct rpc_call *calls = arena_alloc(task->arena, n * sizeof *calls);
    bool fits = calls != NULL;
    for (size_t i = 0; fits && i < n; i++) {
        calls[i] = make_call(task, &reads[i], block);
        fits = calls[i].params != NULL;
    }
    if (fits) rpc_batch(task, chain, calls, n);
    for (size_t i = 0; i < n; i++) {
        reads[i].bytes = NULL;
        if (fits) {
            take(task, &reads[i], &calls[i]);
        } else {
            fail(&reads[i], RPC_TOO_LARGE, ERR_OVERLOADED, "the request needs too much memory");
        }
    }
}
