/* A chain's object in /status: everything an operator asks first, and nothing that is secret.
 * Owns nothing.
 * Any thread. */
#include "chain_state.h"
#include "core/clock.h"
#include "core/json_out.h"
#include "election.h"

static void render_head(struct chain *chain, struct json_out *out) {
    struct block_ref head;
    uint64_t age_ms;
    char hash[HASH32_TEXT_BYTES];
    json_out_key(out, "head");
    if (!chain_head(chain, &head, &age_ms)) {
        json_out_null(out);
        return;
    }
    json_out_object_begin(out);
    json_out_key_u64(out, "number", head.number);
    json_out_key_str(out, "hash", hash32_format(hash, &head.hash));
    json_out_key_u64(out, "timestamp", head.timestamp);
    json_out_key_u64(out, "age_ms", age_ms);
    json_out_object_end(out);
}

static void render_identity(struct upstream *upstream, struct json_out *out) {
    enum upstream_identity identity = upstream_identity(upstream);
    json_out_key_str(out, "identity", upstream_identity_name(identity));
    if (identity != UPSTREAM_OTHER_CHAIN) return;
    json_out_key_u64(out, "chain_id", atomic_load(&upstream->other_chain_id));
}

/* What it said last when all were asked; the only node of a chain is not asked apart from it. */
static void render_reported_head(struct chain *chain, size_t index, struct json_out *out) {
    struct block_ref reported;
    json_out_key(out, "head");
    if (election_last_report(chain, index, &reported)) {
        json_out_u64(out, reported.number);
    } else {
        json_out_null(out);
    }
}

static void render_upstream(struct chain *chain, size_t index, struct json_out *out) {
    struct upstream *upstream = &chain->upstreams[index];
    uint64_t now_ms = upstream_now_ms();
    struct upstream_health health = upstream_health(upstream);
    bool asked = health.last_outcome != RPC_OUTCOME_COUNT;
    json_out_object_begin(out);
    json_out_key_str(out, "name", upstream->name);
    json_out_key_u64(out, "priority", upstream->priority);
    render_identity(upstream, out);
    json_out_key_str(out, "state", breaker_state_name(health.breaker.state));
    render_reported_head(chain, index, out);
    json_out_key_bool(out, "lagging", health.lagging);
    json_out_key_bool(out, "paused", health.paused_until_ms > now_ms);
    json_out_key_u64(out, "retry_in_ms", upstream_retry_in_ms(upstream, now_ms));
    json_out_key_str(out, "last_outcome", asked ? rpc_outcome_name((enum rpc_outcome)health.last_outcome) : NULL);
    json_out_key_u64(out, "failed_percent", breaker_failed_percent(&health.breaker));
    json_out_key_u64(out, "latency_ms", health.latency.average_us / 1000);
    json_out_key_u64(out, "p95_ms", latency_p95_us(&health.latency) / 1000);
    json_out_key_u64(out, "requests", health.requests);
    json_out_key_u64(out, "failed", health.failed);
    json_out_key_u64(out, "hedges", health.hedges);
    json_out_key_u64(out, "hedges_lost", health.hedges_lost);
    json_out_object_end(out);
}

void chain_render_status(struct chain *chain, struct json_out *out) {
    json_out_key_str(out, "name", chain->name);
    json_out_key(out, "id");
    if (chain_id(chain) == 0) {
        json_out_null(out);
    } else {
        json_out_u64(out, chain_id(chain));
    }
    json_out_key_u64(out, "block_time_ms", head_block_time_ms(chain->head));
    render_head(chain, out);
    json_out_key(out, "batching");
    json_out_str(out, method_status(chain));
    json_out_key(out, "upstreams");
    json_out_array_begin(out);
    for (size_t i = 0; i < chain->n_upstreams; i++) render_upstream(chain, i, out);
    json_out_array_end(out);
}
