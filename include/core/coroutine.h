/* Coroutines on guard-paged stacks from a pool, so that code above can wait in straight lines.
 * A pool belongs to one reactor and is used on its thread only. */
#ifndef DAPPD_CORE_COROUTINE_H
#define DAPPD_CORE_COROUTINE_H

#include <stddef.h>

enum { COROUTINE_STACK_BYTES = 256 * 1024 };

struct coroutine;
struct coroutine_pool;

typedef void (*coroutine_fn)(void *arg);

struct coroutine_pool *coroutine_pool_new(void);

/* All its coroutines must have returned (asserted). */
void coroutine_pool_free(struct coroutine_pool *pool);

/* A suspended coroutine that will run fn(arg) on a stack of its own once it is resumed; it belongs to the pool and goes
 * back to it when fn returns. Aborts when no stack can be mapped: callers bound how many they make. */
struct coroutine *coroutine_new(struct coroutine_pool *pool, coroutine_fn fn, void *arg);

/* The coroutine that runs now, or NULL on the loop's own stack. */
struct coroutine *coroutine_self(const struct coroutine_pool *pool);

/* Gives control back to whoever resumed this coroutine. Only from inside one. */
void coroutine_suspend(struct coroutine_pool *pool);

/* Goes on with a suspended coroutine; returns when it suspends again or its fn returns. Only from the loop's own
 * stack. */
void coroutine_resume(struct coroutine *co);

/* Coroutines whose fn has not yet returned. */
size_t coroutine_pool_active(const struct coroutine_pool *pool);

/* A first-in first-out queue of suspended coroutines; each can be in one queue at a time. */
struct coroutine_queue {
    struct coroutine *first;
    struct coroutine *last;
};
void coroutine_queue_push(struct coroutine_queue *queue, struct coroutine *co);
struct coroutine *coroutine_queue_pop(struct coroutine_queue *queue);

#endif
