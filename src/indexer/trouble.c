/* Errors that keep coming back, logged once for each kind, and back-off with jitter. Owned by the indexer.
 * On the indexer's thread. */
#include "trouble.h"

#include "core/clock.h"
#include "core/log.h"

enum { FIRST_WAIT_MS = 100, MAX_DOUBLINGS = 6 };

/* Between half of the wait and all of it: many instances that lost one database come back one after the other. */
static uint64_t jittered(uint64_t wait_ms) {
    uint32_t random;
    clock_random(&random, sizeof random);
    return wait_ms / 2 + random % (wait_ms / 2 + 1);
}

uint64_t trouble_met(struct trouble *trouble, const char *chain, const struct task *task, enum err err) {
    if (trouble->now != err) {
        log_write(LOG_INDEX, LOG_WARN, "indexing is held up", LOG_STR("chain", chain), LOG_STR("work", trouble->work),
                  LOG_STR("error", err_info(err)->code), LOG_STR("detail", task->fault.detail));
    }
    trouble->now = err;
    unsigned doublings = trouble->streak < MAX_DOUBLINGS ? trouble->streak++ : MAX_DOUBLINGS;
    return jittered((uint64_t)FIRST_WAIT_MS << doublings);
}

void trouble_over(struct trouble *trouble, const char *chain) {
    if (trouble->now != ERR_OK)
        log_write(LOG_INDEX, LOG_INFO, "indexing goes on", LOG_STR("chain", chain), LOG_STR("work", trouble->work));
    *trouble = (struct trouble){.now = ERR_OK, .work = trouble->work};
}
