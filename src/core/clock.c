/* Time and non-secret randomness. No state but a per-thread generator; any thread. */
#include "core/clock.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

static uint64_t read_us(clockid_t id) {
    struct timespec now;
    if (clock_gettime(id, &now) != 0) abort();
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

uint64_t clock_now_us(void) {
    return read_us(CLOCK_MONOTONIC);
}

uint64_t clock_wall_us(void) {
    return read_us(CLOCK_REALTIME);
}

uint64_t clock_wall_s(void) {
    return clock_wall_us() / 1000000;
}

/* splitmix64: one addition and a mix a word; its period of 2^64 is plenty for ids and jitter. */
static uint64_t next_random(void) {
    static _Thread_local uint64_t state;
    static _Thread_local bool seeded;
    if (!seeded) {
        if (getrandom(&state, sizeof state, 0) != (ssize_t)sizeof state) abort();
        seeded = true;
    }
    state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t z = state;
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

void clock_random(void *out, size_t len) {
    uint8_t *to = out;
    while (len > 0) {
        uint64_t word = next_random();
        size_t n = len < sizeof word ? len : sizeof word;
        memcpy(to, &word, n);
        to += n;
        len -= n;
    }
}
