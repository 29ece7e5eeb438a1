/* A non-blocking socket and libuv's word on when to go on with it. Freed once the loop has let go of its handle.
 * On the reactor's thread. */
#include "core/local_socket.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct local_socket {
    uv_poll_t poll;
    struct reactor *reactor;
    struct waiter waiter;
    int fd;
    bool cancelled;
};

/* Returns the descriptor, or an errno with a minus. */
static int connect_to(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t len = strlen(path);
    assert(len < sizeof address.sun_path);
    memcpy(address.sun_path, path, len);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -errno;
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) == 0) return fd;
    int error = errno;
    (void)close(fd);
    return -error;
}

int local_socket_open(struct local_socket **out, struct reactor *reactor, const char *path) {
    *out = NULL;
    int fd = connect_to(path);
    if (fd < 0) return -fd;
    struct local_socket *socket = calloc(1, sizeof *socket);
    if (socket == NULL || uv_poll_init(reactor_loop(reactor), &socket->poll, fd) != 0) abort();
    socket->poll.data = socket;
    socket->reactor = reactor;
    socket->fd = fd;
    *out = socket;
    return 0;
}

static void free_socket(uv_handle_t *handle) {
    free(handle->data);
}

void local_socket_close(struct local_socket *socket) {
    int fd = socket->fd;
    assert(socket->waiter.co == NULL);
    uv_close((uv_handle_t *)&socket->poll, free_socket); /* unwatched at once, before the number can be another's */
    (void)close(fd);
}

/* Whatever has happened, the next read or write tells. */
static void on_readiness(uv_poll_t *poll, int status, int events) {
    (void)status;
    (void)events;
    struct local_socket *socket = poll->data;
    waiter_wake(&socket->waiter, ERR_OK);
}

static int wait_until_ready(struct local_socket *socket, int events, uint64_t deadline_ms) {
    if (socket->cancelled || reactor_now_ms(socket->reactor) >= deadline_ms) return ETIMEDOUT;
    waiter_init(&socket->waiter, socket->reactor);
    if (uv_poll_start(&socket->poll, events, on_readiness) != 0) abort();
    enum err err = waiter_wait(&socket->waiter, deadline_ms);
    uv_poll_stop(&socket->poll);
    return err == ERR_OK && !socket->cancelled ? 0 : ETIMEDOUT;
}

int local_socket_write(struct local_socket *socket, const void *data, size_t len, uint64_t deadline_ms) {
    const char *at = data;
    while (len > 0) {
        ssize_t n = send(socket->fd, at, len, MSG_NOSIGNAL);
        if (n >= 0) {
            at += n;
            len -= (size_t)n;
        } else if (errno == EAGAIN) {
            int error = wait_until_ready(socket, UV_WRITABLE, deadline_ms);
            if (error != 0) return error;
        } else if (errno != EINTR) {
            return errno == EPIPE ? ECONNRESET : errno;
        }
    }
    return 0;
}

int local_socket_read(struct local_socket *socket, size_t *n, void *out, size_t size, uint64_t deadline_ms) {
    for (;;) {
        ssize_t got = recv(socket->fd, out, size, 0);
        if (got > 0) {
            *n = (size_t)got;
            return 0;
        }
        if (got == 0) return ECONNRESET;
        if (errno == EAGAIN) {
            int error = wait_until_ready(socket, UV_READABLE, deadline_ms);
            if (error != 0) return error;
        } else if (errno != EINTR) {
            return errno;
        }
    }
}

void local_socket_cancel(struct local_socket *socket) {
    socket->cancelled = true;
    waiter_wake(&socket->waiter, ERR_TIMEOUT);
}
