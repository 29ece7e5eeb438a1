/* What the words of a node mean, and what each outcome leads to. Pure functions on untrusted text; any thread. */
#ifndef DAPPD_RPC_ERRORS_H
#define DAPPD_RPC_ERRORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rpc/rpc.h"

/* Meaning of a JSON-RPC error. In: the HTTP status it came with, its code (0: none) and its message.
 * Never RPC_OK, RPC_NONSENSE or RPC_TIMED_OUT. */
enum rpc_outcome rpc_error_classify(int http_status, int64_t code, const char *text, size_t len);

/* Meaning of an HTTP reply that holds no JSON-RPC. Never RPC_OK. */
enum rpc_outcome rpc_http_classify(int http_status);

/* A proxy says that the node behind it took too long. */
bool rpc_http_is_timeout(int http_status);

enum rpc_retry {
    RPC_RETRY_NEVER,     /* final */
    RPC_RETRY_ELSEWHERE, /* this node will say the same again, another may not */
    RPC_RETRY_ANYWHERE
};

/* What an outcome leads to. */
struct rpc_policy {
    const char *name;   /* in metrics, logs and /status */
    enum err err;       /* what a client is answered */
    const char *detail; /* public */
    enum rpc_retry retry;
    unsigned telling; /* of several outcomes of one call, the one with the highest number is reported */
};

/* Returns a static row. */
const struct rpc_policy *rpc_policy(enum rpc_outcome outcome);

#endif
