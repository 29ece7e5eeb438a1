/* What a node says of a range of blocks proves nothing without what it says of the range's last block, so both are
 * asked of the same node, and neither is kept without the other. Owns nothing.
 * On the task's thread, in a coroutine. */
#include "group.h"

#include "answer.h"
#include "chain_state.h"

bool group_may_ask(const struct pool_group *group, struct upstream *upstream, uint64_t now_ms) {
    return upstream != group->except && group->blocks <= upstream_blocks_cap(upstream, now_ms);
}

static void clear_all(const struct attempt *attempt) {
    for (size_t i = 0; i < attempt->n; i++) answer_clear(attempt->calls[i]);
}

static enum rpc_outcome first_failure(const struct attempt *attempt) {
    for (size_t i = 0; i < attempt->n; i++) {
        if (attempt->outcomes[i] != RPC_OK) return attempt->outcomes[i];
    }
    return RPC_OK;
}

/* In order: that the node had the block when it was asked for the logs is what the first call proves. */
static enum rpc_outcome send_each(struct task *task, struct chain *chain, struct attempt *attempt) {
    for (size_t i = 0; i < attempt->n; i++) {
        struct attempt one = *attempt;
        one.calls = attempt->calls + i;
        one.outcomes = attempt->outcomes + i;
        one.n = 1;
        answer_clear(attempt->calls[i]);
        attempt_send(task, chain, &one);
        if (attempt->outcomes[i] != RPC_OK) return attempt->outcomes[i];
    }
    return RPC_OK;
}

static enum rpc_outcome send_all(struct task *task, struct chain *chain, struct attempt *attempt) {
    size_t cap = upstream_batch_cap(attempt->upstream, chain->limits.max_batch, upstream_now_ms());
    if (attempt->n > cap) return send_each(task, chain, attempt);
    attempt_send(task, chain, attempt);
    if (attempt->n == 1 || attempt->outcomes[0] != RPC_TOO_LARGE) return first_failure(attempt);
    enum rpc_outcome outcome = send_each(task, chain, attempt);
    if (outcome == RPC_OK) upstream_refused_batch(attempt->upstream, attempt->n, upstream_now_ms());
    return outcome;
}

enum rpc_outcome group_send(struct task *task, struct chain *chain, struct attempt *attempt,
                            const struct pool_group *group, bool *final) {
    clear_all(attempt);
    enum rpc_outcome outcome = group->judge(attempt, send_all(task, chain, attempt), final, group->arg);
    for (size_t i = 0; i < attempt->n; i++) attempt->outcomes[i] = outcome;
    return outcome;
}
