/* Ranges that adapt: they grow while answers are small and fast, and shrink with what nodes refuse. The plan belongs to
 * the backfill.
 * Pure: on the caller's thread. */
#include "plan.h"

#include <assert.h>

static uint64_t least(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

static uint64_t most(uint64_t a, uint64_t b) {
    return a > b ? a : b;
}

void plan_init(struct plan *plan) {
    *plan = (struct plan){.blocks = PLAN_FIRST_BLOCKS};
}

uint64_t plan_blocks(const struct plan *plan, uint64_t cap) {
    return cap == 0 ? plan->blocks : least(plan->blocks, cap);
}

/* Many ranges of one length are under way at a time, so what one of them teaches is reckoned from its own length: ten
 * answers that each allow for twice as much do not make it a thousand times as much. */
void plan_answered(struct plan *plan, uint64_t blocks, size_t logs, uint64_t ms) {
    uint64_t fitting = logs == 0 ? PLAN_MAX_BLOCKS : most(1, blocks * PLAN_AIM_LOGS / logs);
    if (ms > PLAN_SLOW_MS) fitting = least(fitting, most(1, blocks / 2));
    if (fitting < blocks / 2 || ms > PLAN_SLOW_MS) {
        plan->blocks = least(plan->blocks, fitting);
    } else if (ms <= PLAN_FAST_MS) {
        plan->blocks = least(PLAN_MAX_BLOCKS, most(plan->blocks, least(fitting, 2 * blocks)));
    }
}

uint64_t plan_refused(struct plan *plan, uint64_t from, uint64_t to, uint64_t suggested_to) {
    assert(from < to);
    uint64_t last = from + (to - from + 1) / 2 - 1;
    if (suggested_to > 0 && suggested_to >= from && suggested_to < to) last = suggested_to;
    plan->blocks = least(plan->blocks, last - from + 1);
    return last;
}
