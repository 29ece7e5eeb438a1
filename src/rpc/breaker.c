/* A request must not pay again and again for what forty before it have found out. Owned by its upstream, which locks.
 * Any thread, one at a time. */
#include "breaker.h"

#include <assert.h>

#include "core/log.h"

static const char *const names[BREAKER_STATE_COUNT] = {"closed", "open", "half_open"};

static const bool legal[BREAKER_STATE_COUNT][BREAKER_STATE_COUNT] = {
    [BREAKER_CLOSED] = {[BREAKER_OPEN] = true},
    [BREAKER_OPEN] = {[BREAKER_HALF_OPEN] = true},
    [BREAKER_HALF_OPEN] = {[BREAKER_CLOSED] = true, [BREAKER_OPEN] = true},
};

void breaker_init(struct breaker *breaker, const char *name) {
    *breaker = (struct breaker){.name = name, .state = BREAKER_CLOSED, .open_ms = BREAKER_FIRST_OPEN_MS};
}

static uint64_t doubled(uint64_t open_ms) {
    return open_ms * 2 < BREAKER_MAX_OPEN_MS ? open_ms * 2 : BREAKER_MAX_OPEN_MS;
}

void breaker_enter(struct breaker *breaker, enum breaker_state to, uint64_t now_ms, const char *why) {
    enum breaker_state from = breaker->state;
    assert(to < BREAKER_STATE_COUNT && legal[from][to]);
    breaker->state = to;
    breaker->since_ms = now_ms;
    breaker->successes = 0;
    if (from == BREAKER_HALF_OPEN && to == BREAKER_OPEN) breaker->open_ms = doubled(breaker->open_ms);
    if (to == BREAKER_CLOSED) {
        breaker->open_ms = BREAKER_FIRST_OPEN_MS;
        breaker->window = 0;
        breaker->n_window = 0;
    }
    log_write(LOG_RPC, to == BREAKER_OPEN ? LOG_WARN : LOG_INFO, "upstream breaker", LOG_STR("upstream", breaker->name),
              LOG_STR("from", names[from]), LOG_STR("to", names[to]), LOG_STR("why", why));
}

static void note(struct breaker *breaker, bool failed) {
    const uint64_t mask = (UINT64_C(1) << BREAKER_WINDOW) - 1;
    breaker->window = (breaker->window << 1 | (failed ? 1 : 0)) & mask;
    if (breaker->n_window < BREAKER_WINDOW) breaker->n_window++;
}

static unsigned failures(const struct breaker *breaker) {
    return (unsigned)__builtin_popcountll(breaker->window);
}

void breaker_succeeded(struct breaker *breaker, uint64_t started_ms, uint64_t now_ms) {
    note(breaker, false);
    if (breaker->state == BREAKER_CLOSED || started_ms < breaker->since_ms) return;
    if (breaker->state == BREAKER_OPEN) breaker_enter(breaker, BREAKER_HALF_OPEN, now_ms, "it answered");
    if (++breaker->successes < BREAKER_SUCCESSES) return;
    breaker_enter(breaker, BREAKER_CLOSED, now_ms, "it answers");
}

void breaker_failed(struct breaker *breaker, uint64_t started_ms, uint64_t now_ms, const char *why) {
    note(breaker, true);
    if (started_ms < breaker->since_ms) return;
    bool opens = breaker->state == BREAKER_HALF_OPEN;
    if (breaker->state == BREAKER_CLOSED) opens = failures(breaker) >= BREAKER_FAILURES;
    if (opens) breaker_enter(breaker, BREAKER_OPEN, now_ms, why);
}

uint64_t breaker_left_ms(const struct breaker *breaker, uint64_t now_ms) {
    uint64_t end_ms = breaker->since_ms + breaker->open_ms;
    return breaker->state == BREAKER_OPEN && now_ms < end_ms ? end_ms - now_ms : 0;
}

void breaker_ask(struct breaker *breaker, uint64_t now_ms) {
    if (breaker->state != BREAKER_OPEN || breaker_left_ms(breaker, now_ms) > 0) return;
    breaker_enter(breaker, BREAKER_HALF_OPEN, now_ms, "its time is over");
}

unsigned breaker_failed_percent(const struct breaker *breaker) {
    return breaker->n_window == 0 ? 0 : failures(breaker) * 100 / breaker->n_window;
}

const char *breaker_state_name(enum breaker_state state) {
    assert(state < BREAKER_STATE_COUNT);
    return names[state];
}
