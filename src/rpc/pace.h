/* How many calls a second a node takes: a token bucket that holds to the configured limit, or to the one that the
 * node's refusals teach. It falls to 0.7 of itself when the node refuses and rises by a step a second, until the
 * configured limit is reached again, or a learned one has proved needless. A plain value for any thread, guarded by its
 * owner. */
#ifndef DAPPD_RPC_PACE_H
#define DAPPD_RPC_PACE_H

#include <stdbool.h>
#include <stdint.h>

struct pace {
    double configured; /* calls a second; 0: none */
    double limit;      /* now; 0: none */
    double tried;      /* the rate that was refused last */
    double tokens;     /* below 0: promised already */
    uint64_t filled_ms;
    uint64_t lowered_ms;
    uint64_t window_ms; /* when the second began in which calls are counted */
    double window_calls;
    double measured; /* calls in the second before */
};

/* In: calls_per_s, 0: no limit. */
void pace_init(struct pace *pace, unsigned calls_per_s, uint64_t now_ms);

/* Milliseconds until a call may be sent; 0: now. */
uint64_t pace_wait_ms(struct pace *pace, uint64_t now_ms);

/* Takes n calls' worth; whoever comes later waits for them too. Returns how long the caller has to wait before. */
uint64_t pace_take(struct pace *pace, double n, uint64_t now_ms);

/* Takes n calls' worth for what goes out without a wait, however often. Whoever has to wait does so for a second's
 * worth of it at most: a limit below the rate of such calls must not keep all others from ever going out. */
void pace_charge(struct pace *pace, double n, uint64_t now_ms);

/* More than a second's worth of a configured limit is promised: whoever joined the queue would wait only to find its
 * time used up when it has to ask for a second thing, and where all wait like that nobody gets anything. A learned
 * limit may be too low, and who waits for it proves that. */
bool pace_is_booked_out(struct pace *pace, uint64_t now_ms);

/* The node refused for the rate of the calls. Refusals within a second count once: they answer the same burst. */
void pace_refused(struct pace *pace, uint64_t now_ms);

#endif
