/* One HTTP request with one or more calls to one node, from a coroutine. On the task's thread. */
#ifndef DAPPD_RPC_ATTEMPT_H
#define DAPPD_RPC_ATTEMPT_H

#include <stdbool.h>
#include <stddef.h>

#include "rpc/rpc.h"
#include "upstream.h"

struct attempt {
    struct upstream *upstream;
    struct rpc_call **calls;
    size_t n;
    enum upstream_question question;
    uint64_t timeout_ms; /* 0: as the setting */
    /* out */
    enum rpc_outcome *outcomes; /* n of them: what this try came to for each call */
    bool refused;               /* the node wants shorter batches: calls that came to TOO_LARGE may do in one */
    bool new_connection;        /* the reply came over a connection that was made for it */
};

/* Makes sure that the node serves this chain, sends the calls and takes what comes back into each of them. What came
 * over a new connection counts only once the node at its other end has proved itself. */
void attempt_send(struct task *task, struct chain *chain, struct attempt *attempt);

/* The same without asking for the chain id first. */
void attempt_send_unverified(struct task *task, struct chain *chain, struct attempt *attempt);

#endif
