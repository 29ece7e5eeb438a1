/* What keeps a core busy for milliseconds would keep all others on the loop waiting, so it goes to libuv's thread pool.
 * A work lives on the stack of the coroutine that waits for it.
 * On the reactor's thread, but for the work itself. */
#include "core/work.h"

#include <assert.h>
#include <stdlib.h>

struct work {
    uv_work_t request;
    struct waiter waiter;
    reactor_fn fn;
    void *arg;
};

static void run(uv_work_t *request) {
    struct work *work = request->data;
    work->fn(work->arg);
}

static void finish(uv_work_t *request, int status) {
    struct work *work = request->data;
    assert(status == 0); /* nobody cancels it */
    waiter_wake(&work->waiter, ERR_OK);
}

void work_run(struct reactor *reactor, reactor_fn fn, void *arg) {
    struct work work = {.fn = fn, .arg = arg};
    work.request.data = &work;
    waiter_init(&work.waiter, reactor);
    if (uv_queue_work(reactor_loop(reactor), &work.request, run, finish) != 0) abort();
    enum err err = waiter_wait(&work.waiter, UINT64_MAX);
    assert(err == ERR_OK);
    (void)err;
}
