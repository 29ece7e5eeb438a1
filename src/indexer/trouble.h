/* What holds work up: told once when it begins and once when it is over, however often it is tried. A plain
 * value of the indexer; its thread. */
#ifndef DAPPD_INDEXER_TROUBLE_H
#define DAPPD_INDEXER_TROUBLE_H

#include <stdint.h>

#include "core/task.h"

struct trouble {
    enum err now;     /* ERR_OK: none */
    const char *work; /* in the log, where it is other than indexing */
    unsigned streak;
};

/* Something failed for the reason that the task's fault has. Returns how long to wait before it is tried again. */
uint64_t trouble_met(struct trouble *trouble, const char *chain, const struct task *task, enum err err);

/* It worked. */
void trouble_over(struct trouble *trouble, const char *chain);

#endif
