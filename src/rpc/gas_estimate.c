/* Nodes run the transaction with different amounts of gas, so an estimate may cost them much, and what they say when it
 * fails is worth as much as the number. What is sent and what comes back lives in the task's arena.
 * On the task's thread, in a coroutine. */
#include "rpc/gas_estimate.h"

#include "eth/hex.h"
#include "rpc/rpc.h"
#include "rpc/state.h"
#include "rpc/tx_send.h"

enum { ADDRESS_HEX_BYTES = 2 * 20 + 3 };

/* ,"key":"0x..." of an address; "" where there is none. */
static const char *put_address(struct task *task, const char *key, bool has, const address *a) {
    char hex[ADDRESS_HEX_BYTES];
    if (!has) return "";
    return arena_printf(task->arena, "\"%s\":\"%s\",", key, hex_encode(hex, a->bytes, sizeof(a->bytes)));
}

static const char *put_block(struct task *task, const struct block_ref *block) {
    char hash[HASH32_TEXT_BYTES];
    if (block == NULL) return "";
    return arena_printf(task->arena, ",{\"blockHash\":\"%s\",\"requireCanonical\":true}",
                        hash32_format(hash, &block->hash));
}

/* In: block, NULL: the node's newest. Returns NULL once the arena's cap is passed. */
static const char *make_params(struct task *task, const struct gas_estimate *what, const struct block_ref *block) {
    char value[U256_HEX_BYTES];
    const char *from = put_address(task, "from", what->has_from, &what->from);
    const char *to = put_address(task, "to", what->has_to, &what->to);
    const char *at = put_block(task, block);
    char *data = arena_alloc(task->arena, 2 * what->data_len + 3);
    if (from == NULL || to == NULL || at == NULL || data == NULL) return NULL;
    (void)u256_to_hex(value, &what->value);
    return arena_printf(task->arena, "[{%s%s\"value\":\"%s\",\"data\":\"%s\"}%s]", from, to, value,
                        hex_encode(data, what->data, what->data_len), at);
}

/* What the last node said that did not estimate. */
struct complaint {
    enum rpc_outcome outcome;
    bool no_funds;
};

static void note_error(const struct rpc_call *call, enum rpc_outcome outcome, int64_t code, const char *text,
                       size_t len) {
    struct complaint *complaint = call->reader->arg;
    const bool is_contracts = outcome == RPC_REVERTED; /* which may say anything */
    *complaint = (struct complaint){outcome, !is_contracts && tx_verdict_of(code, text, len) == TX_NO_FUNDS};
}

static enum err take(struct task *task, struct gas_estimate *estimate, const struct rpc_call *call) {
    const char *text = json_string_value(call->result);
    if (call->err == ERR_OK) {
        enum err err = hex_decode_u64(&estimate->gas, text, json_string_length(call->result));
        return err == ERR_OK ? ERR_OK : task_fail(task, ERR_UPSTREAM_ERROR, "a node's answer was not understood");
    }
    estimate->reverted = call->outcome == RPC_REVERTED;
    if (call->revert_data != NULL && call->revert_len <= STATE_MAX_REVERT_BYTES) {
        estimate->revert_data = call->revert_data;
        estimate->revert_len = call->revert_len;
    }
    return call->err;
}

/* In: block, NULL: the node's newest. Out: *refused, no node takes the question like that. */
static enum err ask(struct task *task, struct chain *chain, struct gas_estimate *estimate,
                    const struct block_ref *block, bool *refused) {
    struct complaint complaint = {.outcome = RPC_OK};
    struct rpc_reader reader = {.error = note_error, .arg = &complaint};
    struct rpc_call call = {.method = "eth_estimateGas", .reader = &reader, .heavy = true};
    call.params = make_params(task, estimate, block);
    if (call.params == NULL) return task_fail_memory(task);
    enum err err = rpc_call(task, chain, &call);
    *refused = call.outcome == RPC_INVALID;
    if (err != ERR_OK && call.outcome == complaint.outcome && complaint.no_funds) {
        return task_fail(task, ERR_INSUFFICIENT_FUNDS, "%s", tx_verdict_info(TX_NO_FUNDS)->detail);
    }
    return take(task, estimate, &call);
}

enum err gas_estimate_read(struct task *task, struct chain *chain, struct gas_estimate *estimate,
                           const struct block_ref *block) {
    const struct fault before = task->fault;
    bool refused;
    estimate->gas = 0;
    estimate->reverted = false;
    estimate->revert_data = NULL;
    estimate->revert_len = 0;
    enum err err = ask(task, chain, estimate, block, &refused);
    if (!refused) return err;
    task->fault = before;
    return ask(task, chain, estimate, NULL, &refused);
}
