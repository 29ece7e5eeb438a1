/* What goes its way is worth a line when somebody looks closely; what nodes forget, drop or take back is news. Static
 * data.
 * On the follower's coroutine; the labels before any thread counts. */
#include "tx_steps.h"

#include <string.h>

#include "core/log.h"
#include "core/metrics.h"

static const struct {
    const char *name;
    enum log_level level;
    const char *message;
} steps[] = {
    {"sent", LOG_DEBUG, "a transaction was sent, and no node says that it has it"},
    {"pending", LOG_DEBUG, "a transaction is with the nodes"},
    {"resent", LOG_INFO, "a transaction that nodes had forgotten was sent again"},
    {"confirmed", LOG_DEBUG, "a transaction was confirmed"},
    {"reverted", LOG_DEBUG, "a transaction was reverted"},
    {"replaced", LOG_DEBUG, "a transaction was replaced"},
    {"reorged", LOG_INFO, "a reorg took a transaction back"},
    {"dropped", LOG_INFO, "a transaction was dropped by the nodes"},
    {"refused", LOG_INFO, "a transaction was refused by the nodes"},
    {"final", LOG_DEBUG, "a transaction is final"},
};

enum { STEPS = sizeof(steps) / sizeof(steps[0]) };

void tx_steps_set_metric_labels(void) {
    const char *names[STEPS];
    for (size_t i = 0; i < STEPS; i++) names[i] = steps[i].name;
    metrics_set_label_values(METRIC_LABEL_STEP, names, STEPS);
}

void tx_steps_tell(const struct tx_follower *follower, const struct kept_tx_move *move) {
    char hash[HASH32_TEXT_BYTES];
    for (size_t i = 0; move->step != NULL && i < STEPS; i++) {
        if (strcmp(steps[i].name, move->step) != 0) continue;
        metrics_add(METRIC_TX_STEPS, follower->options.label, i, 1);
        log_write(LOG_INDEX, steps[i].level, steps[i].message, LOG_STR("chain", chain_name(follower->chain)),
                  LOG_STR("tx", hash32_format(hash, &move->hash)), LOG_STR("reason", move->reason));
    }
}
