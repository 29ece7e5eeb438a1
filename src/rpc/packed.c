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

static const char *make_params(struct task *task, const struct packed *packed) {
    struct buf data;
    buf_init(&data, MAX_CALLDATA_BYTES);
    packed->packing->encode(&data, packed->items, packed->n);
    if (data.failed) abort(); /* 200 items of 1024 bytes each are less */
    const char *params =
        rpc_params_call(task, packed->packing->to, (const uint8_t *)data.data, data.len, packed->block);
    buf_free(&data);
    return params;
}

/* A hash of zeros is what a chain says that does not know; matching the parent of a first block, it proves nothing. */
static enum rpc_outcome check_witness(const struct packed *packed, const hash32 *witness) {
    static const hash32 unknown;
    atomic_bool *provable = &packed->chain->batching.provable;
    if (!hash32_equal(witness, &packed->block->parent_hash)) return atomic_load(provable) ? RPC_NONSENSE : RPC_OK;
    if (!hash32_equal(witness, &unknown)) atomic_store(provable, true);
    return RPC_OK;
}

/* Before the pool believes the node. On a copy of the items, since another node may be answering the same call. */
static enum rpc_outcome check(struct task *task, const struct rpc_call *call, const json_t *result) {
    const struct packed *packed = call->check_arg;
    size_t size = packed->n * sizeof(struct multicall_item);
    struct multicall_item *copy = arena_alloc(task->arena, size);
    const struct rpc_call answered = {.method = call->method, .result = result};
    const uint8_t *data;
    size_t len;
    hash32 witness;
    if (copy == NULL || rpc_result_bytes(task, &data, &len, &answered) != ERR_OK) return RPC_INVALID;
    if (len == 0) return RPC_OK; /* nobody there: an answer as well */
    memcpy(copy, packed->items, size);
    if (packed->packing->decode(&witness, copy, packed->n, data, len) != ERR_OK) return RPC_NODE_ERROR;
    return check_witness(packed, &witness);
}

void packed_prepare(struct task *task, struct rpc_call *call, const struct packed *packed) {
    *call = (struct rpc_call){.method = "eth_call", .check = check, .check_arg = packed};
    call->params = make_params(task, packed);
}

/* Decodes what check has seen before: only memory can be short now. */
enum packed_end packed_take(struct task *task, struct rpc_call *call, struct packed *packed) {
    const uint8_t *data;
    size_t len;
    if (call->err != ERR_OK) return PACKED_FAILED;
    enum err err = rpc_result_bytes(task, &data, &len, call);
    if (err == ERR_OK && len == 0) return PACKED_ABSENT;
    if (err == ERR_OK) err = packed->packing->decode(&packed->witness, packed->items, packed->n, data, len);
    if (err == ERR_OK) return PACKED_TAKEN;
    call->outcome = RPC_TOO_LARGE;
    return PACKED_FAILED;
}
