/* How long a node takes to answer: the average, and the time that 19 of 20 answers stay below. Recent answers count
 * more than old ones. A plain value for any thread, guarded by its owner. */
#ifndef DAPPD_RPC_LATENCY_H
#define DAPPD_RPC_LATENCY_H

#include <stdint.h>

enum { LATENCY_BUCKETS = 88 };

struct latency {
    uint64_t average_us; /* 0: nothing measured */
    unsigned n;
    uint16_t buckets[LATENCY_BUCKETS]; /* four to each doubling; all halved now and then */
};

void latency_add(struct latency *latency, uint64_t us);

/* At most a quarter too high; 0: nothing measured. */
uint64_t latency_p95_us(const struct latency *latency);

#endif
