/* One node of a chain and what is known of its health. Shared by all reactors: everything that changes is atomic. */
#ifndef DAPPD_RPC_UPSTREAM_H
#define DAPPD_RPC_UPSTREAM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "endpoint.h"
#include "rpc/chain.h"
#include "rpc/rpc.h"

enum upstream_state {
    UPSTREAM_UNVERIFIED,  /* before use its chain id has to be asked for */
    UPSTREAM_VERIFIED,    /* it serves our chain */
    UPSTREAM_OTHER_CHAIN, /* it serves another chain: never used, asked again now and then */
    UPSTREAM_STATE_COUNT
};

struct upstream {
    char *name;
    char *url; /* secret */
    struct endpoint *endpoint;
    size_t label; /* in the metrics */
    atomic_int state;
    _Atomic uint64_t verified_ms; /* when it was last asked for its chain id and gave ours */
    atomic_int last_outcome;
    atomic_uint failures;           /* in a row; 0: healthy */
    _Atomic uint64_t rest_until_ms; /* monotonic; others go first until then */
    _Atomic uint64_t rest_since_ms;
    atomic_bool lagging;
    _Atomic uint64_t requests;
    _Atomic uint64_t failed;
    _Atomic uint64_t latency_us;     /* of the last reply */
    _Atomic uint64_t other_chain_id; /* the wrong id that was logged last */
    _Atomic uint64_t batch_cap;      /* calls this node takes in a batch, learned */
    _Atomic uint64_t batch_cap_until_ms;
};

void upstream_init(struct upstream *upstream, const struct upstream_config *config, size_t label);
void upstream_free(struct upstream *upstream);

/* Milliseconds of the monotonic clock that all reactors share. */
uint64_t upstream_now_ms(void);

/* Counts an HTTP request, what it came to and how long it took. */
void upstream_sent(struct upstream *upstream, enum rpc_outcome outcome, uint64_t us);

/* It answered: whatever the answer, the node is well. */
void upstream_succeeded(struct upstream *upstream);

/* It did not answer usefully: it rests for a second, twice as long each time in a row up to 30 s, or as long as it
 * asked for. In: started_ms, when the attempt began: many that fail together count once. problem: text for the log or
 * NULL. */
void upstream_failed(struct upstream *upstream, enum rpc_outcome outcome, uint64_t started_ms, int retry_after_s,
                     const char *problem);

/* How long it still rests; 0: not at all. */
uint64_t upstream_rest_ms(const struct upstream *upstream, uint64_t now_ms);

/* After a rest, only one caller at a time tries whether the node is back: returns false when another one does. In:
 * hold_ms, the longest that a try takes. */
bool upstream_claim(struct upstream *upstream, uint64_t now_ms, uint64_t hold_ms);

/* The head follower's word: it is too far behind the others to be asked before them. */
void upstream_set_lagging(struct upstream *upstream, bool lagging);

enum upstream_state upstream_state(const struct upstream *upstream);

/* Every change of state. In: chain_id, what it said when it serves another chain, else 0. */
void upstream_enter(struct upstream *upstream, enum upstream_state state, uint64_t chain_id);

/* "verified", "resting" and so on. */
const char *upstream_state_name(const struct upstream *upstream);

/* The most calls to send it in one batch, at most max_batch; it refused a batch of n calls. What was learned is
 * forgotten after ten minutes. */
size_t upstream_batch_cap(const struct upstream *upstream, size_t max_batch);
void upstream_refused_batch(struct upstream *upstream, size_t n);

#endif
