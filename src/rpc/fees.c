/* Header, history, and where these say too little what a node would pay itself. Each answer is held against the block
 * before it counts; a node without one that will do is passed over for the next.
 * Facts are the chain's; replies live in the task's arena.
 * On the task's thread, in a coroutine. */
#include "rpc/fees.h"

#include <stdio.h>

#include "chain_state.h"
#include "eth/hex.h"
#include "fee_json.h"
#include "flight.h"
#include "rpc/rpc.h"
#include "transport.h"

enum { PARAMS_BYTES = 96 };

static enum rpc_outcome check_header(struct task *task, const struct rpc_call *call, const json_t *result) {
    struct fee_header header;
    (void)task;
    return fee_json_header(&header, result, call->check_arg) ? RPC_OK : RPC_NONSENSE;
}

static struct rpc_call header_call(char params[PARAMS_BYTES], const hash32 *hash) {
    char hex[HASH32_TEXT_BYTES];
    (void)snprintf(params, PARAMS_BYTES, "[\"%s\",false]", hash32_format(hex, hash));
    return (struct rpc_call){
        .method = "eth_getBlockByHash", .params = params, .check = check_header, .check_arg = hash};
}

static enum err fail(struct task *task, const struct rpc_call *call) {
    (void)task_fail(task, call->err, "%s", call->detail);
    task->fault.retry_after_s = call->retry_after_s;
    return call->err;
}

/* Of the block and its parent, which the first block does not have, and a node may no longer keep. */
static enum err read_headers(struct task *task, struct chain *chain, struct fee_facts *out,
                             const struct block_ref *block) {
    char params[2][PARAMS_BYTES];
    struct rpc_call calls[] = {header_call(params[0], &block->hash), header_call(params[1], &block->parent_hash)};
    rpc_batch(task, chain, calls, block->number > 0 ? 2 : 1);
    if (calls[0].err != ERR_OK) return fail(task, &calls[0]);
    if (!fee_json_header(&out->head, calls[0].result, &block->hash)) return task_fail_memory(task);
    out->has_parent = block->number > 0 && calls[1].err == ERR_OK &&
                      fee_json_header(&out->parent, calls[1].result, &block->parent_hash);
    return ERR_OK;
}

/* A history that is of no use says nothing against the node: chains have their own ideas of what belongs there. */
static enum rpc_outcome check_history(struct task *task, const struct rpc_call *call, const json_t *result) {
    struct fee_history history;
    u256 blob_base_fee;
    bool has_blob_base_fee;
    (void)task;
    bool good = fee_json_history(&history, &blob_base_fee, &has_blob_base_fee, result, call->check_arg);
    return good ? RPC_OK : RPC_INVALID;
}

static enum rpc_outcome check_amount(struct task *task, const struct rpc_call *call, const json_t *result) {
    u256 amount;
    (void)task;
    (void)call;
    return fee_json_amount(&amount, result) ? RPC_OK : RPC_INVALID;
}

/* What a node refuses to tell is no failure, what it cannot tell now is one. Out: *told. */
static enum err ask(struct task *task, struct chain *chain, struct rpc_call *call, bool *told) {
    const struct fault before = task->fault;
    enum err err = rpc_call(task, chain, call);
    *told = err == ERR_OK;
    if (err != ERR_UPSTREAM_ERROR) return err;
    task->fault = before;
    return ERR_OK;
}

static enum err read_history(struct task *task, struct chain *chain, struct fee_facts *out,
                             const struct block_ref *block) {
    struct fee_question question = {.last = block->number, .n = FEE_HISTORY_BLOCKS, .head = &out->head};
    char params[PARAMS_BYTES], n[19], last[19];
    struct rpc_call call = {
        .method = "eth_feeHistory", .params = params, .check = check_history, .check_arg = &question};
    bool told;
    if (block->number < question.n) question.n = (size_t)block->number + 1;
    (void)snprintf(params, sizeof(params), "[\"%s\",\"%s\",[10,50,90]]", hex_encode_u64(n, question.n),
                   hex_encode_u64(last, block->number));
    enum err err = ask(task, chain, &call, &told);
    if (err != ERR_OK || !told) return err;
    return fee_json_history(&out->history, &out->blob_base_fee, &out->has_blob_base_fee, call.result, &question)
               ? ERR_OK
               : task_fail_memory(task);
}

static enum err read_amount(struct task *task, struct chain *chain, u256 *out, bool *told, const char *method) {
    struct rpc_call call = {.method = method, .params = "[]", .check = check_amount};
    enum err err = ask(task, chain, &call, told);
    if (err == ERR_OK && *told) *told = fee_json_amount(out, call.result);
    return err;
}

/* In blocks without transactions nobody has paid anything. */
static bool tells_rewards(const struct fee_history *history) {
    bool used = false;
    for (size_t i = 0; i < history->n; i++) used |= history->used[i] > 0;
    return used && history->has_rewards;
}

static enum err read_suggestion(struct task *task, struct chain *chain, struct fee_facts *out) {
    bool told = false;
    enum err err = ERR_OK;
    if (tells_rewards(&out->history)) return ERR_OK;
    if (out->head.has_base_fee) err = read_amount(task, chain, &out->suggestion, &told, "eth_maxPriorityFeePerGas");
    if (told) out->suggested = FEE_SUGGESTED_TIP;
    if (told || err != ERR_OK) return err;
    err = read_amount(task, chain, &out->suggestion, &told, "eth_gasPrice");
    if (err == ERR_OK && !told) return task_fail(task, ERR_UPSTREAM_ERROR, "no node tells what gas costs");
    out->suggested = FEE_SUGGESTED_PRICE;
    return err;
}

static enum err read_blob_base_fee(struct task *task, struct chain *chain, struct fee_facts *out) {
    if (!out->head.has_blobs || out->has_blob_base_fee) return ERR_OK;
    return read_amount(task, chain, &out->blob_base_fee, &out->has_blob_base_fee, "eth_blobBaseFee");
}

static enum err read_all(struct task *task, struct chain *chain, struct fee_facts *out, const struct block_ref *block) {
    *out = (struct fee_facts){.block = block->hash};
    enum err err = read_headers(task, chain, out, block);
    if (err == ERR_OK) err = read_history(task, chain, out, block);
    if (err == ERR_OK) err = read_suggestion(task, chain, out);
    if (err == ERR_OK) err = read_blob_base_fee(task, chain, out);
    if (err == ERR_OK) fee_board_put(&chain->fees, out);
    return err;
}

/* The first to want it asks, for all who want it meanwhile. */
static enum err lead(struct task *task, struct chain *chain, struct fee_facts *out, const struct block_ref *block,
                     struct flight *own) {
    enum err err = read_all(task, chain, out, block);
    struct flight_result result = {.out_of_time = err == ERR_TIMEOUT};
    if (err != ERR_OK) result.fault = task->fault;
    flight_land(transport_flights(transport_of(task)), own, &result);
    return err;
}

/* Another's failure is ours, unless it had less time; and it may have asked about another block. */
enum err fees_read(struct task *task, struct chain *chain, struct fee_facts *out, const struct block_ref *block) {
    struct flight **flights = transport_flights(transport_of(task));
    struct flight own;
    struct flight_result result;
    while (!fee_board_get(&chain->fees, out, &block->hash)) {
        if (!flight_join(flights, &own, &result, task, &chain->fees)) return lead(task, chain, out, block, &own);
        if (!result.out_of_time && result.fault.code != ERR_OK) {
            task->fault = result.fault;
            return result.fault.code;
        }
        if (reactor_now_ms(task->reactor) >= task->deadline_ms) {
            return task_fail(task, ERR_TIMEOUT, "the deadline passed while waiting for a node");
        }
    }
    return ERR_OK;
}
