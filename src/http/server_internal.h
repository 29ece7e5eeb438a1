/* What server.c, exchange.c, stream.c, head.c, connections.c and reply.c share. One server per reactor, on its thread.
 */
#ifndef DAPPD_HTTP_SERVER_INTERNAL_H
#define DAPPD_HTTP_SERVER_INTERNAL_H

#include <microhttpd.h>

#include "core/buf.h"
#include "http/server.h"

/* One open client connection and until when it may stay in its phase. libmicrohttpd's own time-out restarts with every
 * byte, so a client that sends one byte a second would hold a connection for ever: these deadlines do not move. */
struct connection {
    struct connection *next, *prev;
    int fd;
    uint64_t deadline_ms;      /* UINT64_MAX: while we work on its request */
    struct exchange *exchange; /* under way, or NULL */
};

/* One request and its answer. */
struct exchange {
    struct request req;
    struct response res;
    struct server *server;
    struct connection *connection;
    struct buf body;
    enum { EXCHANGE_HEAD, EXCHANGE_BODY, EXCHANGE_RUNNING, EXCHANGE_ANSWERED } state;
    size_t body_reserved; /* its part of the server's body_bytes */
    bool suspended;
    bool must_close;       /* nobody knows where the next request begins */
    struct stream *stream; /* the body that is being written, or NULL */
    struct exchange *next; /* in the server's idle list */
};

struct server {
    struct reactor *reactor;
    struct server_options options;
    struct MHD_Daemon *daemon;
    uv_poll_t *poll;
    uv_timer_t *sweep; /* runs while there are connections */
    bool run_due;      /* libmicrohttpd has something to do in this turn */
    bool draining;
    uint64_t drain_limit_ms; /* UINT64_MAX until draining: then no request may take longer */
    struct connection *connections;
    struct exchange *idle_exchanges;
    size_t n_idle_exchanges;
    size_t n_exchanges;    /* requests whose first line has come and whose answer is not sent yet */
    size_t n_in_flight;    /* requests being worked on */
    size_t peak_in_flight; /* since memory was last given back */
    uint64_t next_trim_ms;
    size_t body_bytes; /* of requests whose answer is not sent yet */
    uint64_t last_request_ms;
};

/* exchange.c: libmicrohttpd's callbacks. */
void *exchange_on_uri(void *server, const char *uri, struct MHD_Connection *mhd);
enum MHD_Result exchange_on_access(void *server, struct MHD_Connection *mhd, const char *url, const char *method,
                                   const char *version, const char *upload, size_t *upload_len, void **exchange);
void exchange_on_completed(void *server, struct MHD_Connection *mhd, void **exchange,
                           enum MHD_RequestTerminationCode code);
void exchange_free_idle(struct server *server);
/* Forgets a request that is not being worked on; NULL is allowed. libmicrohttpd does not always tell when it gives one
 * up: the next request on its connection and the connection's end come here too. */
void exchange_drop(struct exchange *exchange);
/* The answer, or more of it, is there. */
void exchange_proceed(struct exchange *exchange);

/* stream.c */
/* Runs the writer of the response's body. */
void stream_run(struct exchange *exchange);
/* A reply whose body is read from the stream. */
struct MHD_Response *stream_make_reply(struct exchange *exchange);
/* The writer is at work, and may be waiting for the client. NULL is allowed. */
bool stream_is_written(const struct exchange *exchange);
/* Nothing more can be sent. Returns true when the writer is still at work: it will end soon. */
bool stream_abandon(struct exchange *exchange);
/* It has been abandoned. */
bool stream_is_abandoned(const struct exchange *exchange);

/* head.c */
enum { BODY_MAX_OVERRUN = 4 }; /* a body without announced length is read to this many times its limit, then cut off */
/* Returns false when what follows the head is not to be read: the answer then closes the connection. */
bool head_accept(struct exchange *exchange, const char *method, const char *version);
enum err head_fail_body(struct exchange *exchange);

/* connections.c */
void connections_on_notify(void *server, struct MHD_Connection *mhd, void **socket_context,
                           enum MHD_ConnectionNotificationCode code);
struct connection *connection_of(struct MHD_Connection *mhd);
void connection_set_timeout(struct connection *connection, const struct server *server, uint64_t timeout_ms);
/* libmicrohttpd misses the end of a stream that comes together with its last bytes. What is missing of the request then
 * never comes, so its time is over; a request that is complete is started first, which clears the deadline. */
void connection_notice_end(struct connection *connection, const struct server *server);
void connection_clear_timeout(struct connection *connection);

/* reply.c: hands the response to libmicrohttpd. */
enum MHD_Result reply_queue(struct exchange *exchange);

#endif
