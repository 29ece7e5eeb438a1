/* Counts each command once, by how it ended. Owns nothing.
 * On the reactor's thread. */
#include "pg_cost.h"

#include "core/clock.h"
#include "core/metrics.h"

enum result { RESULT_OK, RESULT_TIMEOUT, RESULT_UNAVAILABLE, RESULT_ERROR, RESULT_COUNT };

static enum result result_of(enum err err) {
    switch (err) {
    case ERR_OK:
        return RESULT_OK;
    case ERR_TIMEOUT:
        return RESULT_TIMEOUT;
    case ERR_INDEX_UNAVAILABLE:
        return RESULT_UNAVAILABLE;
    default:
        return RESULT_ERROR;
    }
}

void pg_cost_add(struct task *task, uint64_t started_us, enum err err) {
    uint64_t us = clock_now_us() - started_us;
    task->db_us += us;
    task->db_queries++;
    metrics_add(METRIC_DB_QUERIES, result_of(err), 0, 1);
    metrics_observe_us(METRIC_DB_DURATION, 0, us);
}

void pg_cost_add_time(struct task *task, uint64_t started_us) {
    task->db_us += clock_now_us() - started_us;
}

void pg_cost_set_metric_labels(void) {
    static const char *const results[RESULT_COUNT] = {[RESULT_OK] = "ok",
                                                      [RESULT_TIMEOUT] = "timeout",
                                                      [RESULT_UNAVAILABLE] = "unavailable",
                                                      [RESULT_ERROR] = "error"};
    metrics_set_label_values(METRIC_LABEL_RESULT, results, RESULT_COUNT);
}
