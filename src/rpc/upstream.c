/* What one node has done lately, so that a request does not pay again for what another has just found out. Owned by
 * its chain.
 * Any thread: atomics only, and each field stands for itself. */
#include "upstream.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/metrics.h"
#include "errors.h"

enum { FIRST_REST_MS = 1000, MAX_REST_MS = 30000, OTHER_CHAIN_REST_MS = 60000, BATCH_CAP_MS = 10 * 60 * 1000 };

static char *copy(const char *text) {
    char *text_copy = strdup(text);
    if (text_copy == NULL) abort();
    return text_copy;
}

void upstream_init(struct upstream *upstream, const struct upstream_config *config, size_t label) {
    *upstream = (struct upstream){.name = copy(config->name), .url = copy(config->url), .label = label};
    upstream->endpoint = endpoint_new(config->url, config->headers, config->n_headers);
    atomic_init(&upstream->last_outcome, RPC_OUTCOME_COUNT);
}

void upstream_free(struct upstream *upstream) {
    free(upstream->name);
    free(upstream->url);
    endpoint_free(upstream->endpoint);
}

uint64_t upstream_now_ms(void) {
    return clock_now_us() / 1000;
}

void upstream_sent(struct upstream *upstream, enum rpc_outcome outcome, uint64_t us) {
    atomic_store(&upstream->last_outcome, (int)outcome);
    atomic_store(&upstream->latency_us, us);
    atomic_fetch_add(&upstream->requests, 1);
    metrics_add(METRIC_RPC_REQUESTS, upstream->label, 0, 1);
    metrics_observe_us(METRIC_RPC_DURATION, upstream->label, us);
}

void upstream_succeeded(struct upstream *upstream) {
    if (atomic_load(&upstream->failures) == 0) return;
    atomic_store(&upstream->rest_until_ms, 0);
    if (atomic_exchange(&upstream->failures, 0) > 0) {
        log_write(LOG_RPC, LOG_INFO, "upstream is back", LOG_STR("upstream", upstream->name));
    }
}

static uint64_t rest_ms_after(unsigned failures, int retry_after_s) {
    if (retry_after_s > 0) return retry_after_s > MAX_REST_MS / 1000 ? MAX_REST_MS : (uint64_t)retry_after_s * 1000;
    return failures < 5 ? (uint64_t)FIRST_REST_MS << failures : MAX_REST_MS;
}

void upstream_failed(struct upstream *upstream, enum rpc_outcome outcome, uint64_t started_ms, int retry_after_s,
                     const char *problem) {
    atomic_fetch_add(&upstream->failed, 1);
    uint64_t since_ms = atomic_load(&upstream->rest_since_ms);
    if (started_ms <= since_ms) return; /* it was under way when another one failed */
    uint64_t now_ms = upstream_now_ms();
    unsigned failures = atomic_fetch_add(&upstream->failures, 1);
    atomic_store(&upstream->rest_since_ms, now_ms);
    atomic_store(&upstream->rest_until_ms, now_ms + rest_ms_after(failures, retry_after_s));
    if (failures > 0) return;
    log_write(LOG_RPC, LOG_WARN, "upstream fails", LOG_STR("upstream", upstream->name),
              LOG_STR("outcome", rpc_outcome_name(outcome)), LOG_STR("problem", problem));
}

uint64_t upstream_rest_ms(const struct upstream *upstream, uint64_t now_ms) {
    uint64_t until_ms = atomic_load(&upstream->rest_until_ms);
    return until_ms > now_ms ? until_ms - now_ms : 0;
}

bool upstream_claim(struct upstream *upstream, uint64_t now_ms, uint64_t hold_ms) {
    if (atomic_load(&upstream->failures) == 0) return true;
    uint64_t until_ms = atomic_load(&upstream->rest_until_ms);
    if (until_ms > now_ms) return false;
    return atomic_compare_exchange_strong(&upstream->rest_until_ms, &until_ms, now_ms + hold_ms);
}

void upstream_set_lagging(struct upstream *upstream, bool lagging) {
    if (atomic_exchange(&upstream->lagging, lagging) == lagging) return;
    log_write(LOG_RPC, LOG_WARN, lagging ? "upstream lags behind the others" : "upstream has caught up",
              LOG_STR("upstream", upstream->name));
}

enum upstream_state upstream_state(const struct upstream *upstream) {
    return (enum upstream_state)atomic_load(&upstream->state);
}

static const char *const state_names[UPSTREAM_STATE_COUNT] = {"unverified", "verified", "other_chain"};

void upstream_enter(struct upstream *upstream, enum upstream_state state, uint64_t chain_id) {
    assert(state < UPSTREAM_STATE_COUNT && (state == UPSTREAM_OTHER_CHAIN) == (chain_id != 0));
    if (state == UPSTREAM_OTHER_CHAIN) {
        atomic_store(&upstream->rest_until_ms, upstream_now_ms() + OTHER_CHAIN_REST_MS);
    }
    int before = atomic_exchange(&upstream->state, (int)state);
    if (before == (int)state) return;
    log_write(LOG_RPC, LOG_DEBUG, "upstream state", LOG_STR("upstream", upstream->name),
              LOG_STR("from", state_names[before]), LOG_STR("to", state_names[state]));
    if (chain_id == 0 || atomic_exchange(&upstream->other_chain_id, chain_id) == chain_id) return;
    log_write(LOG_RPC, LOG_ERROR, "upstream serves another chain and is not used", LOG_STR("upstream", upstream->name),
              LOG_U64("chain_id", chain_id));
}

const char *upstream_state_name(const struct upstream *upstream) {
    enum upstream_state state = upstream_state(upstream);
    if (state != UPSTREAM_OTHER_CHAIN && upstream_rest_ms(upstream, upstream_now_ms()) > 0) return "resting";
    return state_names[state];
}

size_t upstream_batch_cap(const struct upstream *upstream, size_t max_batch) {
    uint64_t cap = atomic_load(&upstream->batch_cap);
    if (cap == 0 || atomic_load(&upstream->batch_cap_until_ms) < upstream_now_ms()) return max_batch;
    return cap < max_batch ? (size_t)cap : max_batch;
}

void upstream_refused_batch(struct upstream *upstream, size_t n) {
    if (n < 2 || upstream_batch_cap(upstream, SIZE_MAX) <= n / 2) return;
    atomic_store(&upstream->batch_cap, n / 2);
    atomic_store(&upstream->batch_cap_until_ms, upstream_now_ms() + BATCH_CAP_MS);
    log_write(LOG_RPC, LOG_INFO, "upstream takes shorter batches only", LOG_STR("upstream", upstream->name),
              LOG_U64("calls", n / 2));
}
