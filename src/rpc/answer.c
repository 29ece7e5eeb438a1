/* One place decides what a result or an error is worth, so that a node that answers rubbish is left for the next one
 * before a caller sees the rubbish. The calls belong to the caller, decoded data to its task's arena.
 * On the task's thread. */
#include "answer.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "block_json.h"
#include "errors.h"
#include "eth/abi.h"
#include "eth/hex.h"
#include "revert.h"

/* null: this node does not have the block; another one may. */
static enum rpc_outcome check_block(struct task *task, struct rpc_call *call, const json_t *result) {
    (void)task;
    (void)call;
    struct block_ref block;
    if (json_is_null(result)) return RPC_BLOCK_UNKNOWN;
    return block_json_read(&block, result) ? RPC_OK : RPC_NONSENSE;
}

static bool is_hex(const char *text, size_t len) {
    if (len < 2 || text[0] != '0' || text[1] != 'x') return false;
    for (size_t i = 2; i < len; i++) {
        if (hex_digit(text[i]) < 0) return false;
    }
    return true;
}

static bool is_data(const json_t *result) {
    size_t len = json_string_length(result);
    return json_is_string(result) && len % 2 == 0 && is_hex(json_string_value(result), len);
}

/* Data of any length, "0x" included. */
static enum rpc_outcome check_data(struct task *task, struct rpc_call *call, const json_t *result) {
    (void)task;
    (void)call;
    return is_data(result) ? RPC_OK : RPC_NONSENSE;
}

/* A number of up to 256 bits. */
static enum rpc_outcome check_quantity(struct task *task, struct rpc_call *call, const json_t *result) {
    (void)task;
    (void)call;
    size_t len = json_string_length(result);
    bool fits = json_is_string(result) && len > 2 && len <= 2 + 64;
    return fits && is_hex(json_string_value(result), len) ? RPC_OK : RPC_NONSENSE;
}

/* A nonce (EIP-2681) or an amount of gas. */
static enum rpc_outcome check_count(struct task *task, struct rpc_call *call, const json_t *result) {
    uint64_t count;
    (void)task;
    (void)call;
    if (!json_is_string(result)) return RPC_NONSENSE;
    enum err err = hex_decode_u64(&count, json_string_value(result), json_string_length(result));
    return err == ERR_OK ? RPC_OK : RPC_NONSENSE;
}

/* Some nodes answer a reverted eth_call with 200 and the revert data as the result. */
static enum rpc_outcome check_call(struct task *task, struct rpc_call *call, const json_t *result) {
    if (!is_data(result)) return RPC_NONSENSE;
    bool reverted = revert_from_result(task->arena, &call->revert_data, &call->revert_len, result);
    return reverted ? RPC_REVERTED : RPC_OK;
}

/* What makes a result of these methods usable. */
static const struct {
    const char *method;
    enum rpc_outcome (*check)(struct task *task, struct rpc_call *call, const json_t *result);
} checks[] = {
    {"eth_call", check_call},
    {"eth_getBlockByNumber", check_block},
    {"eth_getBlockByHash", check_block},
    {"eth_chainId", check_quantity},
    {"eth_getBalance", check_quantity},
    {"eth_getStorageAt", check_quantity},
    {"eth_getTransactionCount", check_count},
    {"eth_getCode", check_data},
    {"eth_estimateGas", check_count},
};

static enum rpc_outcome check_by_method(struct task *task, struct rpc_call *call, const json_t *result) {
    for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
        if (strcmp(checks[i].method, call->method) == 0) return checks[i].check(task, call, result);
    }
    return RPC_OK;
}

static enum rpc_outcome check_result(struct task *task, struct rpc_call *call, const json_t *result) {
    enum rpc_outcome outcome = check_by_method(task, call, result);
    return outcome == RPC_OK && call->check != NULL ? call->check(task, call, result) : outcome;
}

/* What a reader gets is an array, an object or null, unless null says the same for everybody. */
static enum rpc_outcome read_result(struct task *task, struct rpc_call *call, const struct codec_item *item) {
    if (item->raw != NULL) return call->reader->result(call, item->raw, item->raw_len);
    if (!json_is_null(item->value)) return RPC_NONSENSE;
    enum rpc_outcome outcome = check_by_method(task, call, item->value);
    return outcome == RPC_OK ? call->reader->result(call, "null", 4) : outcome;
}

static bool runs_code(const char *method) {
    static const char *const methods[] = {"eth_call", "eth_estimateGas", "eth_simulateV1", "eth_sendRawTransaction"};
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        if (strcmp(methods[i], method) == 0) return true;
    }
    return false;
}

/* What runs no code cannot fail as code does, whatever a node says. */
static enum rpc_outcome classify(const struct rpc_call *call, const struct codec_error *error, int http_status) {
    const enum rpc_outcome outcome = rpc_error_classify(http_status, error->code, error->text, error->text_len);
    const bool by_code = outcome == RPC_REVERTED || outcome == RPC_OUT_OF_GAS;
    return by_code && !runs_code(call->method) ? RPC_NODE_ERROR : outcome;
}

static enum rpc_outcome check_error(struct task *task, struct rpc_call *call, const json_t *error, int http_status) {
    struct codec_error read = codec_error_read(error);
    enum rpc_outcome outcome = classify(call, &read, http_status);
    if (outcome == RPC_REVERTED) {
        (void)revert_from_error(task->arena, &call->revert_data, &call->revert_len, error); /* not all have data */
    }
    if (call->reader != NULL && call->reader->error != NULL) {
        call->reader->error(call, outcome, read.code, read.text, read.text_len);
    }
    return outcome;
}

/* The reason is the contract's own text out of the revert data, never the node's message. */
static void describe_revert(struct rpc_call *call) {
    char reason[TASK_DETAIL_BYTES / 2];
    if (call->revert_data == NULL) return;
    if (abi_decode_revert(reason, sizeof(reason), call->revert_data, call->revert_len) == 0) return;
    snprintf(call->detail, sizeof(call->detail), "%s: %s", rpc_policy(RPC_REVERTED)->detail, reason);
}

static void settle(struct rpc_call *call, enum rpc_outcome outcome) {
    const struct rpc_policy *policy = rpc_policy(outcome);
    call->outcome = outcome;
    call->err = policy->err;
    snprintf(call->detail, sizeof(call->detail), "%s", policy->detail);
    if (outcome == RPC_REVERTED) describe_revert(call);
}

void answer_clear(struct rpc_call *call) {
    call->result = NULL;
    call->revert_data = NULL;
    call->revert_len = 0;
    call->retry_after_s = 0;
    settle(call, RPC_UNREACHABLE); /* tells the least: any try replaces it */
}

/* What tells more than what is known already replaces it. */
static void learn(struct rpc_call *call, enum rpc_outcome outcome) {
    if (rpc_policy(outcome)->telling >= rpc_policy(call->outcome)->telling) settle(call, outcome);
}

void answer_take_failure(struct rpc_call *call, enum rpc_outcome outcome) {
    assert(outcome != RPC_OK);
    learn(call, outcome);
}

enum rpc_outcome answer_take(struct task *task, struct rpc_call *call, const struct codec_item *item, int http_status) {
    enum rpc_outcome outcome = RPC_NONSENSE;
    if (item->kind == CODEC_RESULT && codec_reads_itself(call)) {
        outcome = read_result(task, call, item);
    } else if (item->kind == CODEC_RESULT) {
        outcome = check_result(task, call, item->value);
        if (outcome == RPC_OK) call->result = item->value;
    } else if (item->kind == CODEC_ERROR) {
        outcome = check_error(task, call, item->value, http_status);
    }
    learn(call, outcome);
    return outcome;
}
