/* Long computations, off the event loop. From a coroutine, on its reactor's thread. */
#ifndef DAPPD_CORE_WORK_H
#define DAPPD_CORE_WORK_H

#include "core/reactor.h"

/* Runs fn(arg) on a thread of libuv's pool while the coroutine waits. There is no giving up: what is under way ends by
 * itself, so it must not wait for anything. */
void work_run(struct reactor *reactor, reactor_fn fn, void *arg);

#endif
