/* One report behind a mutex: the follower writes it, everybody reads it. Owned by app.
 * It holds no memory but its own.
 * Any thread. */
#include "repos/tx_status.h"

#include <pthread.h>
#include <stdlib.h>

struct tx_status {
    pthread_mutex_t mutex;
    struct tx_report report;
};

struct tx_status *tx_status_new(void) {
    struct tx_status *status = calloc(1, sizeof *status);
    if (status == NULL || pthread_mutex_init(&status->mutex, NULL) != 0) abort();
    return status;
}

void tx_status_free(struct tx_status *status) {
    if (status == NULL) return;
    (void)pthread_mutex_destroy(&status->mutex);
    free(status);
}

void tx_status_set(struct tx_status *status, const struct tx_report *report) {
    (void)pthread_mutex_lock(&status->mutex);
    status->report = *report;
    (void)pthread_mutex_unlock(&status->mutex);
}

struct tx_report tx_status_get(struct tx_status *status) {
    (void)pthread_mutex_lock(&status->mutex);
    struct tx_report report = status->report;
    (void)pthread_mutex_unlock(&status->mutex);
    return report;
}

const char *tx_following_name(enum tx_following following) {
    static const char *const names[TX_FOLLOWING_COUNT] = {
        [TX_FOLLOWING_OFF] = "off",
        [TX_FOLLOWING_CONNECTING] = "connecting",
        [TX_FOLLOWING_STANDBY] = "standby",
        [TX_FOLLOWING_HERE] = "here",
    };
    return names[following];
}
