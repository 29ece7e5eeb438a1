/* A hedge is worth its price only against what is usual for the node, so this is measured, not configured. Owned by its
 * upstream, which locks.
 * Any thread, one at a time. */
#include "latency.h"

enum {
    FIRST_DOUBLING = 6, /* bucket 0 begins at 2^6 us; the last ends past four minutes */
    PER_DOUBLING = 4,
    MEMORY = 512,  /* answers; then all of them count half */
    SMOOTHING = 8, /* the weight of a new answer in the average is 1/8 */
};

/* The bucket of a time, by its highest bits. */
static unsigned bucket_of(uint64_t us) {
    if (us < UINT64_C(1) << FIRST_DOUBLING) return 0;
    unsigned doubling = 63 - (unsigned)__builtin_clzll(us);
    unsigned quarter = (unsigned)(us >> (doubling - 2)) & (PER_DOUBLING - 1);
    unsigned bucket = (doubling - FIRST_DOUBLING) * PER_DOUBLING + quarter;
    return bucket < LATENCY_BUCKETS ? bucket : LATENCY_BUCKETS - 1;
}

static uint64_t end_of(unsigned bucket) {
    unsigned doubling = FIRST_DOUBLING + bucket / PER_DOUBLING;
    return (uint64_t)(PER_DOUBLING + 1 + bucket % PER_DOUBLING) << (doubling - 2);
}

static void halve(struct latency *latency) {
    latency->n = 0;
    for (unsigned i = 0; i < LATENCY_BUCKETS; i++) {
        latency->buckets[i] /= 2;
        latency->n += latency->buckets[i];
    }
}

void latency_add(struct latency *latency, uint64_t us) {
    if (us == 0) us = 1;
    uint64_t before_us = latency->average_us;
    latency->average_us = before_us == 0 ? us : (before_us * (SMOOTHING - 1) + us + SMOOTHING - 1) / SMOOTHING;
    latency->buckets[bucket_of(us)]++;
    if (++latency->n >= MEMORY) halve(latency);
}

uint64_t latency_p95_us(const struct latency *latency) {
    unsigned above = latency->n / 20; /* may lie above */
    for (unsigned i = LATENCY_BUCKETS; i > 0; i--) {
        unsigned here = latency->buckets[i - 1];
        if (here > above) return end_of(i - 1);
        above -= here;
    }
    return 0;
}
