/* Coroutines in a queue for something that others give back. A place in it lives on its coroutine's stack; the
 * reactor's thread. */
#ifndef DAPPD_REPOS_PG_WAIT_H
#define DAPPD_REPOS_PG_WAIT_H

#include <stdbool.h>
#include <stddef.h>

#include "core/task.h"

struct pg_wait {
    struct waiter waiter;
    struct pg_wait *before, *behind;
    bool queued;
    void *given; /* by whoever has ended the wait */
};

struct pg_wait_queue {
    struct pg_wait *first, *last;
    size_t n;
};

/* Waits at the end of the queue. Returns what the wait was ended with, or ERR_TIMEOUT: then nothing was given. */
enum err pg_wait_in(struct pg_wait *wait, struct pg_wait_queue *queue, struct reactor *reactor,
                    uint64_t deadline_ms) MUST_CHECK;

/* Ends the wait of the first. Returns false when nobody waits. */
bool pg_wait_end_first(struct pg_wait_queue *queue, enum err err, void *given);

#endif
