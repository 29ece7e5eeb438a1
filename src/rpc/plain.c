/* The way of asking that every node knows, and the only one that tells why a contract's call failed. The calls and what
 * they bring live in the task's arena.
 * On the task's thread, in a coroutine. */
#include "plain.h"

#include <assert.h>

#include "eth/u256.h"

enum { WORD_BYTES = 32 };

/* How each kind of read is asked, and whether a number comes back rather than data. */
static const struct {
    const char *method;
    bool is_number;
} kinds[] = {
    [STATE_CALL] = {"eth_call", false},           [STATE_BALANCE] = {"eth_getBalance", true},
    [STATE_CODE] = {"eth_getCode", false},        [STATE_NONCE] = {"eth_getTransactionCount", true},
    [STATE_STORAGE] = {"eth_getStorageAt", true}, [STATE_INIT_CODE] = {"eth_call", false},
};

/* NULL when the arena's cap is passed. */
static const char *make_params(struct task *task, const struct state_read *read, const struct block_ref *block) {
    switch (read->kind) {
    case STATE_CALL:
        return rpc_params_call(task, &read->to, read->data, read->data_len, block);
    case STATE_INIT_CODE:
        return rpc_params_call(task, NULL, read->data, read->data_len, block);
    case STATE_STORAGE:
        assert(read->data_len == WORD_BYTES);
        return rpc_params_storage(task, &read->to, read->data, block);
    case STATE_BALANCE:
    case STATE_CODE:
    case STATE_NONCE:
        break;
    }
    return rpc_params_account(task, &read->to, block);
}

void read_settle(struct state_read *read, enum rpc_outcome outcome, enum err err, const char *detail) {
    read->outcome = outcome;
    read->err = err;
    read->bytes = NULL;
    read->len = 0;
    read->revert_data = NULL;
    read->revert_len = 0;
    read->retry_after_s = 0;
    read->detail = detail != NULL ? detail : "";
}

void read_settle_like(struct state_read *read, const struct rpc_call *call) {
    read_settle(read, call->outcome, call->err, call->detail);
    read->retry_after_s = call->retry_after_s;
    if (call->outcome != RPC_REVERTED || call->revert_len > STATE_MAX_REVERT_BYTES) return;
    read->revert_data = call->revert_data;
    read->revert_len = call->revert_len;
}

static enum err take_number(struct task *task, struct state_read *read, const struct rpc_call *call) {
    u256 number;
    const char *text = json_string_value(call->result);
    uint8_t *bytes = arena_alloc(task->arena, WORD_BYTES);
    if (bytes == NULL || u256_from_hex(&number, text, json_string_length(call->result)) != ERR_OK) {
        return ERR_UPSTREAM_ERROR;
    }
    u256_to_be(bytes, &number);
    read->bytes = bytes;
    read->len = WORD_BYTES;
    return ERR_OK;
}

static void take(struct task *task, struct state_read *read, const struct rpc_call *call) {
    read_settle_like(read, call);
    if (call->err != ERR_OK) return;
    enum err err = kinds[read->kind].is_number ? take_number(task, read, call)
                                               : rpc_result_bytes(task, &read->bytes, &read->len, call);
    if (err != ERR_OK) read_settle(read, RPC_NONSENSE, ERR_UPSTREAM_ERROR, "a node's answer was not understood");
}

void plain_read_many(struct task *task, struct chain *chain, const struct block_ref *block, struct state_read **reads,
                     size_t n, bool heavy) {
    struct rpc_call *calls = arena_alloc(task->arena, n * sizeof(*calls));
    bool fits = calls != NULL;
    for (size_t i = 0; fits && i < n; i++) {
        calls[i] = (struct rpc_call){.method = kinds[reads[i]->kind].method, .heavy = heavy};
        calls[i].params = make_params(task, reads[i], block);
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
