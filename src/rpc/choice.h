/* Which of a chain's upstreams to ask next. On the task's thread; the upstreams lock themselves. */
#ifndef DAPPD_RPC_CHOICE_H
#define DAPPD_RPC_CHOICE_H

#include "rpc/chain.h"
#include "upstream.h"

enum {
    MAX_TRIES = 8,
    MAX_RUNNERS = 3, /* of one try: the first, its hedge, and one more where both are known to fail */
    MAX_TRIED = MAX_TRIES * MAX_RUNNERS
};

struct pool_group;

/* The tries of one group of calls so far. */
struct tries {
    const struct pool_group *group; /* rules some nodes out; NULL: none */
    struct upstream *tried[MAX_TRIED];
    unsigned n_tried;
    unsigned n;             /* a try and its hedges are one */
    uint64_t open_since_ms; /* when an open one was asked for want of a better; 0: not yet */
    uint64_t busy_since_ms; /* when one was waited for that others are asking; 0: not yet */
};

unsigned tries_of(const struct tries *tries, const struct upstream *upstream);
void tries_note(struct tries *tries, struct upstream *upstream);

struct choice {
    struct upstream *upstream; /* NULL: none is left to ask */
    struct upstream_view view; /* of the upstream */
    bool lasting;              /* worth staying with: not just in place of one that waits for its limit on calls */
    bool all_down;             /* none is left, because enough others are asking the open ones */
    bool worth_waiting;        /* the same of one that was not tried, while what is left has little to hope for */
};

/* The least bad one: policy alone never leaves a request without an answer. In: may_repeat, one that was tried may be
 * tried again. */
struct choice choice_best(const struct chain *chain, const struct tries *tries, bool may_repeat, uint64_t now_ms);

/* One to ask beside those that were tried: well beyond doubt, or in need the least bad that may be asked at once. NULL:
 * there is none. */
struct upstream *choice_rival(const struct chain *chain, const struct tries *tries, size_t n_calls, bool in_need,
                              uint64_t now_ms);

/* Reads stay with the one chosen, as long as it is well. */
void choice_prefer(struct chain *chain, const struct upstream *upstream);

#endif
