/* How many blocks to ask for at a time: as many as bring a few thousand logs, soon. A plain value of the coroutine that
 * reads; knows no network. */
#ifndef DAPPD_INDEXER_PLAN_H
#define DAPPD_INDEXER_PLAN_H

#include <stddef.h>
#include <stdint.h>

enum {
    PLAN_FIRST_BLOCKS = 64,
    PLAN_MAX_BLOCKS = 100000,
    PLAN_AIM_LOGS = 5000, /* in one answer */
    PLAN_FAST_MS = 2000,  /* an answer that took longer is not asked to become longer still */
    PLAN_SLOW_MS = 10000  /* one that took longer is to become shorter */
};

struct plan {
    uint64_t blocks; /* of the next range */
};

void plan_init(struct plan *plan);

/* How many blocks to ask for. In: cap, the most that the nodes answer as far as is known; 0: not known. */
uint64_t plan_blocks(const struct plan *plan, uint64_t cap);

/* So many blocks were asked for, and these many logs came. */
void plan_answered(struct plan *plan, uint64_t blocks, size_t logs, uint64_t ms);

/* A range was too much. In: suggested_to, a last block that would do, 0: unknown. Returns the last block of what to ask
 * for in its place, less than to; from must be. */
uint64_t plan_refused(struct plan *plan, uint64_t from, uint64_t to, uint64_t suggested_to);

#endif
