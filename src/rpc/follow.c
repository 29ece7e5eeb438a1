/* Keeps the head fresh ahead of the requests that will ask for it, and costs nothing while there are none. Owned by its
 * chain; runs as one coroutine with a task of its own.
 * On the following reactor's thread, except follow_want_head. */
#include "follow.h"

#include <assert.h>

#include "chain_state.h"
#include "core/clock.h"
#include "ask.h"
#include "core/log.h"
#include "finality.h"
#include "refresh.h"
#include "transport.h"

enum { WANTED_US = 30 * 1000 * 1000, ARENA_BYTES = 4 * 1024 * 1024 };

static void wake(void *arg) {
    struct follower *follower = arg;
    waiter_wake(&follower->pause, ERR_OK);
}

void follow_want_head(struct chain *chain) {
    struct follower *follower = &chain->follower;
    atomic_store(&follower->wanted_us, clock_now_us());
    if (atomic_exchange(&follower->asleep, false)) reactor_post(follower->reactor, wake, follower);
}

static bool is_wanted(struct follower *follower) {
    uint64_t wanted_us = atomic_load(&follower->wanted_us);
    return wanted_us != 0 && clock_now_us() - wanted_us < WANTED_US;
}

static void report(struct chain *chain, const struct task *task, enum err err) {
    struct follower *follower = &chain->follower;
    bool failing = err != ERR_OK;
    if (failing == follower->failing) return;
    follower->failing = failing;
    if (failing) {
        log_write(LOG_HEAD, LOG_WARN, "head cannot be read", LOG_STR("chain", chain->name),
                  LOG_STR("error", err_info(err)->code), LOG_STR("detail", task->fault.detail));
    } else {
        log_write(LOG_HEAD, LOG_INFO, "head can be read again", LOG_STR("chain", chain->name));
    }
}

/* Time for two nodes to fail one after the other. */
static uint64_t poll_deadline_ms(const struct chain *chain, uint64_t now_ms) {
    return now_ms + 2 * chain->limits.attempt_timeout_ms;
}

static void poll_head(struct chain *chain, struct arena *arena) {
    struct reactor *reactor = chain->follower.reactor;
    struct block_ref head;
    struct task task = {
        .reactor = reactor,
        .arena = arena,
        .deadline_ms = poll_deadline_ms(chain, reactor_now_ms(reactor)),
        .name = "head",
    };
    chain->follower.polling = &task;
    enum err err = refresh_tag(&task, chain, &head, HEAD_LATEST);
    if (err == ERR_OK && !chain->follower.stopping) finality_follow(&task, chain);
    chain->follower.polling = NULL;
    if (!chain->follower.stopping) report(chain, &task, err);
    arena_reset(arena);
}

/* Suspends until the deadline, or until wake. */
static void pause_until(struct follower *follower, uint64_t deadline_ms) {
    if (follower->stopping) return;
    enum err err = waiter_wait(&follower->pause, deadline_ms);
    (void)err; /* either way, look again */
}

static void run(void *arg) {
    struct chain *chain = arg;
    struct follower *follower = &chain->follower;
    struct arena *arena = arena_new(ARENA_BYTES);
    while (!follower->stopping) {
        waiter_init(&follower->pause, follower->reactor);
        if (is_wanted(follower)) {
            poll_head(chain, arena);
            pause_until(follower, reactor_now_ms(follower->reactor) + head_wait_ms(chain->head, clock_wall_us()));
            continue;
        }
        atomic_store(&follower->asleep, true);
        bool wanted_meanwhile = is_wanted(follower) && atomic_exchange(&follower->asleep, false);
        if (!wanted_meanwhile) pause_until(follower, UINT64_MAX);
    }
    arena_free(arena);
}

void chain_follow(struct chain *chain, struct reactor *reactor) {
    assert(chain->follower.reactor == NULL);
    chain->follower.reactor = reactor;
    reactor_spawn(reactor, run, chain);
}

void chain_stop(struct chain *chain) {
    struct follower *follower = &chain->follower;
    follower->stopping = true;
    waiter_wake(&follower->pause, ERR_OK);
    ask_stop(chain);
    if (follower->polling == NULL) return;
    follower->polling->deadline_ms = 0;
    transport_cancel(follower->polling); /* a node that hangs must not hold up the end of the process */
}
