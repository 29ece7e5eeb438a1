/* A cancellation travels on a connection of its own, which libpq opens and reads while the caller waits, for ever where
 * the server is frozen: so each has a thread that nobody joins. The message belongs to its thread.
 * Started on any thread, sent on its own; a mutex around the count. */
#include "pg_cancel.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>

#include "core/log.h"
#include "repos/pg.h"

enum { PROBLEM_BYTES = 256, MAX_UNDER_WAY = 16, WAIT_S = 1 };

static struct {
    pthread_mutex_t mutex;
    pthread_cond_t ended;
    unsigned n;
} under_way = {.mutex = PTHREAD_MUTEX_INITIALIZER, .ended = PTHREAD_COND_INITIALIZER};

/* More of them than a few means that the server takes none. */
static bool begin(void) {
    pthread_mutex_lock(&under_way.mutex);
    bool may = under_way.n < MAX_UNDER_WAY;
    under_way.n += may ? 1 : 0;
    pthread_mutex_unlock(&under_way.mutex);
    return may;
}

static void end(void) {
    pthread_mutex_lock(&under_way.mutex);
    under_way.n--;
    pthread_cond_broadcast(&under_way.ended);
    pthread_mutex_unlock(&under_way.mutex);
}

static void *send_it(void *arg) {
    PGcancel *cancel = arg;
    char problem[PROBLEM_BYTES];
    if (PQcancel(cancel, problem, sizeof problem) == 0) {
        log_write(LOG_DB, LOG_WARN, "a query past its deadline could not be cancelled");
    }
    PQfreeCancel(cancel);
    end();
    return NULL;
}

static bool send_on_thread(PGcancel *cancel) {
    pthread_t thread;
    if (!begin()) return false;
    if (pthread_create(&thread, NULL, send_it, cancel) != 0) {
        end();
        return false;
    }
    (void)pthread_detach(thread);
    return true;
}

void pg_cancel_start(PGconn *conn) {
    PGcancel *cancel = PQgetCancel(conn);
    if (cancel == NULL) return; /* the connection is gone already */
    if (send_on_thread(cancel)) return;
    log_write(LOG_DB, LOG_WARN, "a query past its deadline is not cancelled: the database does not take it");
    PQfreeCancel(cancel);
}

void pg_finish(void) {
    struct timespec until;
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += WAIT_S;
    pthread_mutex_lock(&under_way.mutex);
    while (under_way.n > 0 && pthread_cond_timedwait(&under_way.ended, &under_way.mutex, &until) != ETIMEDOUT) continue;
    pthread_mutex_unlock(&under_way.mutex);
}
