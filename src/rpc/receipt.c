/* A receipt is a node's word about a block that may have been replaced since, so it counts only when the block of that
 * number still has the hash that it names. The receipt's logs are the caller's.
 * On the task's thread, in a coroutine. */
#include "rpc/receipt.h"

#include <stdio.h>

#include "group.h"
#include "headers.h"
#include "log_list.h"
#include "pool.h"
#include "receipt_scan.h"

enum {
    MAX_READS = 4,  /* of a transaction that is being mined, or mined again, meanwhile */
    PAUSE_MS = 250, /* between them */
    PARAMS_BYTES = HASH32_TEXT_BYTES + sizeof "[\"\"]"
};

/* The question for a receipt on its way. */
struct question {
    struct receipt *out;
    const hash32 *tx;
};

void receipt_free(struct receipt *receipt) {
    logs_free(&receipt->logs);
}

static void clear(struct receipt *receipt) {
    logs_free(&receipt->logs);
    *receipt = (struct receipt){.state = RECEIPT_UNKNOWN};
}

/* null: this node does not know it, or not yet; another one may. */
static enum rpc_outcome take_receipt(const struct rpc_call *call, const char *text, size_t len) {
    const struct question *question = call->reader->arg;
    clear(question->out);
    if (len == 4 && text[0] == 'n') return RPC_BLOCK_UNKNOWN;
    if (!receipt_scan(question->out, text, len, question->tx)) return RPC_NONSENSE;
    question->out->state = RECEIPT_MINED;
    return RPC_OK;
}

static enum rpc_outcome judge(const struct attempt *attempt, enum rpc_outcome outcome, bool *final, void *arg) {
    (void)attempt;
    (void) final;
    if (outcome != RPC_OK) clear(((struct question *)arg)->out);
    return outcome;
}

static void write_params(char params[PARAMS_BYTES], const hash32 *tx) {
    char hex[HASH32_TEXT_BYTES];
    (void)snprintf(params, PARAMS_BYTES, "[\"%s\"]", hash32_format(hex, tx));
}

static enum err fail(struct task *task, const struct rpc_call *call) {
    if (call->err == ERR_OK) return ERR_OK;
    (void)task_fail(task, call->err, "%s", call->detail);
    task->fault.retry_after_s = call->retry_after_s;
    return call->err;
}

/* ERR_BLOCK_NOT_FOUND: no node has one. */
static enum err ask_receipt(struct task *task, struct chain *chain, struct receipt *out, const hash32 *tx) {
    char params[PARAMS_BYTES];
    struct question question = {.out = out, .tx = tx};
    struct rpc_reader reader = {.result = take_receipt, .arg = &question};
    struct rpc_call call = {.method = "eth_getTransactionReceipt", .params = params, .reader = &reader};
    struct rpc_call *calls[] = {&call};
    struct pool_group group = {.judge = judge, .arg = &question};
    write_params(params, tx);
    (void)pool_send_group(task, chain, calls, 1, &group);
    return fail(task, &call);
}

static enum rpc_outcome check_transaction(struct task *task, const struct rpc_call *call, const json_t *result) {
    (void)task;
    hash32 hash;
    const json_t *text = json_object_get(result, "hash");
    if (json_is_null(result)) return RPC_BLOCK_UNKNOWN;
    if (!json_is_string(text) || hash32_parse(&hash, json_string_value(text), json_string_length(text)) != ERR_OK) {
        return RPC_NONSENSE;
    }
    return hash32_equal(&hash, call->check_arg) ? RPC_OK : RPC_NONSENSE;
}

/* Of a transaction without a receipt. Out: mined, it has got a block meanwhile. */
static enum err ask_transaction(struct task *task, struct chain *chain, struct receipt *out, const hash32 *tx,
                                bool *mined) {
    char params[PARAMS_BYTES];
    struct rpc_call call = {
        .method = "eth_getTransactionByHash", .params = params, .check = check_transaction, .check_arg = tx};
    write_params(params, tx);
    *mined = false;
    enum err err = rpc_call(task, chain, &call);
    if (err != ERR_OK) return err == ERR_BLOCK_NOT_FOUND ? ERR_OK : err;
    *mined = json_is_string(json_object_get(call.result, "blockHash"));
    if (!*mined) out->state = RECEIPT_PENDING;
    return ERR_OK;
}

static void set_time(struct log_place *place, void *arg) {
    place->timestamp = ((const struct receipt *)arg)->block.timestamp;
}

/* Completes the block. Out: canonical. */
static enum err check_block(struct task *task, struct chain *chain, struct receipt *receipt, bool *canonical) {
    struct header header;
    struct block_ref finalized;
    enum err err = headers_read_each(task, chain, &header, &receipt->block.number, 1);
    *canonical = err == ERR_OK && hash32_equal(&header.block.hash, &receipt->block.hash);
    if (err == ERR_BLOCK_NOT_FOUND) return ERR_OK;
    if (err != ERR_OK || !*canonical) return err;
    receipt->block = header.block;
    receipt->block.finalized =
        chain_known_block(chain, &finalized, BLOCK_FINALIZED) && finalized.number >= receipt->block.number;
    logs_each_place(&receipt->logs, (struct logs_mark){.n_transfers = 0}, set_time, receipt);
    return ERR_OK;
}

/* Out: settled; false: what the nodes say does not fit together, just now. */
static enum err read_once(struct task *task, struct chain *chain, struct receipt *out, const hash32 *tx,
                          bool *settled) {
    enum err err = ask_receipt(task, chain, out, tx);
    if (err == ERR_OK) return check_block(task, chain, out, settled);
    if (err != ERR_BLOCK_NOT_FOUND) return err;
    bool mined;
    err = ask_transaction(task, chain, out, tx, &mined);
    *settled = !mined;
    return err;
}

enum err receipt_read(struct task *task, struct chain *chain, struct receipt *out, const hash32 *tx) {
    *out = (struct receipt){.state = RECEIPT_UNKNOWN};
    for (unsigned i = 0; i < MAX_READS; i++) {
        bool settled = false;
        if (i > 0) reactor_sleep_ms(task->reactor, PAUSE_MS);
        enum err err = read_once(task, chain, out, tx, &settled);
        if (err == ERR_OK) task->fault = (struct fault){.code = ERR_OK}; /* what one node lacked, another had */
        if (err != ERR_OK) clear(out);
        if (err != ERR_OK || settled) return err;
        clear(out);
    }
    return task_fail(task, ERR_UPSTREAM_ERROR, "the nodes do not agree on the block of this transaction");
}
