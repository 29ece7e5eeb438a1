/* Time and randomness, the only places that ask the system for them. Any thread. */
#ifndef DAPPD_CORE_CLOCK_H
#define DAPPD_CORE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

/* Monotonic microseconds. */
uint64_t clock_now_us(void);

/* Wall clock: microseconds since 1970-01-01T00:00:00Z. */
uint64_t clock_wall_us(void);

/* The same in whole seconds, as tokens and the tables of accounts have it. */
uint64_t clock_wall_s(void);

/* Fast random bytes from a per-thread generator seeded by the kernel: for ids and jitter, never for secrets. */
void clock_random(void *out, size_t len);

#endif
