/* The indexer's phases, which of them follow on one another, and the log that tells of it. Owned by the indexer.
 * On the indexer's thread. */
#include "phase.h"

#include <assert.h>

#include "core/log.h"
#include "core/metrics.h"

#define TO(phase) (1U << (phase))

/* What is to be indexed comes and goes while it runs. */
#define AT_WORK (TO(INDEX_BACKFILL) | TO(INDEX_BUILDING) | TO(INDEX_FOLLOWING))

/* A lost database leads back to connecting, a conflict with the chain to halted, and nothing to do to off, from
 * wherever; who halts or connects anew does not stand by. */
static const unsigned may_follow[INDEX_PHASE_COUNT] = {
    [INDEX_OFF] = TO(INDEX_CONNECTING) | TO(INDEX_STANDBY) | AT_WORK | TO(INDEX_HALTED),
    [INDEX_CONNECTING] = TO(INDEX_OFF) | TO(INDEX_STANDBY) | AT_WORK | TO(INDEX_HALTED),
    [INDEX_STANDBY] = TO(INDEX_OFF) | TO(INDEX_CONNECTING) | AT_WORK | TO(INDEX_HALTED),
    [INDEX_BACKFILL] = TO(INDEX_OFF) | TO(INDEX_CONNECTING) | AT_WORK | TO(INDEX_HALTED),
    [INDEX_BUILDING] = TO(INDEX_OFF) | TO(INDEX_CONNECTING) | AT_WORK | TO(INDEX_HALTED),
    [INDEX_FOLLOWING] = TO(INDEX_OFF) | TO(INDEX_CONNECTING) | AT_WORK | TO(INDEX_HALTED),
    [INDEX_HALTED] = TO(INDEX_OFF) | TO(INDEX_CONNECTING) | AT_WORK,
};

void phase_init(struct phase *phase, const char *chain, size_t label) {
    *phase = (struct phase){.now = INDEX_OFF, .chain = chain, .label = label};
}

void phase_enter(struct phase *phase, enum index_phase to) {
    if (phase->now == to) return;
    assert(may_follow[phase->now] & TO(to));
    log_write(LOG_INDEX, LOG_INFO, "index phase", LOG_STR("chain", phase->chain),
              LOG_STR("from", index_phase_name(phase->now)), LOG_STR("to", index_phase_name(to)));
    phase->now = to;
    metrics_set(METRIC_INDEX_PHASE, phase->label, 0, (int64_t)to);
}
