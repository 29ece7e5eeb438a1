/* A doubly linked queue: whose deadline passes leaves from the middle. Owns nothing.
 * On the reactor's thread. */
#include "pg_wait.h"

static void append(struct pg_wait *wait, struct pg_wait_queue *queue) {
    wait->before = queue->last;
    wait->behind = NULL;
    *(queue->last != NULL ? &queue->last->behind : &queue->first) = wait;
    queue->last = wait;
    queue->n++;
    wait->queued = true;
}

static void leave(struct pg_wait *wait, struct pg_wait_queue *queue) {
    *(wait->before != NULL ? &wait->before->behind : &queue->first) = wait->behind;
    *(wait->behind != NULL ? &wait->behind->before : &queue->last) = wait->before;
    queue->n--;
    wait->queued = false;
}

enum err pg_wait_in(struct pg_wait *wait, struct pg_wait_queue *queue, struct reactor *reactor, uint64_t deadline_ms) {
    waiter_init(&wait->waiter, reactor);
    wait->given = NULL;
    append(wait, queue);
    enum err err = waiter_wait(&wait->waiter, deadline_ms);
    if (wait->queued) leave(wait, queue);
    return err;
}

/* One whose deadline has passed in this turn is no longer there to take what is given. */
bool pg_wait_end_first(struct pg_wait_queue *queue, enum err err, void *given) {
    struct pg_wait *wait;
    while ((wait = queue->first) != NULL) {
        bool late = wait->waiter.woken;
        leave(wait, queue);
        if (late) continue;
        wait->given = given;
        waiter_wake(&wait->waiter, err);
        return true;
    }
    return false;
}
