/* One report behind a mutex: the indexer writes it, everybody reads it. Owned by app.
 * It holds no memory but its own.
 * Any thread. */
#include "repos/index_status.h"

#include <pthread.h>
#include <stdlib.h>

struct index_status {
    pthread_mutex_t mutex;
    struct index_report report;
};

struct index_status *index_status_new(void) {
    struct index_status *status = calloc(1, sizeof *status);
    if (status == NULL || pthread_mutex_init(&status->mutex, NULL) != 0) abort();
    return status;
}

void index_status_free(struct index_status *status) {
    if (status == NULL) return;
    (void)pthread_mutex_destroy(&status->mutex);
    free(status);
}

void index_status_set(struct index_status *status, const struct index_report *report) {
    (void)pthread_mutex_lock(&status->mutex);
    status->report = *report;
    (void)pthread_mutex_unlock(&status->mutex);
}

struct index_report index_status_get(struct index_status *status) {
    (void)pthread_mutex_lock(&status->mutex);
    struct index_report report = status->report;
    (void)pthread_mutex_unlock(&status->mutex);
    return report;
}

const char *index_phase_name(enum index_phase phase) {
    static const char *const names[INDEX_PHASE_COUNT] = {
        [INDEX_OFF] = "off",           [INDEX_CONNECTING] = "connecting", [INDEX_STANDBY] = "standby",
        [INDEX_BACKFILL] = "backfill", [INDEX_BUILDING] = "building",     [INDEX_FOLLOWING] = "following",
        [INDEX_HALTED] = "halted",
    };
    return names[phase];
}
