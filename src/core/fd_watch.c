/* libuv's word on a descriptor that is not ours. A watch belongs to whoever made it; its memory goes once the loop has
 * let go of the handle.
 * On the reactor's thread. */
#include "core/fd_watch.h"

#include <stdlib.h>

struct fd_watch {
    uv_poll_t poll;
    fd_watch_fn fn;
    void *arg;
    int wanted;
};

static void free_watch(uv_handle_t *handle) {
    free(handle->data);
}

struct fd_watch *fd_watch_new(struct reactor *reactor, int fd, fd_watch_fn fn, void *arg) {
    struct fd_watch *watch = calloc(1, sizeof *watch);
    if (watch == NULL) abort();
    if (uv_poll_init(reactor_loop(reactor), &watch->poll, fd) != 0) {
        free(watch);
        return NULL;
    }
    watch->poll.data = watch;
    watch->fn = fn;
    watch->arg = arg;
    return watch;
}

void fd_watch_free(struct fd_watch *watch) {
    if (watch == NULL) return;
    uv_close((uv_handle_t *)&watch->poll, free_watch); /* unwatched at once, before the number can be another's */
}

static void on_readiness(uv_poll_t *poll, int status, int events);

static void start(struct fd_watch *watch) {
    int flags = (watch->wanted & FD_READABLE ? UV_READABLE : 0) | (watch->wanted & FD_WRITABLE ? UV_WRITABLE : 0);
    if (uv_poll_start(&watch->poll, flags, on_readiness) != 0) abort();
}

/* After an error libuv has stopped watching, but what came before the error may take more than one call to read. */
static void on_readiness(uv_poll_t *poll, int status, int events) {
    struct fd_watch *watch = poll->data;
    int flags = (events & UV_READABLE ? FD_READABLE : 0) | (events & UV_WRITABLE ? FD_WRITABLE : 0);
    if (status < 0) {
        flags = FD_READABLE | FD_WRITABLE;
        start(watch);
    }
    watch->fn(watch->arg, flags);
}

void fd_watch_want(struct fd_watch *watch, int events) {
    if (watch->wanted == events) return;
    watch->wanted = events;
    if (events == 0) {
        uv_poll_stop(&watch->poll);
    } else {
        start(watch);
    }
}
