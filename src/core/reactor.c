/* One libuv loop and the coroutines on it. Owned by app; runs on one thread, other threads only post.
 *
 * Once per turn, before the loop sleeps in epoll, turn() resumes every coroutine whose event has come and runs the
 * hooks (HTTP server, RPC transport) until nobody makes progress: so a result that arrives in this turn is answered in
 * this turn, and nothing is resumed from deep inside a callback of another library. */
#include "core/reactor.h"

#include <assert.h>
#include <stdlib.h>

enum { MAX_HOOKS = 8, MAX_ROUNDS = 16, MAX_IDLE_TIMERS = 1024 };

struct hook {
    reactor_hook fn;
    void *arg;
};

struct post {
    struct post *next;
    reactor_fn fn;
    void *arg;
};

/* Timers are pooled, because libuv lets go of a handle's memory only after a turn. */
struct wait_timer {
    uv_timer_t handle;
    struct waiter *waiter;
    struct wait_timer *next;
};

struct reactor {
    uv_loop_t loop;
    uv_prepare_t prepare;
    uv_idle_t busy; /* active while work is left over: keeps the loop from sleeping */
    uv_async_t wakeup;
    unsigned index;
    struct coroutine_pool *pool;
    size_t max_coroutines;
    struct coroutine_queue ready;
    struct hook hooks[MAX_HOOKS];
    size_t n_hooks;
    struct wait_timer *idle_timers;
    size_t n_idle_timers;
    uv_mutex_t mutex; /* guards the two below */
    struct post *posts;
    struct post **posts_end;
    bool stopping;
};

static bool run_ready(struct reactor *reactor) {
    bool any = false;
    struct coroutine *co;
    while ((co = coroutine_queue_pop(&reactor->ready)) != NULL) {
        coroutine_resume(co);
        any = true;
    }
    return any;
}

static void on_busy(uv_idle_t *handle) {
    (void)handle;
}

static void turn(uv_prepare_t *handle) {
    struct reactor *reactor = handle->data;
    bool progress = true;
    for (int round = 0; round < MAX_ROUNDS && progress; round++) {
        progress = run_ready(reactor);
        for (size_t i = 0; i < reactor->n_hooks; i++) {
            if (reactor->hooks[i].fn(reactor->hooks[i].arg)) progress = true;
        }
        if (reactor->ready.first != NULL) progress = true; /* a hook has woken somebody */
    }
    if (progress) {
        uv_idle_start(&reactor->busy, on_busy);
    } else {
        uv_idle_stop(&reactor->busy);
    }
    if (reactor->stopping && coroutine_pool_active(reactor->pool) == 0) uv_stop(&reactor->loop);
}

static void on_wakeup(uv_async_t *handle) {
    struct reactor *reactor = handle->data;
    uv_mutex_lock(&reactor->mutex);
    struct post *post = reactor->posts;
    reactor->posts = NULL;
    reactor->posts_end = &reactor->posts;
    uv_mutex_unlock(&reactor->mutex);
    while (post != NULL) {
        struct post *next = post->next;
        post->fn(post->arg);
        free(post);
        post = next;
    }
}

struct reactor *reactor_new(unsigned index) {
    struct reactor *reactor = calloc(1, sizeof *reactor);
    if (reactor == NULL || uv_loop_init(&reactor->loop) != 0) abort();
    reactor->index = index;
    reactor->pool = coroutine_pool_new();
    reactor->max_coroutines = SIZE_MAX;
    reactor->posts_end = &reactor->posts;
    if (uv_mutex_init(&reactor->mutex) != 0) abort();
    if (uv_prepare_init(&reactor->loop, &reactor->prepare) != 0) abort();
    if (uv_idle_init(&reactor->loop, &reactor->busy) != 0) abort();
    if (uv_async_init(&reactor->loop, &reactor->wakeup, on_wakeup) != 0) abort();
    reactor->prepare.data = reactor;
    reactor->wakeup.data = reactor;
    if (uv_prepare_start(&reactor->prepare, turn) != 0) abort();
    return reactor;
}

static void close_handle(uv_handle_t *handle, void *arg) {
    (void)arg;
    if (!uv_is_closing(handle)) uv_close(handle, NULL);
}

void reactor_free(struct reactor *reactor) {
    while (reactor->posts != NULL) on_wakeup(&reactor->wakeup); /* what was posted after the last turn */
    uv_walk(&reactor->loop, close_handle, NULL);
    (void)uv_run(&reactor->loop, UV_RUN_DEFAULT);
    if (uv_loop_close(&reactor->loop) != 0) abort();
    while (reactor->idle_timers != NULL) {
        struct wait_timer *timer = reactor->idle_timers;
        reactor->idle_timers = timer->next;
        free(timer);
    }
    coroutine_pool_free(reactor->pool);
    uv_mutex_destroy(&reactor->mutex);
    free(reactor);
}

void reactor_run(struct reactor *reactor) {
    (void)uv_run(&reactor->loop, UV_RUN_DEFAULT);
}

static void begin_stop(void *arg) {
    struct reactor *reactor = arg;
    reactor->stopping = true;
}

void reactor_stop(struct reactor *reactor) {
    reactor_post(reactor, begin_stop, reactor);
}

uv_loop_t *reactor_loop(struct reactor *reactor) {
    return &reactor->loop;
}

unsigned reactor_index(const struct reactor *reactor) {
    return reactor->index;
}

uint64_t reactor_now_ms(const struct reactor *reactor) {
    return uv_now(&reactor->loop);
}

void reactor_post(struct reactor *reactor, reactor_fn fn, void *arg) {
    struct post *post = malloc(sizeof *post);
    if (post == NULL) abort();
    *post = (struct post){.fn = fn, .arg = arg};
    uv_mutex_lock(&reactor->mutex);
    *reactor->posts_end = post;
    reactor->posts_end = &post->next;
    uv_mutex_unlock(&reactor->mutex);
    if (uv_async_send(&reactor->wakeup) != 0) abort();
}

void reactor_spawn(struct reactor *reactor, coroutine_fn fn, void *arg) {
    struct coroutine *co = coroutine_new(reactor->pool, fn, arg);
    if (coroutine_self(reactor->pool) == NULL) {
        coroutine_resume(co);
    } else {
        coroutine_queue_push(&reactor->ready, co);
    }
}

void reactor_set_room(struct reactor *reactor, size_t max) {
    reactor->max_coroutines = max;
}

bool reactor_has_room(const struct reactor *reactor) {
    return coroutine_pool_active(reactor->pool) < reactor->max_coroutines;
}

void reactor_add_hook(struct reactor *reactor, reactor_hook fn, void *arg) {
    assert(reactor->n_hooks < MAX_HOOKS);
    reactor->hooks[reactor->n_hooks++] = (struct hook){.fn = fn, .arg = arg};
}

void reactor_remove_hook(struct reactor *reactor, reactor_hook fn, void *arg) {
    size_t i = 0;
    while (i < reactor->n_hooks && (reactor->hooks[i].fn != fn || reactor->hooks[i].arg != arg)) i++;
    assert(i < reactor->n_hooks);
    reactor->n_hooks--;
    for (; i < reactor->n_hooks; i++) reactor->hooks[i] = reactor->hooks[i + 1];
}

static void on_deadline(uv_timer_t *handle) {
    struct wait_timer *timer = handle->data;
    waiter_wake(timer->waiter, ERR_TIMEOUT);
}

static struct wait_timer *timer_start(struct reactor *reactor, struct waiter *waiter, uint64_t timeout_ms) {
    struct wait_timer *timer = reactor->idle_timers;
    if (timer != NULL) {
        reactor->idle_timers = timer->next;
        reactor->n_idle_timers--;
    } else {
        timer = malloc(sizeof *timer);
        if (timer == NULL || uv_timer_init(&reactor->loop, &timer->handle) != 0) abort();
        timer->handle.data = timer;
    }
    timer->waiter = waiter;
    if (uv_timer_start(&timer->handle, on_deadline, timeout_ms, 0) != 0) abort();
    return timer;
}

static void free_timer(uv_handle_t *handle) {
    free(handle->data);
}

static void timer_put_back(struct reactor *reactor, struct wait_timer *timer) {
    uv_timer_stop(&timer->handle);
    if (reactor->n_idle_timers >= MAX_IDLE_TIMERS) {
        uv_close((uv_handle_t *)&timer->handle, free_timer);
        return;
    }
    timer->next = reactor->idle_timers;
    reactor->idle_timers = timer;
    reactor->n_idle_timers++;
}

void waiter_init(struct waiter *waiter, struct reactor *reactor) {
    *waiter = (struct waiter){.reactor = reactor};
}

enum err waiter_wait(struct waiter *waiter, uint64_t deadline_ms) {
    struct reactor *reactor = waiter->reactor;
    if (waiter->woken) return waiter->result;
    uint64_t now_ms = reactor_now_ms(reactor);
    if (now_ms >= deadline_ms) {
        waiter_wake(waiter, ERR_TIMEOUT);
        return ERR_TIMEOUT;
    }
    waiter->co = coroutine_self(reactor->pool);
    assert(waiter->co != NULL);
    struct wait_timer *timer = deadline_ms == UINT64_MAX ? NULL : timer_start(reactor, waiter, deadline_ms - now_ms);
    coroutine_suspend(reactor->pool);
    if (timer != NULL) timer_put_back(reactor, timer);
    waiter->co = NULL;
    return waiter->result;
}

void waiter_wake(struct waiter *waiter, enum err result) {
    if (waiter->woken) return;
    waiter->woken = true;
    waiter->result = result;
    if (waiter->co != NULL) coroutine_queue_push(&waiter->reactor->ready, waiter->co);
}

void reactor_sleep_ms(struct reactor *reactor, uint64_t ms) {
    struct waiter waiter;
    waiter_init(&waiter, reactor);
    enum err err = waiter_wait(&waiter, reactor_now_ms(reactor) + ms);
    assert(err == ERR_TIMEOUT);
    (void)err;
}
