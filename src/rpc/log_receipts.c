/* Receipts hold a block's logs as it was executed, and nodes keep them apart from the index that eth_getLogs goes by.
 * The list is the caller's. On the task's thread, in a coroutine. */
#include "log_receipts.h"

#include <stdio.h>

#include "eth/hex.h"
#include "group.h"
#include "log_list.h"
#include "pool.h"
#include "receipt_scan.h"

enum { PARAMS_BYTES = 32, QUANTITY_BYTES = 19, RECEIPTS_TIMEOUT_MS = 30 * 1000 };

/* The question for receipts on its way. */
struct receipts {
    const struct log_filter *filter;
    const struct header *block;
    struct logs *out;
    struct logs_mark mark;
};

static void set_time(struct log_place *place, void *arg) {
    place->timestamp = ((const struct header *)arg)->block.timestamp;
}

static enum rpc_outcome take_receipts(const struct rpc_call *call, const char *text, size_t len) {
    const struct receipts *receipts = call->reader->arg;
    struct header block = *receipts->block;
    size_t n_receipts, n_seen;
    logs_reset(receipts->out, receipts->mark);
    if (!receipts_scan_logs(receipts->out, &n_receipts, &n_seen, text, len, receipts->filter)) return RPC_NONSENSE;
    logs_each_place(receipts->out, receipts->mark, set_time, &block);
    return n_receipts > 0 || !block.has_transactions ? RPC_OK : RPC_NONSENSE;
}

static enum rpc_outcome judge(const struct attempt *attempt, enum rpc_outcome outcome, bool *final, void *arg) {
    const struct receipts *receipts = arg;
    (void)attempt;
    (void) final;
    if (outcome != RPC_OK) logs_reset(receipts->out, receipts->mark);
    return outcome;
}

enum err log_receipts_read(struct task *task, struct chain *chain, struct logs *out, enum rpc_outcome *outcome,
                           const struct log_filter *filter, const struct header *block) {
    char params[PARAMS_BYTES], number[QUANTITY_BYTES];
    struct receipts receipts = {.filter = filter, .block = block, .out = out, .mark = logs_mark(out)};
    struct rpc_reader reader = {.result = take_receipts, .arg = &receipts};
    struct rpc_call call = {.method = "eth_getBlockReceipts", .params = params, .reader = &reader};
    struct rpc_call *calls[] = {&call};
    struct pool_group group = {
        .question = UPSTREAM_LOGS, .timeout_ms = RECEIPTS_TIMEOUT_MS, .judge = judge, .arg = &receipts};
    (void)snprintf(params, sizeof(params), "[\"%s\"]", hex_encode_u64(number, block->block.number));
    *outcome = pool_send_group(task, chain, calls, 1, &group);
    if (call.err == ERR_OK) return ERR_OK;
    (void)task_fail(task, call.err, "%s", call.detail);
    task->fault.retry_after_s = call.retry_after_s;
    return call.err;
}
