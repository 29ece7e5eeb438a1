/* The way of asking that every node knows, and the only one that tells why a contract's call failed. The calls and what
 * they bring live in the task's arena.
 * On the task's thread, in a coroutine. */
#include "plain.h"

#include "eth/u256.h"

/* Leaves params NULL when the arena's cap is passed. */
static struct rpc_call make_call(struct task *task, const struct state_read *read, const struct block_ref *block) {
    static const char *const methods[] = {
        [STATE_CALL] = "eth_call",
        [STATE_INIT_CODE] = "eth_call",
        [STATE_BALANCE] = "eth_getBalance",
        [STATE_CODE] = "eth_getCode",
    };
    const address *to = read->kind == STATE_INIT_CODE ? NULL : &read->to;
    bool is_call = read->kind == STATE_CALL || read->kind == STATE_INIT_CODE;
    return (struct rpc_call){
        .method = methods[read->kind],
        .params = is_call ? rpc_params_call(task, to, read->data, read->data_len, block)
                          : rpc_params_account(task, &read->to, block),
    };
}

void read_settle(struct state_read *read, enum rpc_outcome outcome, enum err err, const char *detail) {
    read->outcome = outcome;
    read->err = err;
    read->bytes = NULL;
    read->len = 0;
    read->retry_after_s = 0;
    read->detail = detail != NULL ? detail : "";
}

void read_settle_like(struct state_read *read, const struct rpc_call *call) {
    read_settle(read, call->outcome, call->err, call->detail);
    read->retry_after_s = call->retry_after_s;
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
    read_settle_like(read, call);
    if (call->err != ERR_OK) return;
    enum err err = read->kind == STATE_BALANCE ? take_balance(task, read, call)
                                               : rpc_result_bytes(task, &read->bytes, &read->len, call);
    if (err != ERR_OK) read_settle(read, RPC_NONSENSE, ERR_UPSTREAM_ERROR, "a node's answer was not understood");
}

void plain_read_many(struct task *task, struct chain *chain, const struct block_ref *block, struct state_read **reads,
                     size_t n, bool heavy) {
    struct rpc_call *calls = arena_alloc(task->arena, n * sizeof(*calls));
    bool fits = calls != NULL;
    for (size_t i = 0; fits && i < n; i++) {
        calls[i] = make_call(task, reads[i], block);
        calls[i].heavy = heavy;
        fits = calls[i].params != NULL;
    }
    if (fits) rpc_batch(task, chain, calls, n);
    for (size_t i = 0; i < n; i++) {
        if (fits) {
            take(task, reads[i], &calls[i]);
        } else {
            read_settle(reads[i], RPC_TOO_LARGE, ERR_OVERLOADED, "the request needs too much memory");
        }
    }
}
