/* Many reads of state in one eth_call, and the proof that it ran at the block that was asked for. On the task's thread,
 * in a coroutine. */
#ifndef DAPPD_RPC_PACKED_H
#define DAPPD_RPC_PACKED_H

#include "eth/multicall.h"
#include "rpc/rpc.h"

/* One way of putting many reads into a call: a row of a table. */
struct packing {
    const address *to; /* NULL: the data is init code */
    bool isolates;     /* no item can change what another one reads, or leave it without gas */
    size_t (*fits)(const struct multicall_item *items, size_t n); /* how many of them go together, from the first on */
    void (*encode)(struct buf *out, const struct multicall_item *items, size_t n);
    enum err (*decode)(hash32 *parent_hash, struct multicall_item *items, size_t n, const uint8_t *data, size_t len);
    const struct packing *fallback; /* where this one is not there at an old block; NULL: plain calls */
};

extern const struct packing packing_multicall3;
extern const struct packing packing_fan_out;

/* One packed call. */
struct packed {
    struct chain *chain;
    const struct block_ref *block;
    const struct packing *packing;
    struct multicall_item *items; /* as many as packing->fits says, and no more */
    size_t n;
    hash32 witness; /* out, once taken: the hash of the block before the one it ran at */
};

/* Makes the call. An answer that was not got at this block is handled as a node's failure, once this chain's blocks
 * have been seen to prove themselves. In: packed, borrowed until the call has returned. Out: call->params is NULL when
 * the task's arena is full. */
void packed_prepare(struct task *task, struct rpc_call *call, const struct packed *packed);

enum packed_end {
    PACKED_TAKEN,  /* the items have their answers */
    PACKED_ABSENT, /* nothing at that block answers such calls */
    PACKED_FAILED  /* the call says why */
};

/* Once the call has returned. Out: the witness and the items' answers, borrowed from the task's arena. */
enum packed_end packed_take(struct task *task, struct rpc_call *call, struct packed *packed) MUST_CHECK;

#endif
