/* What the indexer of one chain is busy with. Owned by the indexer; its coroutine. */
#ifndef DAPPD_INDEXER_PHASE_H
#define DAPPD_INDEXER_PHASE_H

#include <stddef.h>

#include "repos/index_status.h"

struct phase {
    enum index_phase now;
    const char *chain; /* its name, for the log; borrowed */
    size_t label;      /* of the chain in the metrics */
};

void phase_init(struct phase *phase, const char *chain, size_t label);

/* The one way from phase to phase: it has to be a legal one (asserted). Into the one that it is in: nothing. */
void phase_enter(struct phase *phase, enum index_phase to);

#endif
