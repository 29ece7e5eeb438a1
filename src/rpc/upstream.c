/* What one node has done lately, so that a request does not pay again for what another has just found out. Owned by
 * its chain.
 * Any thread: a mutex around plain values, held for no longer than it takes to read or change them. */
#include "upstream.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/metrics.h"

enum {
    FIRST_PENALTY_MS = 1000,
    MAX_PENALTY_MS = 30 * 1000,
    MAX_PAUSE_MS = 30 * 1000,
    SHORT_WAIT_MS = 1000,
    OTHER_CHAIN_MS = 5 * 1000,
    CAP_MS = 10 * 60 * 1000, /* a limit that was learned is tried again after that */
    REPORT_MS = 10 * 1000,   /* a node that comes and goes must not fill the log */
    MIN_HEDGE_MS = 200,
    UNKNOWN_HEDGE_MS = 1000, /* before anything is known of its answers */
    MAX_ATTEMPTS_OPEN = 8,   /* at once, to an open one that nobody expects much of; */
    OPEN_INTERVAL_MS = 100,  /* beyond them one so often, for these may hang while it is back already */
    POLL_SMOOTHING = 8
};

static char *copy(const char *text) {
    char *text_copy = strdup(text);
    if (text_copy == NULL) abort();
    return text_copy;
}

void upstream_init(struct upstream *upstream, const struct upstream_config *config, size_t label) {
    *upstream = (struct upstream){
        .name = copy(config->name),
        .url = copy(config->url),
        .endpoint = endpoint_new(config->url, config->headers, config->n_headers),
        .label = label,
        .priority = config->priority,
        .max_batch = config->max_batch,
        .health.last_outcome = RPC_OUTCOME_COUNT,
    };
    if (pthread_mutex_init(&upstream->mutex, NULL) != 0) abort();
    breaker_init(&upstream->health.breaker, upstream->name);
    pace_init(&upstream->health.pace, config->calls_per_s, upstream_now_ms());
}

void upstream_free(struct upstream *upstream) {
    pthread_mutex_destroy(&upstream->mutex);
    free(upstream->name);
    free(upstream->url);
    endpoint_free(upstream->endpoint);
}

uint64_t upstream_now_ms(void) {
    return clock_now_us() / 1000;
}

static struct upstream_health *lock(struct upstream *upstream) {
    pthread_mutex_lock(&upstream->mutex);
    return &upstream->health;
}

static void unlock(struct upstream *upstream) {
    pthread_mutex_unlock(&upstream->mutex);
}

static uint64_t left_ms(uint64_t until_ms, uint64_t now_ms) {
    return until_ms > now_ms ? until_ms - now_ms : 0;
}

static uint64_t larger(uint64_t a, uint64_t b) {
    return a > b ? a : b;
}

/* --- whether to ask it --- */

/* Who asks it now finds out whether it is back; one at a time is enough. */
static bool is_on_trial(const struct upstream *upstream, const struct upstream_health *health) {
    bool other_chain = upstream_identity(upstream) == UPSTREAM_OTHER_CHAIN;
    return health->failures > 0 || health->breaker.state != BREAKER_CLOSED || other_chain;
}

/* It failed, and not even a poll has had an answer since: no request has to find out whether it still hangs. */
static bool is_silent(const struct upstream_health *health) {
    return health->failures > 0 && health->polled_ms != 0 && health->polled_ms < health->failed_ms;
}

static uint64_t wait_ms(struct upstream_health *health, uint64_t now_ms) {
    return larger(left_ms(health->paused_until_ms, now_ms), pace_wait_ms(&health->pace, now_ms));
}

static enum upstream_fitness fitness(struct upstream *upstream, struct upstream_health *health, uint64_t now_ms) {
    bool other_chain = upstream_identity(upstream) == UPSTREAM_OTHER_CHAIN;
    bool tried = is_on_trial(upstream, health) && health->trial_until_ms > now_ms;
    bool closed = health->breaker.state == BREAKER_CLOSED;
    if (other_chain && (tried || atomic_load(&upstream->other_chain_until_ms) > now_ms)) return UPSTREAM_EXCLUDED;
    if (left_ms(health->paused_until_ms, now_ms) > SHORT_WAIT_MS) return UPSTREAM_PAUSED;
    if (!closed && (tried || breaker_left_ms(&health->breaker, now_ms) > 0)) {
        bool crowded = atomic_load(&upstream->in_flight) >= MAX_ATTEMPTS_OPEN;
        return crowded && now_ms < health->asked_ms + OPEN_INTERVAL_MS ? UPSTREAM_BUSY : UPSTREAM_OPEN;
    }
    if (wait_ms(health, now_ms) > 0) return UPSTREAM_WAITING;
    if (health->penalised_until_ms > now_ms || (closed && tried) || is_silent(health)) return UPSTREAM_PENALISED;
    if (health->lagging) return UPSTREAM_LAGGING;
    return closed && !other_chain ? UPSTREAM_WELL : UPSTREAM_HALF_OPEN;
}

/* A node that fails one time in four looks twice as slow as it is. */
static uint64_t score_us(const struct upstream_health *health) {
    if (health->poll_us == 0) return UINT64_MAX;
    return health->poll_us * (100 + 4 * breaker_failed_percent(&health->breaker)) / 100;
}

struct upstream_view upstream_look(struct upstream *upstream, uint64_t now_ms) {
    struct upstream_health *health = lock(upstream);
    struct upstream_view view = {
        .fitness = fitness(upstream, health, now_ms),
        .on_trial = is_on_trial(upstream, health),
        .booked_out = pace_is_booked_out(&health->pace, now_ms),
        .wait_ms = wait_ms(health, now_ms),
        .asked_ms = health->asked_ms,
        .score_us = score_us(health),
    };
    unlock(upstream);
    return view;
}

static void note_asked(struct upstream_health *health, uint64_t now_ms) {
    breaker_ask(&health->breaker, now_ms);
    health->asked_ms = now_ms;
}

bool upstream_admit(struct upstream *upstream, uint64_t *out_wait_ms, size_t n, uint64_t max_wait_ms, uint64_t hold_ms,
                    uint64_t now_ms) {
    struct upstream_health *health = lock(upstream);
    enum upstream_fitness now = fitness(upstream, health, now_ms);
    bool admitted = now < UPSTREAM_BUSY && wait_ms(health, now_ms) <= max_wait_ms;
    if (admitted) {
        bool tries = is_on_trial(upstream, health) && health->trial_until_ms <= now_ms && now != UPSTREAM_OPEN;
        note_asked(health, now_ms);
        *out_wait_ms = larger(left_ms(health->paused_until_ms, now_ms), pace_take(&health->pace, (double)n, now_ms));
        if (tries) health->trial_until_ms = now_ms + *out_wait_ms + hold_ms;
    }
    unlock(upstream);
    return admitted;
}

void upstream_ask(struct upstream *upstream, size_t n, uint64_t now_ms) {
    struct upstream_health *health = lock(upstream);
    note_asked(health, now_ms);
    pace_charge(&health->pace, (double)n, now_ms);
    unlock(upstream);
}

bool upstream_may_probe(struct upstream *upstream, uint64_t now_ms) {
    struct upstream_health *health = lock(upstream);
    bool other_chain = upstream_identity(upstream) == UPSTREAM_OTHER_CHAIN;
    bool excluded = other_chain && atomic_load(&upstream->other_chain_until_ms) > now_ms;
    bool paused = health->paused_until_ms > now_ms;
    bool may = !excluded && !paused && breaker_left_ms(&health->breaker, now_ms) == 0;
    unlock(upstream);
    return may;
}

/* --- what became of asking it --- */

/* In a row, each makes it yield for twice as long. In: started_ms: many that fail together count once. */
static void penalise(struct upstream_health *health, uint64_t started_ms, uint64_t now_ms) {
    if (health->failures > 0 && started_ms <= health->failed_ms) return;
    uint64_t ms = health->failures < 5 ? (uint64_t)FIRST_PENALTY_MS << health->failures : MAX_PENALTY_MS;
    health->failures++;
    health->failed_ms = now_ms;
    health->penalised_until_ms = now_ms + ms;
    health->trial_until_ms = 0;
}

/* The first of a row. */
static void report_failure(struct upstream *upstream, struct upstream_health *health, const char *why,
                           const char *problem, uint64_t now_ms) {
    if (health->reported || (health->reported_ms != 0 && now_ms < health->reported_ms + REPORT_MS)) return;
    health->reported = true;
    health->reported_ms = now_ms;
    log_write(LOG_RPC, LOG_WARN, "upstream fails", LOG_STR("upstream", upstream->name), LOG_STR("why", why),
              LOG_STR("problem", problem));
}

static void smooth(uint64_t *average_us, uint64_t us) {
    *average_us = *average_us == 0 ? us + 1 : (*average_us * (POLL_SMOOTHING - 1) + us) / POLL_SMOOTHING + 1;
}

static void record_answer(struct upstream *upstream, struct upstream_health *health,
                          const struct upstream_result *result, uint64_t now_ms) {
    if (result->question == UPSTREAM_CHAIN_ID) return;
    if (result->question != UPSTREAM_LOGS) latency_add(&health->latency, result->us);
    breaker_succeeded(&health->breaker, result->started_ms, now_ms);
    if (result->question == UPSTREAM_POLL) {
        smooth(&health->poll_us, result->us);
        if (health->polled_ms < result->started_ms) health->polled_ms = result->started_ms;
        return; /* the head is easy to tell: a node that fails at calls has to prove itself at calls */
    }
    if (result->started_ms < health->failed_ms) return;
    health->failures = 0;
    health->penalised_until_ms = 0;
    health->trial_until_ms = 0;
    if (!health->reported) return;
    health->reported = false;
    log_write(LOG_RPC, LOG_INFO, "upstream is back", LOG_STR("upstream", upstream->name));
}

static uint64_t pause_ms(int retry_after_s) {
    return retry_after_s < MAX_PAUSE_MS / 1000 ? (uint64_t)retry_after_s * 1000 : MAX_PAUSE_MS;
}

static void record_failure(struct upstream *upstream, struct upstream_health *health,
                           const struct upstream_result *result, uint64_t now_ms) {
    const char *why = rpc_outcome_name(result->outcome);
    health->failed++;
    if (result->retry_after_s > 0) {
        health->paused_until_ms = larger(health->paused_until_ms, now_ms + pause_ms(result->retry_after_s));
    }
    if (result->verdict == UPSTREAM_LIMITED) {
        pace_refused(&health->pace, now_ms);
    } else {
        breaker_failed(&health->breaker, result->started_ms, now_ms, why);
    }
    penalise(health, result->started_ms, now_ms);
    report_failure(upstream, health, why, result->problem, now_ms);
}

void upstream_record(struct upstream *upstream, const struct upstream_result *result, uint64_t now_ms) {
    metrics_add(METRIC_RPC_REQUESTS, upstream->label, 0, 1);
    metrics_observe_us(METRIC_RPC_DURATION, upstream->label, result->us);
    struct upstream_health *health = lock(upstream);
    health->requests++;
    health->last_outcome = (int)result->outcome;
    if (result->verdict == UPSTREAM_ANSWERED) {
        record_answer(upstream, health, result, now_ms);
    } else if (result->verdict != UPSTREAM_CUT_SHORT) {
        record_failure(upstream, health, result, now_ms);
    }
    unlock(upstream);
}

void upstream_lost_hedge(struct upstream *upstream, uint64_t started_ms, uint64_t us, uint64_t now_ms) {
    struct upstream_health *health = lock(upstream);
    health->hedges_lost++;
    latency_add(&health->latency, us); /* at least so long */
    breaker_failed(&health->breaker, started_ms, now_ms, "slower than a hedge");
    penalise(health, started_ms, now_ms);
    unlock(upstream);
}

void upstream_hedged(struct upstream *upstream) {
    metrics_add(METRIC_RPC_HEDGES, upstream->label, 0, 1);
    lock(upstream)->hedges++;
    unlock(upstream);
}

uint64_t upstream_hedge_ms(struct upstream *upstream) {
    struct upstream_health *health = lock(upstream);
    uint64_t p95_us = latency_p95_us(&health->latency);
    uint64_t p95_ms = p95_us == 0 ? UNKNOWN_HEDGE_MS : (p95_us + 999) / 1000;
    uint64_t ms = is_on_trial(upstream, health) ? MIN_HEDGE_MS : larger(MIN_HEDGE_MS, p95_ms);
    unlock(upstream);
    return ms;
}

void upstream_set_lagging(struct upstream *upstream, bool lagging) {
    struct upstream_health *health = lock(upstream);
    bool changed = health->lagging != lagging;
    health->lagging = lagging;
    unlock(upstream);
    if (!changed) return;
    log_write(LOG_RPC, lagging ? LOG_WARN : LOG_INFO,
              lagging ? "upstream lags behind the others" : "upstream has caught up",
              LOG_STR("upstream", upstream->name));
}

/* --- what it is --- */

enum upstream_identity upstream_identity(const struct upstream *upstream) {
    return (enum upstream_identity)atomic_load(&upstream->identity);
}

const char *upstream_identity_name(enum upstream_identity identity) {
    static const char *const names[UPSTREAM_IDENTITY_COUNT] = {"unverified", "verified", "other_chain"};
    assert(identity < UPSTREAM_IDENTITY_COUNT);
    return names[identity];
}

void upstream_identify(struct upstream *upstream, enum upstream_identity identity, uint64_t chain_id) {
    assert(identity < UPSTREAM_IDENTITY_COUNT && (identity == UPSTREAM_OTHER_CHAIN) == (chain_id != 0));
    if (identity == UPSTREAM_OTHER_CHAIN) {
        atomic_store(&upstream->other_chain_until_ms, upstream_now_ms() + OTHER_CHAIN_MS);
    }
    int before = atomic_exchange(&upstream->identity, (int)identity);
    if (before == (int)identity) return;
    log_write(LOG_RPC, LOG_DEBUG, "upstream identity", LOG_STR("upstream", upstream->name),
              LOG_STR("from", upstream_identity_name((enum upstream_identity)before)),
              LOG_STR("to", upstream_identity_name(identity)));
    if (chain_id == 0 || atomic_exchange(&upstream->other_chain_id, chain_id) == chain_id) return;
    log_write(LOG_RPC, LOG_ERROR, "upstream serves another chain and is not used", LOG_STR("upstream", upstream->name),
              LOG_U64("chain_id", chain_id));
}

struct upstream_health upstream_health(struct upstream *upstream) {
    struct upstream_health health = *lock(upstream);
    unlock(upstream);
    return health;
}

uint64_t upstream_retry_in_ms(struct upstream *upstream, uint64_t now_ms) {
    struct upstream_health *health = lock(upstream);
    uint64_t ms = larger(breaker_left_ms(&health->breaker, now_ms), left_ms(health->paused_until_ms, now_ms));
    ms = larger(ms, left_ms(health->penalised_until_ms, now_ms));
    unlock(upstream);
    bool other_chain = upstream_identity(upstream) == UPSTREAM_OTHER_CHAIN;
    return other_chain ? larger(ms, left_ms(atomic_load(&upstream->other_chain_until_ms), now_ms)) : ms;
}

static size_t learned_cap(const struct upstream_health *health, uint64_t now_ms) {
    return health->batch_cap_until_ms > now_ms ? health->batch_cap : SIZE_MAX;
}

size_t upstream_batch_cap(struct upstream *upstream, size_t max_batch, uint64_t now_ms) {
    struct upstream_health *health = lock(upstream);
    size_t learned = learned_cap(health, now_ms);
    size_t per_s = (size_t)health->pace.configured;
    unlock(upstream);
    size_t cap = upstream->max_batch > 0 ? upstream->max_batch : max_batch;
    if (per_s > 0 && per_s < cap) cap = per_s; /* its calls leave together: no more than a second's worth */
    return learned < cap ? learned : cap;
}

void upstream_refused_batch(struct upstream *upstream, size_t n, uint64_t now_ms) {
    struct upstream_health *health = lock(upstream);
    bool news = n >= 2 && n / 2 < learned_cap(health, now_ms);
    if (news) {
        health->batch_cap = n / 2;
        health->batch_cap_until_ms = now_ms + CAP_MS;
    }
    unlock(upstream);
    if (!news) return;
    log_write(LOG_RPC, LOG_INFO, "upstream takes shorter batches only", LOG_STR("upstream", upstream->name),
              LOG_U64("calls", n / 2));
}

uint64_t upstream_blocks_cap(struct upstream *upstream, uint64_t now_ms) {
    struct upstream_health *health = lock(upstream);
    uint64_t cap = health->blocks_cap_until_ms > now_ms ? health->blocks_cap : UINT64_MAX;
    unlock(upstream);
    return cap;
}

void upstream_refused_blocks(struct upstream *upstream, uint64_t n, uint64_t told, uint64_t now_ms) {
    if (n < 2) return;
    uint64_t cap = told > 0 && told < n ? told : n / 2;
    struct upstream_health *health = lock(upstream);
    bool news = health->blocks_cap_until_ms <= now_ms || cap < health->blocks_cap;
    if (news) {
        health->blocks_cap = cap;
        health->blocks_cap_until_ms = now_ms + CAP_MS;
    }
    unlock(upstream);
    if (!news) return;
    log_write(LOG_RPC, LOG_INFO, "upstream gives logs of fewer blocks at once", LOG_STR("upstream", upstream->name),
              LOG_U64("blocks", cap));
}
