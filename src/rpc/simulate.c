/* Simulations go alone: what they pretend is true for nobody else. Which chains have eth_simulateV1 nobody can tell but
 * their nodes. Memory is the task's arena.
 * On the task's thread, in a coroutine. */
#include "rpc/simulate.h"

#include <stdlib.h>
#include <string.h>

#include "chain_state.h"
#include "phrase.h"
#include "rpc/state.h"
#include "simulate_params.h"
#include "simulate_scan.h"
#include "upstream.h"

enum {
    MAX_PARAMS_BYTES = 256 * 1024 * 1024, /* hex of a body as long as may be configured */
    ABSENT_MS = 10 * 60 * 1000,
    ARENA_BYTES = 2 * 1024 * 1024, /* for what is sent, */
    ARENA_REPLIES = 4              /* and the longest reply as text, tree and bytes */
};

typedef void (*write_params)(struct buf *out, const struct simulation *what, const struct block_ref *block);

/* NUL-terminated; the caller frees it. */
static char *make_params(write_params write, const struct simulation *what, const struct block_ref *block) {
    struct buf text;
    size_t len;
    buf_init(&text, MAX_PARAMS_BYTES);
    write(&text, what, block);
    buf_append_char(&text, '\0');
    if (text.failed) abort(); /* the body that it was made from is shorter */
    return buf_take(&text, &len);
}

static enum err keep_bytes(struct task *task, struct simulated *out, const uint8_t *bytes, size_t len) {
    uint8_t *kept = arena_alloc(task->arena, len + 1);
    if (kept == NULL) return task_fail(task, ERR_OVERLOADED, "the answer is longer than a request may hold");
    if (len > 0) memcpy(kept, bytes, len);
    out->bytes = kept;
    out->len = len;
    return ERR_OK;
}

/* A call that failed by itself is an answer, not a fault. */
static enum err take_failure(struct task *task, struct simulated *out, const struct rpc_call *call) {
    bool by_itself = call->outcome == RPC_REVERTED || call->outcome == RPC_OUT_OF_GAS;
    if (!by_itself) return call->err;
    task->fault = (struct fault){.code = ERR_OK};
    out->outcome = call->outcome;
    if (call->revert_data == NULL || call->revert_len > STATE_MAX_REVERT_BYTES) return ERR_OK;
    return keep_bytes(task, out, call->revert_data, call->revert_len);
}

/* In: arena, of the call, which is gone when this returns to the caller's caller. */
static enum err call_in(struct arena *arena, struct task *task, struct chain *chain, struct simulated *out,
                        struct rpc_call *call) {
    struct arena *own = task->arena;
    const uint8_t *bytes;
    size_t len;
    task->arena = arena;
    enum err err = rpc_call(task, chain, call);
    if (err == ERR_OK) err = rpc_result_bytes(task, &bytes, &len, call);
    task->arena = own;
    if (call->err != ERR_OK) return take_failure(task, out, call);
    return err != ERR_OK ? err : keep_bytes(task, out, bytes, len);
}

enum err simulate_call(struct task *task, struct chain *chain, const struct block_ref *block, struct simulated *out,
                       const struct simulation *what) {
    char *params = make_params(simulate_params_call, what, block);
    struct rpc_call call = {.method = "eth_call", .params = params, .heavy = true};
    struct arena *arena = arena_new(ARENA_BYTES + ARENA_REPLIES * chain->limits.max_reply_bytes);
    *out = (struct simulated){.outcome = RPC_OK};
    enum err err = call_in(arena, task, chain, out, &call);
    arena_free(arena);
    free(params);
    return err;
}

/* A reply on its way. */
struct reading {
    struct arena *arena;
    struct simulated *out;
    bool unknown; /* a node says that it does not have the method */
};

static enum rpc_outcome take_reply(const struct rpc_call *call, const char *text, size_t len) {
    const struct reading *reading = call->reader->arg;
    bool full;
    if (simulate_scan(reading->out, &full, reading->arena, text, len)) return RPC_OK;
    return full ? RPC_TOO_LARGE : RPC_NONSENSE;
}

static void take_error(const struct rpc_call *call, enum rpc_outcome outcome, int64_t code, const char *text,
                       size_t len) {
    (void)code;
    struct reading *reading = call->reader->arg;
    char folded[PHRASE_MAX_BYTES];
    size_t n = phrase_fold(folded, text, len);
    if (outcome == RPC_INVALID && phrase_find(folded, n, "method") != NULL) reading->unknown = true;
}

static enum err run(struct task *task, struct chain *chain, struct simulated *out, struct rpc_call *call,
                    bool *unknown) {
    struct reading reading = {.arena = task->arena, .out = out};
    struct rpc_reader reader = {.result = take_reply, .error = take_error, .arg = &reading};
    call->reader = &reader;
    enum err err = rpc_call(task, chain, call);
    *unknown = reading.unknown;
    if (err == ERR_OK) return ERR_OK;
    *out = (struct simulated){.outcome = RPC_OK};
    return take_failure(task, out, call);
}

/* A node that does not have a method may say so in a way of its own; then eth_call is asked each time. */
static enum err run_or_call(struct task *task, struct chain *chain, const struct block_ref *block,
                            struct simulated *out, const struct simulation *what) {
    char *params = make_params(simulate_params_v1, what, block);
    struct rpc_call call = {.method = "eth_simulateV1", .params = params, .heavy = true};
    bool unknown;
    enum err err = run(task, chain, out, &call, &unknown);
    free(params);
    if (call.outcome != RPC_INVALID && call.outcome != RPC_NODE_ERROR) return err;
    task->fault = (struct fault){.code = ERR_OK};
    if (unknown) atomic_store(&chain->no_simulation_until_ms, upstream_now_ms() + ABSENT_MS);
    return simulate_call(task, chain, block, out, what);
}

enum err simulate_run(struct task *task, struct chain *chain, const struct block_ref *block, struct simulated *out,
                      const struct simulation *what) {
    bool absent = upstream_now_ms() < atomic_load(&chain->no_simulation_until_ms);
    return absent ? simulate_call(task, chain, block, out, what) : run_or_call(task, chain, block, out, what);
}
