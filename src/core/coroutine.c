/* Coroutines over ucontext with pooled, guard-paged stacks. The pool owns them all; one thread.
 * A stack whose function has returned waits in the pool for the next one, its context still good. */
#include "core/coroutine.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "fiber_hooks.h"

enum { MAX_IDLE_STACKS = 256 };

struct coroutine {
    ucontext_t context;
    struct coroutine_pool *pool;
    struct coroutine *next; /* in the idle list or in a queue */
    coroutine_fn fn;
    void *arg;
    bool returned;
    void *mapping; /* guard page, then the stack */
    size_t mapping_bytes;
    struct fiber fiber;
};

struct coroutine_pool {
    ucontext_t loop_context;
    struct fiber loop_fiber;
    struct coroutine *running;
    struct coroutine *idle;
    size_t n_idle;
    size_t n_active;
};

struct coroutine_pool *coroutine_pool_new(void) {
    struct coroutine_pool *pool = calloc(1, sizeof *pool);
    if (pool == NULL) abort();
    fiber_init(&pool->loop_fiber, NULL, 0);
    return pool;
}

static void to_loop(struct coroutine *co) {
    fiber_leave(&co->fiber, &co->pool->loop_fiber, co->returned);
    if (swapcontext(&co->context, &co->pool->loop_context) != 0) abort();
    fiber_enter(&co->fiber, &co->pool->loop_fiber);
}

/* makecontext passes ints only: the pointer comes in two halves. */
static void entry(unsigned high, unsigned low) {
    struct coroutine *co = (struct coroutine *)(((uintptr_t)high << 32) | low); // NOLINT
    fiber_enter(&co->fiber, &co->pool->loop_fiber);
    for (;;) {
        co->fn(co->arg);
        co->returned = true;
        to_loop(co);
    }
}

static struct coroutine *map_stack(struct coroutine_pool *pool) {
    struct coroutine *co = calloc(1, sizeof *co);
    if (co == NULL) abort();
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    co->pool = pool;
    co->mapping_bytes = COROUTINE_STACK_BYTES + page;
    co->mapping = mmap(NULL, co->mapping_bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);
    if (co->mapping == MAP_FAILED || mprotect(co->mapping, page, PROT_NONE) != 0) abort();
    void *stack = (char *)co->mapping + page;
    fiber_init(&co->fiber, stack, COROUTINE_STACK_BYTES);
    if (getcontext(&co->context) != 0) abort();
    co->context.uc_stack.ss_sp = stack;
    co->context.uc_stack.ss_size = COROUTINE_STACK_BYTES;
    uintptr_t bits = (uintptr_t)co;
    makecontext(&co->context, (void (*)(void))entry, 2, (unsigned)(bits >> 32), (unsigned)bits);
    return co;
}

static void unmap_stack(struct coroutine *co) {
    fiber_destroy(&co->fiber);
    if (munmap(co->mapping, co->mapping_bytes) != 0) abort();
    free(co);
}

void coroutine_pool_free(struct coroutine_pool *pool) {
    assert(pool->n_active == 0);
    while (pool->idle != NULL) {
        struct coroutine *co = pool->idle;
        pool->idle = co->next;
        unmap_stack(co);
    }
    free(pool);
}

struct coroutine *coroutine_new(struct coroutine_pool *pool, coroutine_fn fn, void *arg) {
    struct coroutine *co = pool->idle;
    if (co != NULL) {
        pool->idle = co->next;
        pool->n_idle--;
    } else {
        co = map_stack(pool);
    }
    co->next = NULL;
    co->fn = fn;
    co->arg = arg;
    co->returned = false;
    pool->n_active++;
    return co;
}

static void put_back(struct coroutine *co) {
    struct coroutine_pool *pool = co->pool;
    pool->n_active--;
    if (pool->n_idle >= MAX_IDLE_STACKS) {
        unmap_stack(co);
        return;
    }
    co->next = pool->idle;
    pool->idle = co;
    pool->n_idle++;
}

struct coroutine *coroutine_self(const struct coroutine_pool *pool) {
    return pool->running;
}

void coroutine_suspend(struct coroutine_pool *pool) {
    assert(pool->running != NULL);
    to_loop(pool->running);
}

void coroutine_resume(struct coroutine *co) {
    struct coroutine_pool *pool = co->pool;
    assert(pool->running == NULL);
    pool->running = co;
    fiber_leave(&pool->loop_fiber, &co->fiber, false);
    if (swapcontext(&pool->loop_context, &co->context) != 0) abort();
    fiber_enter(&pool->loop_fiber, &co->fiber);
    pool->running = NULL;
    if (co->returned) put_back(co);
}

size_t coroutine_pool_active(const struct coroutine_pool *pool) {
    return pool->n_active;
}

void coroutine_queue_push(struct coroutine_queue *queue, struct coroutine *co) {
    co->next = NULL;
    if (queue->last != NULL) {
        queue->last->next = co;
    } else {
        queue->first = co;
    }
    queue->last = co;
}

struct coroutine *coroutine_queue_pop(struct coroutine_queue *queue) {
    struct coroutine *co = queue->first;
    if (co == NULL) return NULL;
    queue->first = co->next;
    if (queue->first == NULL) queue->last = NULL;
    return co;
}
