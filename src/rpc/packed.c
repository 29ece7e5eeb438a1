/* A node may answer for another block than it was asked about: behind a balancer, or in the moment it mines one. So
 * each packed call brings back the hash of the block before the one it ran at, which must be the parent's. Memory is
 * the task's arena.
 * On the task's thread, in a coroutine. */
#include "packed.h"

#include <stdlib.h>
#include <string.h>

#include "chain_state.h"

enum { MAX_CALLDATA_BYTES = 1024 * 1024 };

const struct packing packing_fan_out = {
    .isolates = true, /* by STATICCALL, each with a share of the gas */
    .fits = fan_out_fits,
    .encode = fan_out_encode,
    .decode = fan_out_decode,
};

/* aggregate3 makes plain calls, one after the other: what a contract changes in its own, later ones see. One that holds
 * a token could transfer it and so make up a balance that is asked for behind it. So only reads of one contract go
 * together; those of balances call none. */
static size_t of_one_contract(const struct multicall_item *items, size_t n) {
    size_t same = 0;
    if (n > MULTICALL_MAX_ITEMS) n = MULTICALL_MAX_ITEMS;
    while (same < n && items[same].kind == items[0].kind) {
        if (items[0].kind == MULTICALL_CALL && !address_equal(&items[same].to, &items[0].to)) break;
        same++;
    }
    return same;
}

const struct packing packing_multicall3 = {
    .to = &multicall3_address,
    .fits = of_one_contract,
    .encode = multicall3_encode,
    .decode = multicall3_decode,
    .fallback = &packing_fan_out,
};

/* What was asked; the check's argument. */
struct parcel {
    struct chain *chain;
    const struct block_ref *block;
    const struct packing *packing;
    struct multicall_item *items;
    size_t n;
};

static const char *make_params(struct task *task, const struct parcel *parcel) {
    struct buf data;
    buf_init(&data, MAX_CALLDATA_BYTES);
    parcel->packing->encode(&data, parcel->items, parcel->n);
    if (data.failed) abort(); /* 200 items of 1024 bytes each are less */
    const char *params =
        rpc_params_call(task, parcel->packing->to, (const uint8_t *)data.data, data.len, parcel->block);
    buf_free(&data);
    return params;
}

/* A hash of zeros is what a chain says that does not know; matching the parent of a first block, it proves nothing. */
static enum rpc_outcome check_witness(const struct parcel *parcel, const hash32 *witness) {
    static const hash32 unknown;
    atomic_bool *provable = &parcel->chain->batching.provable;
    if (!hash32_equal(witness, &parcel->block->parent_hash)) return atomic_load(provable) ? RPC_NONSENSE : RPC_OK;
    if (!hash32_equal(witness, &unknown)) atomic_store(provable, true);
    return RPC_OK;
}

/* Before the pool believes the node. On a copy of the items, since another node may be answering the same call. */
static enum rpc_outcome check(struct task *task, const struct rpc_call *call, const json_t *result) {
    const struct parcel *parcel = call->check_arg;
    size_t size = parcel->n * sizeof(struct multicall_item);
    struct multicall_item *copy = arena_alloc(task->arena, size);
    const struct rpc_call answered = {.method = call->method, .result = result};
    const uint8_t *data;
    size_t len;
    hash32 witness;
    if (copy == NULL || rpc_result_bytes(task, &data, &len, &answered) != ERR_OK) return RPC_INVALID;
    if (len == 0) return RPC_OK; /* nobody there: an answer as well */
    memcpy(copy, parcel->items, size);
    if (parcel->packing->decode(&witness, copy, parcel->n, data, len) != ERR_OK) return RPC_NODE_ERROR;
    return check_witness(parcel, &witness);
}

/* As check, which has seen this result before. */
static enum packed_end take(struct task *task, const struct parcel *parcel, const struct rpc_call *call) {
    const uint8_t *data;
    size_t len;
    hash32 witness;
    if (rpc_result_bytes(task, &data, &len, call) != ERR_OK) return PACKED_FAILED;
    if (len == 0) return PACKED_ABSENT;
    enum err err = parcel->packing->decode(&witness, parcel->items, parcel->n, data, len);
    return err == ERR_OK ? PACKED_TAKEN : PACKED_FAILED;
}

enum packed_end packed_ask(struct task *task, struct chain *chain, const struct block_ref *block,
                           const struct packing *packing, struct multicall_item *items, size_t n,
                           struct rpc_call *call) {
    const struct parcel parcel = {.chain = chain, .block = block, .packing = packing, .items = items, .n = n};
    *call = (struct rpc_call){.method = "eth_call", .check = check, .check_arg = &parcel};
    call->params = make_params(task, &parcel);
    if (call->params == NULL) {
        call->outcome = RPC_TOO_LARGE;
        return PACKED_FAILED;
    }
    if (rpc_call(task, chain, call) != ERR_OK) return PACKED_FAILED;
    enum packed_end end = take(task, &parcel, call);
    if (end == PACKED_FAILED) call->outcome = RPC_TOO_LARGE; /* only memory can have been short */
    return end;
}
