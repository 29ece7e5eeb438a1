/* A chain's object in /status: everything an operator asks first, and nothing that is secret.
 * Owns nothing.
 * Any thread. */
#include "chain_state.h"
#include "core/clock.h"
#include "core/json_out.h"

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

static void render_upstream(const struct upstream *upstream, struct json_out *out) {
    int last = atomic_load(&upstream->last_outcome);
    uint64_t other_chain_id = atomic_load(&upstream->other_chain_id);
    json_out_object_begin(out);
    json_out_key_str(out, "name", upstream->name);
    json_out_key_str(out, "state", upstream_state_name(upstream));
    if (upstream_state(upstream) == UPSTREAM_OTHER_CHAIN) json_out_key_u64(out, "chain_id", other_chain_id);
    json_out_key_str(out, "last_outcome", last == RPC_OUTCOME_COUNT ? NULL : rpc_outcome_name((enum rpc_outcome)last));
    json_out_key_u64(out, "latency_ms", atomic_load(&upstream->latency_us) / 1000);
    json_out_key_u64(out, "requests", atomic_load(&upstream->requests));
    json_out_key_u64(out, "failed", atomic_load(&upstream->failed));
    json_out_object_end(out);
}

void chain_render_status(struct chain *chain, struct json_out *out) {
    json_out_object_begin(out);
    json_out_key_str(out, "name", chain->name);
    json_out_key(out, "id");
    if (chain_id(chain) == 0) {
        json_out_null(out);
    } else {
        json_out_u64(out, chain_id(chain));
    }
    json_out_key_u64(out, "block_time_ms", head_block_time_ms(chain->head));
    render_head(chain, out);
    json_out_key(out, "upstreams");
    json_out_array_begin(out);
    for (size_t i = 0; i < chain->n_upstreams; i++) render_upstream(&chain->upstreams[i], out);
    json_out_array_end(out);
    json_out_object_end(out);
}
