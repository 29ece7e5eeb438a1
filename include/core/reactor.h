/* One event loop on one thread, and the coroutines that run on it. Made and freed by app; everything here is called
 * on the reactor's own thread unless it says "any thread". */
#ifndef DAPPD_CORE_REACTOR_H
#define DAPPD_CORE_REACTOR_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "core/coroutine.h"
#include "core/err.h"

struct reactor;

typedef void (*reactor_fn)(void *arg);

/* In: index, 0 to threads-1: tells the reactors apart. */
struct reactor *reactor_new(unsigned index);

/* After reactor_run has returned. Closes what is left on the loop. */
void reactor_free(struct reactor *reactor);

/* Runs the loop until reactor_stop; then until every coroutine has returned. */
void reactor_run(struct reactor *reactor);

/* Any thread, any time: the loop returns from reactor_run as soon as no coroutine is left. */
void reactor_stop(struct reactor *reactor);

uv_loop_t *reactor_loop(struct reactor *reactor);
unsigned reactor_index(const struct reactor *reactor);

/* Monotonic milliseconds. Cached once per loop turn: costs nothing. */
uint64_t reactor_now_ms(const struct reactor *reactor);

/* Any thread: calls fn(arg) on the reactor's thread, on the loop's stack. */
void reactor_post(struct reactor *reactor, reactor_fn fn, void *arg);

/* Starts a coroutine: at once when called on the loop's stack, later in this turn when called from a coroutine. */
void reactor_spawn(struct reactor *reactor, coroutine_fn fn, void *arg);

/* Whoever starts coroutines because a client asked for something first asks whether there is room: a stack takes two
 * memory mappings, and Linux gives a process 65,530 of them. In: max, how many there may be; no bound until set. */
void reactor_set_room(struct reactor *reactor, size_t max);
bool reactor_has_room(const struct reactor *reactor);

/* Calls fn(arg) once per loop turn, before the loop waits for I/O, in the order of registration. fn returns true when
 * it made progress that another hook may want to see: then all hooks run again. */
typedef bool (*reactor_hook)(void *arg);
void reactor_add_hook(struct reactor *reactor, reactor_hook fn, void *arg);

/* In: the same fn and arg. Not from inside a hook. */
void reactor_remove_hook(struct reactor *reactor, reactor_hook fn, void *arg);

/* One coroutine waiting for one event. Lives on the waiting coroutine's stack or in the object that will wake it;
 * must outlive the wait. */
struct waiter {
    struct reactor *reactor;
    struct coroutine *co; /* set while waiting */
    enum err result;
    bool woken;
};

void waiter_init(struct waiter *waiter, struct reactor *reactor);

/* Suspends the running coroutine until waiter_wake or the deadline. Returns at once if it was woken before.
 * Returns what waiter_wake was given, or ERR_TIMEOUT; after ERR_TIMEOUT a wake has no effect. */
enum err waiter_wait(struct waiter *waiter, uint64_t deadline_ms) MUST_CHECK;

/* The event came. The coroutine goes on later in the same loop turn, so it is safe to call this anywhere on the
 * reactor's thread. The second and later calls do nothing. */
void waiter_wake(struct waiter *waiter, enum err result);

/* Suspends the running coroutine for that long. */
void reactor_sleep_ms(struct reactor *reactor, uint64_t ms);

#endif
