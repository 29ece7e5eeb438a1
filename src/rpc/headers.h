/* Headers of blocks by number, in as few requests as the nodes allow. On the task's thread, in a coroutine. */
#ifndef DAPPD_RPC_HEADERS_H
#define DAPPD_RPC_HEADERS_H

#include "block_read.h"
#include "rpc/logs.h"
#include "rpc/rpc.h"

/* A call for one header, and where it goes. */
struct header_call {
    char params[BLOCK_PARAMS_BYTES];
    struct rpc_reader reader;
    bool by_number;
    uint64_t number; /* that it has to be of; else */
    hash32 hash;
    struct header *out;
};

/* Makes the call ready. Both live until it has returned. */
void header_call_number(struct header_call *header, struct rpc_call *call, struct header *out, uint64_t number);
void header_call_hash(struct header_call *header, struct rpc_call *call, struct header *out, const hash32 *hash);

/* The headers of these numbers. Errors as headers_read. */
enum err headers_read_each(struct task *task, struct chain *chain, struct header *out, const uint64_t *numbers,
                           size_t n) MUST_CHECK;

#endif
