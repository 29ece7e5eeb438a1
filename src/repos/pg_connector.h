/* One attempt to connect. It belongs to whoever started it until fn is called or it is cancelled; the reactor's thread.
 */
#ifndef DAPPD_REPOS_PG_CONNECTOR_H
#define DAPPD_REPOS_PG_CONNECTOR_H

#include <stdbool.h>
#include <stdint.h>

#include <libpq-fe.h>

#include "core/log.h"
#include "core/reactor.h"

struct pg_connector;

/* All of it is borrowed until the attempt ends. */
struct pg_connector_options {
    const char *url;
    const char *application_name;
    uint64_t statement_timeout_ms; /* 0: none */
    bool read_only;
    uint64_t timeout_ms;
    unsigned turn;            /* how many attempts have failed before */
    enum log_level log_level; /* of a failure */
};

/* Called on the loop's stack, never from within pg_connector_start. In: conn, non-blocking, the callee's; NULL when
 * there is none, which has been logged. */
typedef void (*pg_connector_fn)(void *arg, PGconn *conn);

struct pg_connector *pg_connector_start(struct reactor *reactor, const struct pg_connector_options *options,
                                        pg_connector_fn fn, void *arg);

/* fn will not be called. */
void pg_connector_cancel(struct pg_connector *connector);

#endif
