/* Receipts of many transactions, for whoever knows the chain's blocks already. Two tries of one call may run at once,
 * and each has a whole receipt or leaves things as they are. The receipts' logs are the caller's.
 * On the task's thread, in a coroutine. */
#include <stdio.h>
#include <stdlib.h>

#include "receipt_scan.h"
#include "rpc/rpc.h"

enum { PARAMS_BYTES = HASH32_TEXT_BYTES + sizeof "[\"\"]" };

struct question {
    struct receipt *out;
    const hash32 *tx;
    char params[PARAMS_BYTES];
    struct rpc_reader reader;
};

/* null: this node does not know it, or not yet; another one may. */
static enum rpc_outcome take_receipt(const struct rpc_call *call, const char *text, size_t len) {
    const struct question *question = call->reader->arg;
    struct receipt receipt = {.state = RECEIPT_MINED};
    if (len == 4 && text[0] == 'n') return RPC_BLOCK_UNKNOWN;
    if (!receipt_scan(&receipt, text, len, question->tx)) {
        receipt_free(&receipt);
        return RPC_NONSENSE;
    }
    receipt_free(question->out);
    *question->out = receipt;
    return RPC_OK;
}

static void prepare(struct question *question, struct rpc_call *call, struct receipt *out, const hash32 *tx) {
    char hex[HASH32_TEXT_BYTES];
    *question = (struct question){.out = out, .tx = tx, .reader = {.result = take_receipt, .arg = question}};
    (void)snprintf(question->params, sizeof question->params, "[\"%s\"]", hash32_format(hex, tx));
    *call = (struct rpc_call){
        .method = "eth_getTransactionReceipt", .params = question->params, .reader = &question->reader};
}

/* What one try has brought counts only if the call has come to it. */
static enum err settle(struct receipt *out, const struct rpc_call *call) {
    if (call->err == ERR_OK) return ERR_OK;
    receipt_free(out);
    *out = (struct receipt){.state = RECEIPT_UNKNOWN};
    return call->err == ERR_BLOCK_NOT_FOUND ? ERR_OK : call->err;
}

void receipt_read_many(struct task *task, struct chain *chain, struct receipt *out, enum err *errs, const hash32 *txs,
                       size_t n) {
    struct question *questions = calloc(n + 1, sizeof *questions);
    struct rpc_call *calls = calloc(n + 1, sizeof *calls);
    if (questions == NULL || calls == NULL) abort();
    for (size_t i = 0; i < n; i++) {
        out[i] = (struct receipt){.state = RECEIPT_UNKNOWN};
        prepare(&questions[i], &calls[i], &out[i], &txs[i]);
    }
    rpc_batch(task, chain, calls, n);
    for (size_t i = 0; i < n; i++) errs[i] = settle(&out[i], &calls[i]);
    free(calls);
    free(questions);
}
