/* Balances of another chain look just like ours, so a node proves its chain id before it is believed. State lives in
 * the upstream. On the task's thread, in a coroutine. */
#include "verify.h"

#include "answer.h"
#include "attempt.h"
#include "chain_state.h"
#include "eth/hex.h"
#include "flight.h"
#include "transport.h"

/* The first node to answer names a chain whose id is not configured. */
static bool is_ours(struct chain *chain, uint64_t id) {
    uint64_t expected = 0;
    return atomic_compare_exchange_strong(&chain->id, &expected, id) || expected == id;
}

/* Whatever a node has against this one call, it must not end the call that waits for it. */
static enum rpc_outcome as_retryable(enum rpc_outcome outcome) {
    bool about_node = outcome == RPC_UNREACHABLE || outcome == RPC_TIMED_OUT || outcome == RPC_RATE_LIMITED;
    return about_node || outcome == RPC_NONSENSE ? outcome : RPC_NODE_ERROR;
}

static enum rpc_outcome ask(struct task *task, struct chain *chain, struct upstream *upstream) {
    struct rpc_call call = {.method = "eth_chainId", .params = "[]"};
    struct rpc_call *calls[] = {&call};
    enum rpc_outcome outcome;
    struct attempt attempt = {
        .upstream = upstream, .calls = calls, .n = 1, .question = UPSTREAM_CHAIN_ID, .outcomes = &outcome};
    uint64_t asked_ms = upstream_now_ms();
    answer_clear(&call);
    upstream_ask(upstream, 1, asked_ms);
    attempt_send_unverified(task, chain, &attempt);
    if (outcome != RPC_OK) return as_retryable(outcome);
    uint64_t id;
    const char *text = json_string_value(call.result);
    if (hex_decode_u64(&id, text, json_string_length(call.result)) != ERR_OK || id == 0) return RPC_NONSENSE;
    bool ours = is_ours(chain, id);
    if (ours) atomic_store(&upstream->verified_ms, asked_ms);
    upstream_identify(upstream, ours ? UPSTREAM_VERIFIED : UPSTREAM_OTHER_CHAIN, ours ? 0 : id);
    return ours ? RPC_OK : RPC_NONSENSE;
}

enum rpc_outcome verify_upstream(struct task *task, struct chain *chain, struct upstream *upstream) {
    struct flight **flights = transport_flights(transport_of(task));
    struct flight own;
    struct flight_result result;
    while (upstream_identity(upstream) != UPSTREAM_VERIFIED) {
        if (flight_join(flights, &own, &result, task, upstream)) {
            if (!result.out_of_time) return result.outcome;
            if (reactor_now_ms(task->reactor) >= task->deadline_ms) return RPC_TIMED_OUT;
            continue;
        }
        result = (struct flight_result){.outcome = ask(task, chain, upstream)};
        result.out_of_time = result.outcome == RPC_TIMED_OUT && reactor_now_ms(task->reactor) >= task->deadline_ms;
        flight_land(flights, &own, &result);
        return result.outcome;
    }
    return RPC_OK;
}

enum rpc_outcome verify_upstream_since(struct task *task, struct chain *chain, struct upstream *upstream,
                                       uint64_t since_ms) {
    bool stale = atomic_load(&upstream->verified_ms) < since_ms;
    if (stale && upstream_identity(upstream) == UPSTREAM_VERIFIED) {
        upstream_identify(upstream, UPSTREAM_UNVERIFIED, 0);
    }
    return verify_upstream(task, chain, upstream);
}
