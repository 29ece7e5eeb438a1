/* libmicrohttpd on the reactor's loop: its epoll descriptor is polled by libuv, and it runs once per turn when there is
 * something to do. Made and stopped by app; the reactor's thread. */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/log.h"
#include "server_internal.h"

enum {
    QUIET_MS = 100,          /* without a request for this long, a quiesced server counts as drained */
    REPLY_HEAD_BYTES = 8192, /* room in a connection's memory pool for what is parsed, and for our own headers */
};

static void on_readable(uv_poll_t *poll, int status, int events) {
    struct server *server = poll->data;
    (void)status;
    (void)events;
    server->run_due = true;
}

/* The turn hook. A connection resumed in this turn is only served by MHD_run: libmicrohttpd's own wake-up channel does
 * not work under external polling. A time-out of 0 means that it has more to do at once (pipelined requests). */
static bool run_if_due(void *arg) {
    struct server *server = arg;
    MHD_UNSIGNED_LONG_LONG timeout_ms;
    if (!server->run_due) return false;
    server->run_due = false;
    (void)MHD_run(server->daemon);
    if (MHD_get_timeout(server->daemon, &timeout_ms) == MHD_YES && timeout_ms == 0) server->run_due = true;
    return true;
}

/* Targets are decoded by target.c, once, with %00 refused: libmicrohttpd's decoding would cut the path there. */
static size_t leave_escaped(void *cls, struct MHD_Connection *mhd, char *text) {
    size_t len = 0;
    (void)cls;
    (void)mhd;
    while (text[len] != '\0') len++;
    return len;
}

static void on_mhd_log(void *cls, const char *format, va_list args) __attribute__((format(printf, 2, 0)));
static void on_mhd_log(void *cls, const char *format, va_list args) {
    char text[256];
    (void)cls;
    (void)vsnprintf(text, sizeof text, format, args);
    log_write(LOG_HTTP, LOG_DEBUG, "libmicrohttpd", LOG_STR("text", text));
}

static struct MHD_Daemon *start_daemon(struct server *server) {
    const struct server_limits *limits = &server->options.limits;
    /* libmicrohttpd answers for itself (in HTML) what does not fit its pool, so the pool is larger than our limits. */
    size_t head = limits->max_header_bytes > limits->max_uri_bytes ? limits->max_header_bytes : limits->max_uri_bytes;
    size_t pool = head + REPLY_HEAD_BYTES;
    return MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, NULL, NULL,
                            exchange_on_access, server, MHD_OPTION_EXTERNAL_LOGGER, on_mhd_log, NULL,
                            MHD_OPTION_LISTEN_SOCKET, server->options.listen_fd, MHD_OPTION_CONNECTION_LIMIT,
                            (unsigned)limits->max_connections, MHD_OPTION_CONNECTION_MEMORY_LIMIT, pool,
                            MHD_OPTION_URI_LOG_CALLBACK, exchange_on_uri, server, MHD_OPTION_UNESCAPE_CALLBACK,
                            leave_escaped, NULL, MHD_OPTION_NOTIFY_COMPLETED, exchange_on_completed, server,
                            MHD_OPTION_NOTIFY_CONNECTION, connections_on_notify, server, MHD_OPTION_END);
}

static void attach_to_loop(struct server *server) {
    uv_loop_t *loop = reactor_loop(server->reactor);
    int epoll_fd = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    server->poll = malloc(sizeof *server->poll);
    server->sweep = malloc(sizeof *server->sweep);
    if (server->poll == NULL || server->sweep == NULL) abort();
    if (uv_poll_init(loop, server->poll, epoll_fd) != 0) abort();
    if (uv_timer_init(loop, server->sweep) != 0) abort();
    server->poll->data = server;
    server->sweep->data = server;
    if (uv_poll_start(server->poll, UV_READABLE, on_readable) != 0) abort();
    reactor_add_hook(server->reactor, run_if_due, server);
}

struct server *server_start(struct reactor *reactor, const struct server_options *options) {
    struct server *server = calloc(1, sizeof *server);
    if (server == NULL) abort();
    server->reactor = reactor;
    server->options = *options;
    server->drain_limit_ms = UINT64_MAX;
    server->daemon = start_daemon(server);
    if (server->daemon == NULL) {
        free(server);
        return NULL;
    }
    attach_to_loop(server);
    return server;
}

/* Connections that the kernel has completed wait in the listening socket's queue; closing it would reset them. */
static void take_in_waiting(struct server *server, int listen_fd) {
    for (;;) {
        struct sockaddr_storage peer;
        socklen_t len = sizeof peer;
        int fd = accept4(listen_fd, (struct sockaddr *)&peer, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0 && errno == EINTR) continue;
        if (fd < 0) return;
        (void)MHD_add_connection(server->daemon, fd, (struct sockaddr *)&peer, len);
        server->run_due = true;
    }
}

void server_quiesce(struct server *server, uint64_t limit_ms) {
    server->draining = true;
    server->drain_limit_ms = limit_ms;
    server->last_request_ms = reactor_now_ms(server->reactor);
    int listen_fd = MHD_quiesce_daemon(server->daemon);
    if (listen_fd == MHD_INVALID_SOCKET) return;
    take_in_waiting(server, listen_fd);
    (void)close(listen_fd);
}

bool server_is_drained(const struct server *server) {
    return server->n_exchanges == 0 && reactor_now_ms(server->reactor) - server->last_request_ms >= QUIET_MS;
}

static void free_handle(uv_handle_t *handle) {
    free(handle);
}

void server_stop(struct server *server) {
    assert(server->n_in_flight == 0);
    MHD_stop_daemon(server->daemon);
    reactor_remove_hook(server->reactor, run_if_due, server);
    uv_close((uv_handle_t *)server->poll, free_handle);
    uv_close((uv_handle_t *)server->sweep, free_handle);
    exchange_free_idle(server);
    free(server);
}
