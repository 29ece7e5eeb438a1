/* The HTTP/1.1 server of one reactor: libmicrohttpd driven by the reactor's loop, a coroutine per request. Made and
 * stopped by app; everything runs on the reactor's thread. */
#ifndef DAPPD_HTTP_SERVER_H
#define DAPPD_HTTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/reactor.h"
#include "http/request.h"
#include "http/response.h"

struct server;

/* Limits of one reactor's server. Units in the names. */
struct server_limits {
    size_t max_uri_bytes;
    size_t max_header_bytes;
    size_t max_body_bytes;
    size_t max_bodies_bytes; /* of all requests under way; at least max_body_bytes */
    size_t max_connections;
    size_t max_in_flight;
    uint64_t idle_timeout_ms;
    uint64_t receive_timeout_ms;
    uint64_t send_timeout_ms;
};

struct server_options {
    struct app *app;
    int listen_fd; /* non-blocking; the server closes it */
    struct server_limits limits;
    /* Answers one request, on its coroutine: may wait, always fills in the response. */
    void (*handle)(struct request *req, struct response *res);
};

/* Returns NULL when libmicrohttpd refuses to start (out of descriptors). */
struct server *server_start(struct reactor *reactor, const struct server_options *options);

/* Stops accepting: what has reached the socket is still taken in, and every answer from now on closes its connection.
 * In: limit_ms, of the reactor's clock: requests that come before it have to end by then, later ones are refused. */
void server_quiesce(struct server *server, uint64_t limit_ms);

/* True once every request has been answered and sent and none has come for a moment. */
bool server_is_drained(const struct server *server);

/* Closes all connections. No request may be waiting any more (asserted). */
void server_stop(struct server *server);

#endif
