/* Tells when a descriptor that a library owns can be read or written. Made and freed by whoever wraps that library,
 * before the descriptor is closed; the reactor's thread. */
#ifndef DAPPD_CORE_FD_WATCH_H
#define DAPPD_CORE_FD_WATCH_H

#include "core/reactor.h"

enum { FD_READABLE = 1, FD_WRITABLE = 2 };

struct fd_watch;

/* Called on the loop's stack. In: events, what can be done; an error or a hang-up counts as both. It may free the
 * watch.
 */
typedef void (*fd_watch_fn)(void *arg, int events);

/* Watches for nothing until fd_watch_want. Returns NULL when the descriptor cannot be watched. */
struct fd_watch *fd_watch_new(struct reactor *reactor, int fd, fd_watch_fn fn, void *arg);
/* NULL is allowed. */
void fd_watch_free(struct fd_watch *watch);

/* In: events, FD_READABLE and FD_WRITABLE or'ed; 0: nothing. Costs nothing when they are as before. */
void fd_watch_want(struct fd_watch *watch, int events);

#endif
