/* Whether a node is worth asking at all: a circuit breaker. Closed: it is asked. Open: it failed too often, others go
 * first for a while. Half-open: that while is over, and a few successes in a row close it again. A plain value for
 * any thread, guarded by its owner; knows no clock but the one it is given. */
#ifndef DAPPD_RPC_BREAKER_H
#define DAPPD_RPC_BREAKER_H

#include <stdbool.h>
#include <stdint.h>

enum breaker_state { BREAKER_CLOSED, BREAKER_OPEN, BREAKER_HALF_OPEN, BREAKER_STATE_COUNT };

enum {
    BREAKER_WINDOW = 40,               /* the last outcomes that count */
    BREAKER_FAILURES = 10,             /* so many of them open it */
    BREAKER_SUCCESSES = 3,             /* in a row, while half-open: they close it */
    BREAKER_FIRST_OPEN_MS = 15 * 1000, /* doubled each time it opens again before it closed */
    BREAKER_MAX_OPEN_MS = 5 * 60 * 1000
};

struct breaker {
    const char *name; /* for the log, borrowed */
    enum breaker_state state;
    uint64_t since_ms; /* when it entered this state */
    uint64_t open_ms;  /* how long it stays open now, or will the next time */
    uint64_t window;   /* outcomes since it closed, the last one in bit 0; 1: failed */
    unsigned n_window;
    unsigned successes; /* while half-open */
};

void breaker_init(struct breaker *breaker, const char *name);

/* An attempt came to an end. In: started_ms, when it began: what was under way before the last change of state says
 * nothing about the state after it. A success of an open one, tried for want of a better, counts as the first of the
 * half-open. In: why, for the log. */
void breaker_succeeded(struct breaker *breaker, uint64_t started_ms, uint64_t now_ms);
void breaker_failed(struct breaker *breaker, uint64_t started_ms, uint64_t now_ms, const char *why);

/* Milliseconds until an open one may be tried; 0: may be now, or is not open. */
uint64_t breaker_left_ms(const struct breaker *breaker, uint64_t now_ms);

/* It is about to be asked: open becomes half-open once its time is over. */
void breaker_ask(struct breaker *breaker, uint64_t now_ms);

/* Share of failures among the last outcomes. */
unsigned breaker_failed_percent(const struct breaker *breaker);

/* Every change of state; an illegal one is a bug of ours (assert). */
void breaker_enter(struct breaker *breaker, enum breaker_state to, uint64_t now_ms, const char *why);

/* "closed", "open", "half_open". */
const char *breaker_state_name(enum breaker_state state);

#endif
