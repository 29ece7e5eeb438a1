/* Asking faster than a node allows only earns refusals, and some providers count those too. Owned by its upstream,
 * which locks.
 * Any thread, one at a time. */
#include "pace.h"

enum { SECOND_MS = 1000 };

static const double BURST_S = 0.25;   /* what an idle node may get at once, in seconds of its limit */
static const double DECREASE = 0.7;   /* on a refusal */
static const double STEP = 0.05;      /* of the limit to return to, a second */
static const double NEEDLESS = 2.0;   /* a learned limit goes once it is so much higher than the rate refused */
static const double MIN_LEARNED = 10; /* refusals at lower rates are not about the rate: a quota, another client */
static const double MIN_PER_S = 1;    /* with a configured limit */

static double at_least(double value, double least) {
    return value < least ? least : value;
}

static double burst(const struct pace *pace) {
    return at_least(pace->limit * BURST_S, 1);
}

void pace_init(struct pace *pace, unsigned calls_per_s, uint64_t now_ms) {
    *pace = (struct pace){.configured = calls_per_s, .limit = calls_per_s, .filled_ms = now_ms, .window_ms = now_ms};
    pace->tokens = burst(pace);
}

static void rise(struct pace *pace, double seconds) {
    double normal = pace->configured > 0 ? pace->configured : pace->tried;
    pace->limit += normal * STEP * seconds;
    if (pace->configured > 0 && pace->limit > pace->configured) pace->limit = pace->configured;
    if (pace->configured == 0 && pace->limit > pace->tried * NEEDLESS) pace->limit = 0;
}

static void fill(struct pace *pace, uint64_t now_ms) {
    if (now_ms <= pace->filled_ms) return;
    double seconds = (double)(now_ms - pace->filled_ms) / (double)SECOND_MS;
    pace->filled_ms = now_ms;
    if (pace->limit == 0) return;
    rise(pace, seconds);
    pace->tokens += pace->limit * seconds;
    if (pace->tokens > burst(pace)) pace->tokens = burst(pace);
}

uint64_t pace_wait_ms(struct pace *pace, uint64_t now_ms) {
    fill(pace, now_ms);
    if (pace->limit == 0 || pace->tokens >= 1) return 0;
    return (uint64_t)((1 - pace->tokens) / pace->limit * (double)SECOND_MS) + 1;
}

static void count(struct pace *pace, double n, uint64_t now_ms) {
    uint64_t ms = now_ms > pace->window_ms ? now_ms - pace->window_ms : 0; /* another thread's clock may be ahead */
    if (ms >= SECOND_MS) {
        pace->measured = pace->window_calls * (double)SECOND_MS / (double)ms;
        pace->window_calls = 0;
        pace->window_ms = now_ms;
    }
    pace->window_calls += n;
}

uint64_t pace_take(struct pace *pace, double n, uint64_t now_ms) {
    uint64_t wait_ms = pace_wait_ms(pace, now_ms);
    count(pace, n, now_ms);
    if (pace->limit > 0) pace->tokens -= n;
    return wait_ms;
}

void pace_charge(struct pace *pace, double n, uint64_t now_ms) {
    fill(pace, now_ms);
    count(pace, n, now_ms);
    if (pace->limit == 0 || pace->tokens <= -pace->limit) return;
    pace->tokens = at_least(pace->tokens - n, -pace->limit);
}

bool pace_is_booked_out(struct pace *pace, uint64_t now_ms) {
    fill(pace, now_ms);
    return pace->configured > 0 && pace->tokens < -pace->limit;
}

void pace_refused(struct pace *pace, uint64_t now_ms) {
    if (pace->lowered_ms != 0 && now_ms < pace->lowered_ms + SECOND_MS) return;
    fill(pace, now_ms);
    double measured = pace->measured > pace->window_calls ? pace->measured : pace->window_calls;
    pace->lowered_ms = now_ms;
    pace->tried = pace->limit > 0 ? pace->limit : measured;
    pace->limit = at_least(pace->tried * DECREASE, pace->configured > 0 ? MIN_PER_S : MIN_LEARNED);
    if (pace->tried < pace->limit) pace->tried = pace->limit;
    if (pace->tokens > 1) pace->tokens = 1;
}
