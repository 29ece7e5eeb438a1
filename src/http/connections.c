/* The open connections of one server and their deadlines. Owned by the server; its thread. */
#include <malloc.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "core/metrics.h"
#include "server_internal.h"

enum { SWEEP_INTERVAL_MS = 250, STORM_REQUESTS = 64, TRIM_INTERVAL_MS = 10000 };

/* After a storm of requests the allocator would keep all that they needed at once. */
static void give_memory_back(struct server *server) {
    bool was_storm = server->peak_in_flight >= STORM_REQUESTS;
    uint64_t now_ms = reactor_now_ms(server->reactor);
    if (!was_storm || server->n_in_flight > server->peak_in_flight / 4 || now_ms < server->next_trim_ms) return;
    server->peak_in_flight = server->n_in_flight;
    server->next_trim_ms = now_ms + TRIM_INTERVAL_MS;
    (void)malloc_trim(0);
}

/* A body that is being written ends with a shutdown's limit, however long its client might still have taken. */
static bool is_over(const struct server *server, const struct connection *connection, uint64_t now_ms) {
    if (connection->deadline_ms <= now_ms) return true;
    return now_ms >= server->drain_limit_ms && stream_is_written(connection->exchange);
}

/* Closes every connection whose deadline has passed. */
static void on_sweep(uv_timer_t *timer) {
    struct server *server = timer->data;
    uint64_t now_ms = reactor_now_ms(server->reactor);
    for (struct connection *c = server->connections; c != NULL; c = c->next) {
        if (!is_over(server, c, now_ms)) continue;
        /* libmicrohttpd sees the end of the stream and closes the connection in its own time. */
        (void)shutdown(c->fd, SHUT_RDWR);
        connection_clear_timeout(c);
    }
    give_memory_back(server);
}

static void add(struct server *server, struct connection *connection) {
    connection->next = server->connections;
    if (server->connections != NULL) {
        server->connections->prev = connection;
    } else {
        uv_timer_start(server->sweep, on_sweep, SWEEP_INTERVAL_MS, SWEEP_INTERVAL_MS);
    }
    server->connections = connection;
}

static void remove_from(struct server *server, struct connection *connection) {
    if (connection->next != NULL) connection->next->prev = connection->prev;
    if (connection->prev != NULL) {
        connection->prev->next = connection->next;
    } else {
        server->connections = connection->next;
    }
    if (server->connections != NULL) return;
    uv_timer_stop(server->sweep);
    give_memory_back(server);
}

void connections_on_notify(void *cls, struct MHD_Connection *mhd, void **socket_context,
                           enum MHD_ConnectionNotificationCode code) {
    struct server *server = cls;
    if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
        exchange_drop(((struct connection *)*socket_context)->exchange);
        remove_from(server, *socket_context);
        free(*socket_context);
        *socket_context = NULL;
        metrics_add(METRIC_HTTP_CONNECTIONS, 0, 0, -1);
        server->run_due = true; /* a full libmicrohttpd takes up its listening socket again with the next run only */
        return;
    }
    struct connection *connection = calloc(1, sizeof *connection);
    if (connection == NULL) abort();
    connection->fd = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    connection_set_timeout(connection, server, server->options.limits.receive_timeout_ms);
    add(server, connection);
    *socket_context = connection;
    metrics_add(METRIC_HTTP_CONNECTIONS, 0, 0, 1);
}

struct connection *connection_of(struct MHD_Connection *mhd) {
    return MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

void connection_set_timeout(struct connection *connection, const struct server *server, uint64_t timeout_ms) {
    connection->deadline_ms = reactor_now_ms(server->reactor) + timeout_ms;
}

void connection_notice_end(struct connection *connection, const struct server *server) {
    char byte;
    if (recv(connection->fd, &byte, sizeof byte, MSG_PEEK | MSG_DONTWAIT) != 0) return;
    connection_set_timeout(connection, server, 0);
}

void connection_clear_timeout(struct connection *connection) {
    connection->deadline_ms = UINT64_MAX;
}
