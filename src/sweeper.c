/* The coroutine that sweeps. Owned by whoever started it; the reactor's thread. */
#include "sweeper.h"

#include <stdlib.h>

#include "core/clock.h"
#include "core/log.h"
#include "indexer/job.h"
#include "repos/session_repo.h"

enum { EVERY_MS = 60 * 1000, LIMIT_MS = 2000, ARENA_BYTES = 64 * 1024 };

struct sweeper {
    struct job job;
};

/* A piece. Returns true when there is more to be deleted at once. */
static bool sweep(struct sweeper *sweeper) {
    struct task *task = job_begin(&sweeper->job, LIMIT_MS);
    bool more = false;
    enum err err = session_repo_sweep(task, &more, clock_wall_s());
    if (err != ERR_OK && !sweeper->job.ending) {
        log_write(LOG_DB, LOG_WARN, "what has run out could not be deleted", LOG_STR("reason", task->fault.detail));
    }
    return err == ERR_OK && more;
}

static void run(void *arg) {
    struct sweeper *sweeper = arg;
    while (!sweeper->job.ending) {
        if (!sweep(sweeper)) job_rest(&sweeper->job, EVERY_MS);
    }
}

struct sweeper *sweeper_start(struct reactor *reactor) {
    struct sweeper *sweeper = calloc(1, sizeof *sweeper);
    if (sweeper == NULL) abort();
    job_init(&sweeper->job, reactor, "sweep", ARENA_BYTES);
    job_start(&sweeper->job, run, sweeper);
    return sweeper;
}

void sweeper_stop(struct sweeper *sweeper) {
    job_stop(&sweeper->job);
}

void sweeper_free(struct sweeper *sweeper) {
    if (sweeper == NULL) return;
    job_free(&sweeper->job);
    free(sweeper);
}
