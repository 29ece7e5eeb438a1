/* Nodes agree on few error codes and reuse most of them, so one table holds what their texts mean.
 * Owns nothing but constant tables.
 * Any thread: pure functions. */
#include "errors.h"

#include <assert.h>

#include "phrase.h"

/* Means a revert wherever it is used; the text beside it may be nothing but the contract's reason. */
enum { CODE_REVERTED = 3 };

/* Text is matched before any other code, because -32005 is a rate limit at one provider and a cap on results at
 * another. Patterns are lower case; '*' stands for any text. The first row that matches counts, so the order matters: a
 * revert reason is written by a contract and may say anything, and a method name may contain "block". */
static const struct {
    const char *pattern;
    enum rpc_outcome outcome;
} texts[] = {
    {"revert", RPC_REVERTED},
    {"vm execution error", RPC_REVERTED}, /* OpenEthereum, Nethermind */
    {"vm exception", RPC_REVERTED},       /* Ganache, Hardhat */
    {"evm error invalid", RPC_REVERTED},  /* anvil: halted, no revert data */
    {"evm error stack", RPC_REVERTED},
    {"evm error opcode", RPC_REVERTED},
    {"invalid opcode", RPC_REVERTED},
    {"invalid jump destination", RPC_REVERTED},
    {"stack underflow", RPC_REVERTED},
    {"stack limit reached", RPC_REVERTED},
    {"write protection", RPC_REVERTED},

    {"out of gas", RPC_OUT_OF_GAS},
    {"evm error outofgas", RPC_OUT_OF_GAS}, /* anvil */
    {"evm error*oog", RPC_OUT_OF_GAS},
    {"gas required exceeds", RPC_OUT_OF_GAS},
    {"intrinsic gas", RPC_OUT_OF_GAS},
    {"gas limit*exceed", RPC_OUT_OF_GAS}, /* Besu, Nethermind */
    {"exceed*gas limit", RPC_OUT_OF_GAS},
    {"gas limit*cap", RPC_OUT_OF_GAS}, /* EIP-7825 in geth and reth */

    {"code size exceeded", RPC_TOO_LARGE}, /* of init code, or what it returns */
    {"createcontractsizelimit", RPC_TOO_LARGE},
    {"batch*too large", RPC_TOO_LARGE}, /* geth, reth */
    {"batch*limit", RPC_TOO_LARGE},     /* Erigon, Nethermind */
    {"batch*exceed", RPC_TOO_LARGE},    /* Besu */
    {"exceed*batch", RPC_TOO_LARGE},
    {"too many*batch", RPC_TOO_LARGE},
    {"batch*not allowed", RPC_TOO_LARGE}, /* dRPC */
    {"batch*not supported", RPC_TOO_LARGE},
    {"maximum batch", RPC_TOO_LARGE},
    {"invalid block range", RPC_INVALID}, /* from past to */
    {"block range", RPC_TOO_LARGE},       /* Alchemy, Ankr, reth, geth, publicnode */
    {"blocks range", RPC_TOO_LARGE},      /* 1rpc */
    {"limited to*range", RPC_TOO_LARGE},  /* QuickNode */
    {"range*exceeds limit", RPC_TOO_LARGE},
    {"exceeds*range", RPC_TOO_LARGE}, /* Besu */
    {"ranges over", RPC_TOO_LARGE},   /* dRPC */
    {"max range", RPC_TOO_LARGE},     /* Cloudflare */
    {"range*too large", RPC_TOO_LARGE},
    {"range*too wide", RPC_TOO_LARGE},
    {"returned more than", RPC_TOO_LARGE},
    {"max results", RPC_TOO_LARGE},
    {"narrow your filter", RPC_TOO_LARGE}, /* Erigon */
    {"too many logs", RPC_TOO_LARGE},      /* Nethermind */
    {"response*too large", RPC_TOO_LARGE},
    {"response*too big", RPC_TOO_LARGE}, /* reth */
    {"response size", RPC_TOO_LARGE},
    {"request*too big", RPC_TOO_LARGE},
    {"entity too large", RPC_TOO_LARGE},
    {"payload too large", RPC_TOO_LARGE},

    {"missing trie node", RPC_STATE_MISSING},
    {"historical state", RPC_STATE_MISSING}, /* geth */
    {"no state available", RPC_STATE_MISSING},
    {"state*not available", RPC_STATE_MISSING},
    {"state*unavailable", RPC_STATE_MISSING}, /* Besu */
    {"pruned", RPC_STATE_MISSING},
    {"pruning", RPC_STATE_MISSING},         /* Erigon */
    {"state histories", RPC_STATE_MISSING}, /* geth: not indexed yet */
    {"archive", RPC_STATE_MISSING},         /* publicnode, Infura */
    {"only serves recent blocks", RPC_STATE_MISSING},

    {"rate limit", RPC_RATE_LIMITED},
    {"rate-limit", RPC_RATE_LIMITED},
    {"rate exceeded", RPC_RATE_LIMITED},
    {"request limit", RPC_RATE_LIMITED},    /* QuickNode */
    {"too many request", RPC_RATE_LIMITED}, /* dRPC leaves out the s */
    {"rps limit", RPC_RATE_LIMITED},        /* Chainstack */
    {"requests limited to", RPC_RATE_LIMITED},
    {"requests per second", RPC_RATE_LIMITED},
    {"request count exceeded", RPC_RATE_LIMITED}, /* Infura, by day */
    {"compute units", RPC_RATE_LIMITED},          /* Alchemy */
    {"capacity", RPC_RATE_LIMITED},
    {"quota", RPC_RATE_LIMITED},
    {"credits", RPC_RATE_LIMITED},
    {"throttle", RPC_RATE_LIMITED},
    {"too much load", RPC_RATE_LIMITED},

    {"method*not", RPC_INVALID}, /* not found, not supported, does not exist, not whitelisted */
    {"unsupported method", RPC_INVALID},

    {"header not found", RPC_BLOCK_UNKNOWN}, /* geth */
    {"header for hash not found", RPC_BLOCK_UNKNOWN},
    {"not currently canonical", RPC_BLOCK_UNKNOWN},
    {"not canonical", RPC_BLOCK_UNKNOWN},   /* Nethermind */
    {"block*not found", RPC_BLOCK_UNKNOWN}, /* Erigon, reth, a chain without that tag */
    {"block*does not exist", RPC_BLOCK_UNKNOWN},
    {"unknown block", RPC_BLOCK_UNKNOWN},
    {"unknown header", RPC_BLOCK_UNKNOWN},
    {"resource not found", RPC_BLOCK_UNKNOWN}, /* anvil */
    {"blockoutofrange", RPC_BLOCK_UNKNOWN},    /* anvil */
    {"block*out of range", RPC_BLOCK_UNKNOWN},
    {"could not be found", RPC_BLOCK_UNKNOWN}, /* Nethermind */
    {"future block", RPC_BLOCK_UNKNOWN},
    {"after last accepted block", RPC_BLOCK_UNKNOWN}, /* Avalanche */
    {"cannot query unfinalized data", RPC_BLOCK_UNKNOWN},

    {"timeout", RPC_NODE_ERROR},
    {"timed out", RPC_NODE_ERROR},

    {"not supported", RPC_INVALID}, /* whatever it is */
    {"not enabled", RPC_INVALID},
    {"not available on", RPC_INVALID}, /* some plan */
};

/* These statuses say more than the code in their body: Alchemy sends 401 with -32600. */
static const struct {
    int status;
    enum rpc_outcome outcome;
} statuses[] = {
    {401, RPC_NODE_ERROR}, {402, RPC_RATE_LIMITED}, {403, RPC_NODE_ERROR},
    {413, RPC_TOO_LARGE},  {429, RPC_RATE_LIMITED},
};

static const struct {
    int64_t code;
    enum rpc_outcome outcome;
} codes[] = {
    {-32015, RPC_REVERTED},      /* OpenEthereum */
    {429, RPC_RATE_LIMITED},     /* an HTTP status in a body with status 200 */
    {-32005, RPC_RATE_LIMITED},  /* EIP-1474: limit exceeded */
    {-32007, RPC_RATE_LIMITED},  /* QuickNode */
    {-32029, RPC_RATE_LIMITED},  /* Ankr */
    {35, RPC_TOO_LARGE},         /* dRPC */
    {-32614, RPC_TOO_LARGE},     /* QuickNode */
    {-32047, RPC_TOO_LARGE},     /* Cloudflare */
    {-32701, RPC_TOO_LARGE},     /* publicnode */
    {4444, RPC_STATE_MISSING},   /* EIP-4444 */
    {-32001, RPC_BLOCK_UNKNOWN}, /* EIP-1474: resource not found */
    {-32004, RPC_INVALID},       /* EIP-1474: method not supported */
    {-32600, RPC_INVALID},       /* JSON-RPC: invalid request */
    {-32601, RPC_INVALID},       /* JSON-RPC: method not found */
    {-32602, RPC_INVALID},       /* JSON-RPC: invalid parameters */
    {-32700, RPC_INVALID},       /* JSON-RPC: parse error */
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool find_status(enum rpc_outcome *out, int status) {
    for (size_t i = 0; i < COUNT(statuses); i++) {
        if (statuses[i].status != status) continue;
        *out = statuses[i].outcome;
        return true;
    }
    return false;
}

enum rpc_outcome rpc_error_classify(int http_status, int64_t code, const char *text, size_t len) {
    char folded[PHRASE_MAX_BYTES];
    size_t n = phrase_fold(folded, text, len);
    if (code == CODE_REVERTED) return RPC_REVERTED;
    for (size_t i = 0; i < COUNT(texts); i++) {
        if (phrase_find(folded, n, texts[i].pattern) != NULL) return texts[i].outcome;
    }
    enum rpc_outcome outcome;
    if (find_status(&outcome, http_status)) return outcome;
    for (size_t i = 0; i < COUNT(codes); i++) {
        if (codes[i].code == code) return codes[i].outcome;
    }
    return http_status >= 500 ? RPC_UNREACHABLE : RPC_NODE_ERROR;
}

enum rpc_outcome rpc_http_classify(int http_status) {
    enum rpc_outcome outcome;
    if (find_status(&outcome, http_status)) return outcome;
    if (http_status >= 500) return RPC_UNREACHABLE;
    return http_status >= 400 ? RPC_NODE_ERROR : RPC_NONSENSE;
}

/* Request timeout, gateway timeout, and Cloudflare's word for the latter. */
bool rpc_http_is_timeout(int http_status) {
    return http_status == 408 || http_status == 504 || http_status == 524;
}

static const struct rpc_policy policies[RPC_OUTCOME_COUNT] = {
    [RPC_OK] = {"ok", ERR_OK, "", RPC_RETRY_NEVER, 11},
    [RPC_REVERTED] = {"reverted", ERR_EXECUTION_REVERTED, "execution reverted", RPC_RETRY_NEVER, 11},
    [RPC_OUT_OF_GAS] = {"out_of_gas", ERR_EXECUTION_REVERTED, "the call ran out of gas", RPC_RETRY_ELSEWHERE, 10},
    [RPC_INVALID] = {"invalid", ERR_UPSTREAM_ERROR, "the node refused the request", RPC_RETRY_ELSEWHERE, 7},
    [RPC_BLOCK_UNKNOWN] = {"block_unknown", ERR_BLOCK_NOT_FOUND, "the node does not know this block",
                           RPC_RETRY_ELSEWHERE, 9},
    [RPC_STATE_MISSING] = {"state_missing", ERR_STATE_UNAVAILABLE, "the node no longer keeps the state of this block",
                           RPC_RETRY_ELSEWHERE, 8},
    [RPC_RATE_LIMITED] = {"rate_limited", ERR_UPSTREAM_UNAVAILABLE, "the node limits the rate of requests",
                          RPC_RETRY_ANYWHERE, 3},
    [RPC_TOO_LARGE] = {"too_large", ERR_UPSTREAM_ERROR, "the answer is too large", RPC_RETRY_ELSEWHERE, 6},
    [RPC_NODE_ERROR] = {"node_error", ERR_UPSTREAM_ERROR, "the node reported an error", RPC_RETRY_ANYWHERE, 5},
    [RPC_NONSENSE] = {"nonsense", ERR_UPSTREAM_ERROR, "the node's answer was not understood", RPC_RETRY_ANYWHERE, 4},
    [RPC_UNREACHABLE] = {"unreachable", ERR_UPSTREAM_UNAVAILABLE, "no node could be reached", RPC_RETRY_ANYWHERE, 1},
    [RPC_TIMED_OUT] = {"timed_out", ERR_UPSTREAM_UNAVAILABLE, "no node answered in time", RPC_RETRY_ANYWHERE, 2},
};

const struct rpc_policy *rpc_policy(enum rpc_outcome outcome) {
    assert(outcome < RPC_OUTCOME_COUNT);
    return &policies[outcome];
}

const char *rpc_outcome_name(enum rpc_outcome outcome) {
    return rpc_policy(outcome)->name;
}
