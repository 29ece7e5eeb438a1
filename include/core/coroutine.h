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

/* Runs fn(arg) on a stack of its own, now; returns when fn returns or first suspends. Aborts when no stack can be
 * mapped: callers bound how many they start. */
void coroutine_start(struct coroutine_pool *pool, coroutine_fn fn, void *arg);

/* The coroutine that runs now, or NULL on the loop's own stack. */
struct coroutine *coroutine_self(const struct coroutine_pool *pool);

/* Gives control back to whoever started or resumed this coroutine. Only from inside one. */
void coroutine_suspend(struct coroutine_pool *pool);

/* Goes on with a suspended coroutine; returns when it suspends again or ends. Only from the loop's own stack. */
void coroutine_resume(struct coroutine *co);

/* Coroutines that have started and not yet returned. */
size_t coroutine_pool_active(const struct coroutine_pool *pool);

#endif
