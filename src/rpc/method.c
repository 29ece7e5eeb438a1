/* Probing costs two or three calls every ten minutes and only while somebody reads. What is found out belongs to the
 * chain.
 * On the task's thread, in a coroutine; the names on any. */
#include "method.h"

#include <string.h>

#include "block_read.h"
#include "chain_state.h"
#include "core/log.h"
#include "eth/keccak.h"
#include "flight.h"
#include "packed.h"
#include "pool.h"
#include "transport.h"

enum {
    REMEMBERED_MS = 10 * 60 * 1000,
    SOON_MS = 5 * 1000,  /* when nobody answered */
    PROBE_MS = 2 * 1000, /* requests wait for it */
    PROBE_ARENA = 1024 * 1024,
    WITNESS_TRIES = 3
};

static const struct {
    const char *name;
    const struct packing *packing;
} methods[METHOD_COUNT] = {
    [METHOD_MULTICALL3] = {"multicall3", &packing_multicall3},
    [METHOD_FAN_OUT] = {"fan_out", &packing_fan_out},
    [METHOD_JSON_RPC] = {"json_rpc", NULL},
    [METHOD_SINGLES] = {"singles", NULL},
};

const struct packing *method_packing(enum method method) {
    return methods[method].packing;
}

const char *method_name(enum method method) {
    return methods[method].name;
}

/* What one question to the nodes says of a method. */
enum verdict { VERDICT_YES, VERDICT_NO, VERDICT_UNKNOWN };

/* A refusal is about the question; everything else is about the node, and says nothing of the method. */
static enum verdict verdict_of(enum rpc_outcome outcome) {
    switch (outcome) {
    case RPC_OK:
        return VERDICT_YES;
    case RPC_REVERTED:
    case RPC_OUT_OF_GAS:
    case RPC_INVALID:
    case RPC_TOO_LARGE:
    case RPC_NODE_ERROR:
        return VERDICT_NO;
    default:
        return VERDICT_UNKNOWN;
    }
}

/* Whatever else lives at that address must not be trusted to call for us. */
static enum verdict is_multicall3_there(struct task *task, struct chain *chain, const struct block_ref *block) {
    struct rpc_call call = {.method = "eth_getCode", .params = rpc_params_account(task, &multicall3_address, block)};
    const uint8_t *code;
    size_t len;
    hash32 hash;
    if (rpc_call(task, chain, &call) != ERR_OK) return VERDICT_UNKNOWN;
    if (rpc_result_bytes(task, &code, &len, &call) != ERR_OK) return VERDICT_UNKNOWN;
    keccak256(hash.bytes, code, len);
    return hash32_equal(&hash, &multicall3_code_hash) ? VERDICT_YES : VERDICT_NO;
}

/* A witness that is no parent of the block asked for, but a block of this chain, tells of a node that runs calls
 * elsewhere: such chains do prove their blocks, and what does not is not believed from now on. */
static bool names_other_block(struct task *task, struct chain *chain, const hash32 *witness) {
    struct fault before = task->fault;
    struct block_ref block;
    enum err err = block_read_hash(task, chain, &block, witness);
    task->fault = before;
    if (err == ERR_OK) atomic_store(&chain->batching.provable, true);
    return err == ERR_OK;
}

/* Asks the precompiled contract that returns what it is given, and again where the answer does not prove its block: the
 * first node asked may be the one that answers for another. */
static enum verdict does_packing_work(struct task *task, struct chain *chain, const struct block_ref *block,
                                      const struct packing *packing) {
    static const address identity = {{[19] = 4}};
    static const uint8_t word[32] = "dappd";
    struct rpc_call call;
    for (int i = 0; i < WITNESS_TRIES; i++) {
        struct multicall_item item = {.to = identity, .data = word, .data_len = sizeof(word)};
        struct packed packed = {.chain = chain, .block = block, .packing = packing, .items = &item, .n = 1};
        packed_prepare(task, &call, &packed);
        if (rpc_call(task, chain, &call) != ERR_OK) return verdict_of(call.outcome);
        enum packed_end end = packed_take(task, &call, &packed);
        if (end == PACKED_ABSENT) return VERDICT_NO;
        if (end == PACKED_FAILED) return VERDICT_UNKNOWN;
        if (item.answer != MULTICALL_OK || item.len != sizeof(word)) return VERDICT_NO;
        if (memcmp(item.bytes, word, sizeof(word)) != 0) return VERDICT_NO;
        if (atomic_load(&chain->batching.provable) || names_other_block(task, chain, &packed.witness)) break;
    }
    return VERDICT_YES;
}

static enum verdict does_multicall3_work(struct task *task, struct chain *chain, const struct block_ref *block) {
    enum verdict there = is_multicall3_there(task, chain, block);
    return there == VERDICT_YES ? does_packing_work(task, chain, block, &packing_multicall3) : there;
}

static enum verdict does_fan_out_work(struct task *task, struct chain *chain, const struct block_ref *block) {
    return does_packing_work(task, chain, block, &packing_fan_out);
}

/* In order of preference: init code keeps its items apart, so that a call takes reads of any contracts together.
 * Multicall3 does not, and takes those of one contract. */
static const struct {
    enum method method;
    enum verdict (*works)(struct task *task, struct chain *chain, const struct block_ref *block);
} candidates[] = {
    {METHOD_FAN_OUT, does_fan_out_work},
    {METHOD_MULTICALL3, does_multicall3_work},
};

/* Returns false when nothing was found out. */
static bool find_method(struct task *task, struct chain *chain, enum method *method, const struct block_ref *block) {
    *method = METHOD_JSON_RPC;
    for (size_t i = 0; i < sizeof(candidates) / sizeof(candidates[0]); i++) {
        enum verdict verdict = candidates[i].works(task, chain, block);
        if (verdict == VERDICT_YES) *method = candidates[i].method;
        if (verdict != VERDICT_NO) return verdict == VERDICT_YES;
    }
    return true;
}

static void learn(struct chain *chain, enum method method) {
    int before = atomic_exchange(&chain->batching.chosen, (int)method);
    bool probed = atomic_exchange(&chain->batching.probed, true);
    if (probed && before == (int)method) return;
    log_write(LOG_RPC, LOG_INFO, "reads of state are batched", LOG_STR("chain", chain->name),
              LOG_STR("batching", method_name(method)));
}

/* On a task of its own, since its time is short. The newest block is asked about rather than an old one, where there
 * may have been no Multicall3 yet. */
static void probe(struct task *parent, struct chain *chain, const struct block_ref *pinned) {
    struct task task = task_child(parent);
    struct block_ref block;
    uint64_t age_ms;
    enum method method;
    uint64_t end_ms = reactor_now_ms(task.reactor) + PROBE_MS;
    if (end_ms < task.deadline_ms) task.deadline_ms = end_ms;
    task.arena = arena_new(PROBE_ARENA);
    if (!chain_head(chain, &block, &age_ms)) block = *pinned;
    bool known = find_method(&task, chain, &method, &block);
    if (known) learn(chain, method);
    atomic_store(&chain->batching.due_ms, upstream_now_ms() + (known ? REMEMBERED_MS : SOON_MS));
    parent->rpc_calls += task.rpc_calls;
    parent->rpc_us += task.rpc_us;
    arena_free(task.arena);
}

enum method method_choose(struct task *task, struct chain *chain, const struct block_ref *block) {
    struct batching *batching = &chain->batching;
    struct flight **flights = transport_flights(transport_of(task));
    struct flight own;
    struct flight_result result = {.outcome = RPC_OK};
    bool due = upstream_now_ms() >= atomic_load(&batching->due_ms);
    if (due && !flight_join(flights, &own, &result, task, batching)) {
        probe(task, chain, block);
        flight_land(flights, &own, &result);
    }
    enum method method = (enum method)atomic_load(&batching->chosen);
    if (!atomic_load(&batching->probed)) method = METHOD_JSON_RPC;
    bool single = method == METHOD_JSON_RPC && pool_batch_cap(chain) == 1;
    return single ? METHOD_SINGLES : method;
}

const char *method_status(const struct chain *chain) {
    if (!atomic_load(&chain->batching.probed)) return NULL;
    enum method method = (enum method)atomic_load(&chain->batching.chosen);
    bool single = method == METHOD_JSON_RPC && pool_batch_cap(chain) == 1;
    return method_name(single ? METHOD_SINGLES : method);
}
