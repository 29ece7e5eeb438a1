/* The coroutine that sweeps. Owned by whoever started it; the reactor's thread. */
#include "sweeper.h"

#include <stdlib.h>

#include "core/clock.h"
#include "core/log.h"
#include "repos/session_repo.h"

enum { EVERY_MS = 60 * 1000, LIMIT_MS = 2000, ARENA_BYTES = 64 * 1024 };

struct sweeper {
    struct reactor *reactor;
    struct waiter pause;
    bool ending;
};

/* A piece. Returns true when there is more to be deleted at once. */
static bool sweep(const struct sweeper *sweeper) {
    struct task task = {.reactor = sweeper->reactor, .arena = arena_new(ARENA_BYTES), .name = "sweep"};
    bool more = false;
    task.deadline_ms = reactor_now_ms(sweeper->reactor) + LIMIT_MS;
    enum err err = session_repo_sweep(&task, &more, clock_wall_s());
    if (err != ERR_OK) {
        log_write(LOG_DB, LOG_WARN, "what has run out could not be deleted", LOG_STR("reason", task.fault.detail));
    }
    arena_free(task.arena);
    return err == ERR_OK && more;
}

static void run(void *arg) {
    struct sweeper *sweeper = arg;
    while (!sweeper->ending) {
        if (sweep(sweeper)) continue;
        enum err err = waiter_wait(&sweeper->pause, reactor_now_ms(sweeper->reactor) + EVERY_MS);
        (void)err; /* time, or the end */
        if (!sweeper->ending) waiter_init(&sweeper->pause, sweeper->reactor);
    }
}

struct sweeper *sweeper_start(struct reactor *reactor) {
    struct sweeper *sweeper = calloc(1, sizeof *sweeper);
    if (sweeper == NULL) abort();
    sweeper->reactor = reactor;
    waiter_init(&sweeper->pause, reactor);
    reactor_spawn(reactor, run, sweeper);
    return sweeper;
}

void sweeper_stop(struct sweeper *sweeper) {
    sweeper->ending = true;
    waiter_wake(&sweeper->pause, ERR_OK);
}

void sweeper_free(struct sweeper *sweeper) {
    free(sweeper);
}
