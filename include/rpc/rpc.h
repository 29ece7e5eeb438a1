/* JSON-RPC 2.0 calls to a chain's nodes, from a coroutine. Retries on the next upstream in order of priority where
 * that can help; tells apart what went wrong. One call object belongs to one task. */
#ifndef DAPPD_RPC_RPC_H
#define DAPPD_RPC_RPC_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/task.h"
#include "eth/address.h"
#include "rpc/chain.h"

struct reactor_rpc;

/* Gives this reactor its curl multi handle. Once per reactor, before any call on it. */
struct reactor_rpc *rpc_attach(struct reactor *reactor);
void rpc_detach(struct reactor_rpc *rpc);

/* What one call came to. The task's fault has the public detail. */
enum rpc_outcome {
    RPC_OK,
    RPC_REVERTED,   /* the EVM reverted: final */
    RPC_OUT_OF_GAS, /* the call used up what this node lets a call use: another may give more, a smaller batch need less
                     */
    RPC_INVALID,    /* the node refuses the parameters or the method: final on this node */
    RPC_BLOCK_UNKNOWN, /* header not found, not canonical, future block: pin again */
    RPC_STATE_MISSING, /* the node has pruned this state: another node may have it */
    RPC_RATE_LIMITED,
    RPC_TOO_LARGE,   /* batch or reply too large for this node */
    RPC_NODE_ERROR,  /* any other error the node reports: internal error, time-out on its side */
    RPC_NONSENSE,    /* no JSON, wrong id, no result and no error, an HTML page */
    RPC_UNREACHABLE, /* connect, TLS, reset, HTTP 5xx */
    RPC_TIMED_OUT,   /* the attempt's or the task's time passed */
    RPC_OUTCOME_COUNT
};

/* Text of an outcome for metrics and /status. */
const char *rpc_outcome_name(enum rpc_outcome outcome);

struct rpc_call;

/* What a result is worth that the method's own rule lets pass. Anything but RPC_OK is handled as if the node had said
 * that: another one may be asked. It sees every try, perhaps of a copy of the call: what it takes out of the result it
 * takes again once the call has returned. */
typedef enum rpc_outcome (*rpc_check)(struct task *task, const struct rpc_call *call, const json_t *result);

/* Takes what a node says about a call as it comes, because it is too much for a tree, or says more than an outcome. It
 * sees every try, perhaps of a copy of the call; what it keeps of one try replaces what it kept of an earlier one. */
struct rpc_reader {
    /* In: the text of a result that is an array, an object or null; whether it is JSON at all is for the reader to see.
     * Returns what it is worth, as an rpc_check does. NULL: results are parsed as those of any other call. */
    enum rpc_outcome (*result)(const struct rpc_call *call, const char *text, size_t len);
    /* In: what an error has been taken for, its code (0: none) and its text, or "". NULL: of no interest. */
    void (*error)(const struct rpc_call *call, enum rpc_outcome outcome, int64_t code, const char *text, size_t len);
    void *arg;
};

struct rpc_call {
    /* in */
    const char *method;
    const char *params;              /* JSON array text, borrowed until the call returns */
    rpc_check check;                 /* NULL: the method's own rule will do */
    const void *check_arg;           /* for the check */
    const struct rpc_reader *reader; /* NULL: the result is parsed */
    bool heavy; /* it failed among others, maybe for want of gas: if it takes long, that is the contract's doing */
    /* out */
    enum rpc_outcome outcome;
    enum err err;               /* ERR_OK, or what to answer a client about this call */
    const json_t *result;       /* borrowed: lives as long as the task's arena; NULL unless RPC_OK, or with a reader
                                 */
    const uint8_t *revert_data; /* task's arena; NULL unless RPC_REVERTED with data */
    size_t revert_len;
    int retry_after_s;              /* when a retry makes sense; 0: unknown */
    char detail[TASK_DETAIL_BYTES]; /* public, "" when OK */
};

/* One call. Returns call->err, with the task's fault set when not OK. */
enum err rpc_call(struct task *task, struct chain *chain, struct rpc_call *call) MUST_CHECK;

/* Many calls in as few JSON-RPC batches as limits allow, sent in parallel. Each call gets its own outcome and err; one
 * that fails never fails its neighbours: failed ones that a retry can help are retried without the others. */
void rpc_batch(struct task *task, struct chain *chain, struct rpc_call *calls, size_t n);

/* Ends what the task and its children are waiting for now, as if their deadline had passed. From another coroutine of
 * its reactor. */
void rpc_cancel(const struct task *task);

/* params of eth_call; of eth_getBalance, eth_getCode and eth_getTransactionCount; of eth_getStorageAt, each pinned to a
 * block per EIP-1898 with requireCanonical. Task's arena; NULL once its cap is passed. In: to, NULL when data is init
 * code; data, calldata of any length. */
const char *rpc_params_call(struct task *task, const address *to, const uint8_t *data, size_t len,
                            const struct block_ref *block);
const char *rpc_params_account(struct task *task, const address *account, const struct block_ref *block);
const char *rpc_params_storage(struct task *task, const address *account, const uint8_t slot[32],
                               const struct block_ref *block);

/* Bytes of a hex string result ("0x..."), in the task's arena. ERR_UPSTREAM_ERROR when it is no hex data. */
enum err rpc_result_bytes(struct task *task, const uint8_t **data, size_t *len, const struct rpc_call *call) MUST_CHECK;

#endif
