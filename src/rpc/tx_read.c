/* null is what a node says that has not heard of a transaction, or has forgotten it, so another one is asked. Memory is
 * the task's arena.
 * On the task's thread, in a coroutine. */
#include "rpc/tx_read.h"

#include <stdio.h>

#include "eth/hex.h"
#include "rpc/rpc.h"
#include "tx_json.h"

enum { PARAMS_BYTES = HASH32_TEXT_BYTES + sizeof "[\"\"]" };

static enum rpc_outcome check(struct task *task, const struct rpc_call *call, const json_t *result) {
    struct tx_read read;
    if (json_is_null(result)) return RPC_BLOCK_UNKNOWN;
    return tx_json_read(&read, task->arena, result, call->check_arg) ? RPC_OK : RPC_NONSENSE;
}

enum err tx_read(struct task *task, struct chain *chain, struct tx_read *out, const hash32 *hash) {
    char params[PARAMS_BYTES], hex[HASH32_TEXT_BYTES];
    struct rpc_call call = {.method = "eth_getTransactionByHash", .params = params, .check = check, .check_arg = hash};
    const struct fault before = task->fault;
    (void)snprintf(params, sizeof(params), "[\"%s\"]", hash32_format(hex, hash));
    *out = (struct tx_read){.known = false};
    enum err err = rpc_call(task, chain, &call);
    if (err == ERR_BLOCK_NOT_FOUND) task->fault = before;
    if (err != ERR_OK) return err == ERR_BLOCK_NOT_FOUND ? ERR_OK : err;
    return tx_json_read(out, task->arena, call.result, hash) ? ERR_OK : task_fail_memory(task);
}

enum err tx_read_pending_nonce(struct task *task, struct chain *chain, uint64_t *out, const address *account) {
    char params[PARAMS_BYTES], hex[2 * sizeof(account->bytes) + 3];
    struct rpc_call call = {.method = "eth_getTransactionCount", .params = params};
    (void)snprintf(params, sizeof(params), "[\"%s\",\"pending\"]",
                   hex_encode(hex, account->bytes, sizeof(account->bytes)));
    enum err err = rpc_call(task, chain, &call);
    if (err != ERR_OK) return err;
    return hex_decode_u64(out, json_string_value(call.result), json_string_length(call.result)) == ERR_OK
               ? ERR_OK
               : task_fail(task, ERR_UPSTREAM_ERROR, "a node's answer was not understood");
}
