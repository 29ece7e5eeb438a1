/* A cancellation travels on a connection of its own, which libpq opens and reads while the caller waits: so one of
 * libuv's threads does it. The request is freed when the loop has its answer.
 * Started on the reactor's thread, sent on one of libuv's. */
#include "pg_cancel.h"

#include <stdlib.h>

#include "core/log.h"

enum { PROBLEM_BYTES = 256 };

struct cancellation {
    uv_work_t work;
    PGcancel *cancel;
};

static void send_it(uv_work_t *work) {
    struct cancellation *cancellation = work->data;
    char problem[PROBLEM_BYTES];
    if (PQcancel(cancellation->cancel, problem, sizeof problem) == 0) {
        log_write(LOG_DB, LOG_WARN, "a query past its deadline could not be cancelled");
    }
}

static void free_it(uv_work_t *work, int status) {
    (void)status;
    struct cancellation *cancellation = work->data;
    PQfreeCancel(cancellation->cancel);
    free(cancellation);
}

void pg_cancel_start(struct reactor *reactor, PGconn *conn) {
    PGcancel *cancel = PQgetCancel(conn);
    if (cancel == NULL) return; /* the connection is gone already */
    struct cancellation *cancellation = calloc(1, sizeof *cancellation);
    if (cancellation == NULL) abort();
    cancellation->cancel = cancel;
    cancellation->work.data = cancellation;
    if (uv_queue_work(reactor_loop(reactor), &cancellation->work, send_it, free_it) != 0) abort();
}
