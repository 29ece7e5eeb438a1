/* One node of a chain and what is known of it. Shared by all reactors: what it is and whose chain it serves is atomic,
 * how it does stands behind its mutex, which is never held over a wait. Functions take the time from upstream_now_ms,
 * a clock that all reactors share. */
#ifndef DAPPD_RPC_UPSTREAM_H
#define DAPPD_RPC_UPSTREAM_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "breaker.h"
#include "endpoint.h"
#include "latency.h"
#include "pace.h"
#include "rpc/chain.h"
#include "rpc/rpc.h"

enum upstream_identity {
    UPSTREAM_UNVERIFIED,  /* before use its chain id has to be asked for */
    UPSTREAM_VERIFIED,    /* it serves our chain */
    UPSTREAM_OTHER_CHAIN, /* it serves another chain: never used, asked again now and then */
    UPSTREAM_IDENTITY_COUNT
};

/* How it did lately. */
struct upstream_health {
    struct breaker breaker;
    struct pace pace;
    struct latency latency;
    uint64_t poll_us;   /* average time of head polls: the one question that all nodes are asked alike */
    uint64_t polled_ms; /* when the last poll that it answered began; 0: it is not polled */
    bool lagging;
    unsigned failures; /* in a row; they make the penalty longer, and after it one caller at a time tries */
    uint64_t failed_ms;
    uint64_t penalised_until_ms; /* others go first */
    uint64_t paused_until_ms;    /* it asked not to be asked */
    uint64_t trial_until_ms;     /* somebody tries whether it is back */
    uint64_t asked_ms;
    uint64_t reported_ms; /* when the log was last told that it fails */
    bool reported;
    int last_outcome; /* RPC_OUTCOME_COUNT: none */
    uint64_t requests;
    uint64_t failed;
    uint64_t hedges;      /* second attempts that it got because another node was slow */
    uint64_t hedges_lost; /* requests that another node answered because it was slow */
    size_t batch_cap;     /* calls it takes in a batch, learned; 0: no limit known */
    uint64_t batch_cap_until_ms;
    uint64_t blocks_cap; /* blocks whose logs it gives at once, learned; 0: no limit known */
    uint64_t blocks_cap_until_ms;
};

struct upstream {
    char *name;
    char *url; /* secret */
    struct endpoint *endpoint;
    size_t label; /* in the metrics */
    unsigned priority;
    size_t max_batch; /* configured; 0: as the setting */
    atomic_int identity;
    _Atomic uint64_t verified_ms;    /* when it was last asked for its chain id and gave ours */
    _Atomic uint64_t other_chain_id; /* the wrong id that was logged last */
    _Atomic uint64_t other_chain_until_ms;
    atomic_uint in_flight; /* attempts under way */
    pthread_mutex_t mutex;
    struct upstream_health health;
};

void upstream_init(struct upstream *upstream, const struct upstream_config *config, size_t label);
void upstream_free(struct upstream *upstream);

/* Milliseconds of the monotonic clock that all reactors share. */
uint64_t upstream_now_ms(void);

/* What speaks for and against asking it, from the best to the worst. */
enum upstream_fitness {
    UPSTREAM_WELL,
    UPSTREAM_HALF_OPEN, /* nobody tries yet whether it is back */
    UPSTREAM_LAGGING,
    UPSTREAM_PENALISED,
    UPSTREAM_WAITING,  /* may be asked within a second: its limit on calls, a short pause */
    UPSTREAM_OPEN,     /* or half-open and being tried */
    UPSTREAM_PAUSED,   /* it asked for a longer pause */
    UPSTREAM_BUSY,     /* open, and enough others are trying already: not to be asked now */
    UPSTREAM_EXCLUDED, /* serves another chain */
    UPSTREAM_FITNESS_COUNT
};

struct upstream_view {
    enum upstream_fitness fitness;
    bool on_trial;    /* it failed lately and has not answered calls since */
    bool booked_out;  /* so much waits for its limit on calls that it is no use to join */
    uint64_t wait_ms; /* until it may be asked: its limit on calls, its pause */
    uint64_t asked_ms;
    uint64_t score_us; /* lower is better; UINT64_MAX: not known */
};

struct upstream_view upstream_look(struct upstream *upstream, uint64_t now_ms);

/* Somebody means to send it n calls. Returns false when its turn is another's after all: a trial is under way, or the
 * wait is longer than max_wait_ms. Out: wait_ms, how long to wait before. In: hold_ms, the longest that an attempt
 * takes. */
bool upstream_admit(struct upstream *upstream, uint64_t *wait_ms, size_t n, uint64_t max_wait_ms, uint64_t hold_ms,
                    uint64_t now_ms);

/* Somebody sends it n calls whatever its health. */
void upstream_ask(struct upstream *upstream, size_t n, uint64_t now_ms);

/* False: asking it now is of no use to anybody, because its breaker is open and its time has not come, it asked for a
 * pause, or it served another chain a few seconds ago. For who asks every node of a chain. */
bool upstream_may_probe(struct upstream *upstream, uint64_t now_ms);

enum upstream_question {
    UPSTREAM_CALLS,
    UPSTREAM_POLL,    /* its head, which every node is asked alike: nodes are compared by it */
    UPSTREAM_LOGS,    /* of many blocks, which take as long as they take */
    UPSTREAM_CHAIN_ID /* which any node can tell */
};

/* What one HTTP request to it came to. */
struct upstream_result {
    enum { UPSTREAM_ANSWERED, UPSTREAM_FAILED, UPSTREAM_LIMITED, UPSTREAM_CUT_SHORT } verdict;
    enum rpc_outcome outcome;
    enum upstream_question question;
    uint64_t started_ms;
    uint64_t us;
    int retry_after_s;   /* 0: it did not say */
    const char *problem; /* for the log, or NULL */
};

/* Counts it and draws the consequences. Cut short: the caller gave up, which says nothing of the node. */
void upstream_record(struct upstream *upstream, const struct upstream_result *result, uint64_t now_ms);

/* Another node's answer was there first, though it was asked later. It counts as a failure: of a node that is well, one
 * answer in twenty takes longer than its p95, which never opens the breaker, but one that hangs loses every time. */
void upstream_lost_hedge(struct upstream *upstream, uint64_t started_ms, uint64_t us, uint64_t now_ms);

/* It gets a second attempt at what another node is slow with. */
void upstream_hedged(struct upstream *upstream);

/* How long to wait for its answer before another node is asked as well: its p95, at least 200 ms; no longer than that
 * when it has failed lately. */
uint64_t upstream_hedge_ms(struct upstream *upstream);

/* The head follower's word: it is too far behind the others to be asked before them. */
void upstream_set_lagging(struct upstream *upstream, bool lagging);

enum upstream_identity upstream_identity(const struct upstream *upstream);

/* Every change of identity. In: chain_id, what it said when it serves another chain, else 0. */
void upstream_identify(struct upstream *upstream, enum upstream_identity identity, uint64_t chain_id);

/* "unverified", "verified", "other_chain". */
const char *upstream_identity_name(enum upstream_identity identity);

/* A copy of how it does, and how long until it is asked like any other; 0: it is. */
struct upstream_health upstream_health(struct upstream *upstream);
uint64_t upstream_retry_in_ms(struct upstream *upstream, uint64_t now_ms);

/* The most calls to send it in one batch; in: max_batch, the setting. It refused a batch of n calls: what is learned so
 * is forgotten after ten minutes. */
size_t upstream_batch_cap(struct upstream *upstream, size_t max_batch, uint64_t now_ms);
void upstream_refused_batch(struct upstream *upstream, size_t n, uint64_t now_ms);

/* The same for the logs of a range of blocks: the most blocks to ask it for at once, UINT64_MAX where no limit is
 * known. In: told, the limit that it named when it refused n blocks; 0: it named none. */
uint64_t upstream_blocks_cap(struct upstream *upstream, uint64_t now_ms);
void upstream_refused_blocks(struct upstream *upstream, uint64_t n, uint64_t told, uint64_t now_ms);

#endif
