/* Looks up the hosts, then lets libpq connect without blocking; a timer bounds both. A connector owns what it has made
 * until it hands it over.
 * On the reactor's thread; everything happens on the loop's stack. */
#include "pg_connector.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/fd_watch.h"
#include "core/resolve.h"
#include "pg_error.h"
#include "pg_target.h"

enum { MAX_SETTINGS_BYTES = 256 };

struct pg_connector {
    uv_timer_t timer;
    struct reactor *reactor;
    struct pg_connector_options options;
    struct pg_target *target;
    struct resolve *resolve; /* under way */
    PGconn *conn;
    struct fd_watch *watch;
    const char *problem; /* what the timer is to tell; NULL: what libpq says */
    pg_connector_fn fn;
    void *arg;
};

static void free_connector(uv_handle_t *timer) {
    free(timer->data);
}

/* Ends whatever is under way. */
static void take_down(struct pg_connector *connector) {
    if (connector->resolve != NULL) resolve_cancel(connector->resolve);
    fd_watch_free(connector->watch);
    if (connector->conn != NULL) PQfinish(connector->conn);
    if (connector->target != NULL) pg_target_free(connector->target);
    uv_close((uv_handle_t *)&connector->timer, free_connector);
}

void pg_connector_cancel(struct pg_connector *connector) {
    take_down(connector);
}

static void fail(struct pg_connector *connector) {
    pg_connector_fn fn = connector->fn;
    void *arg = connector->arg;
    take_down(connector);
    fn(arg, NULL);
}

static void log_notice(void *arg, const PGresult *notice) {
    (void)arg;
    log_write(LOG_DB, LOG_DEBUG, "notice", LOG_STR("message", PQresultErrorField(notice, PG_DIAG_MESSAGE_PRIMARY)));
}

static void succeed(struct pg_connector *connector) {
    PGconn *conn = connector->conn;
    if (PQsetnonblocking(conn, 1) != 0) abort(); /* nothing waits to be sent yet */
    pg_connector_fn fn = connector->fn;
    void *arg = connector->arg;
    connector->conn = NULL;
    take_down(connector);
    fn(arg, conn);
}

static void on_timer(uv_timer_t *timer) {
    struct pg_connector *connector = timer->data;
    pg_error_log_connection(connector->conn, connector->problem, connector->options.log_level);
    fail(connector);
}

/* From the loop, since whoever starts an attempt does not expect to be called back at once. */
static void fail_soon(struct pg_connector *connector, const char *problem) {
    connector->problem = problem;
    if (uv_timer_start(&connector->timer, on_timer, 0, 0) != 0) abort();
}

static void on_readiness(void *arg, int events);

/* libpq may have gone on to another host, and so to another socket with perhaps the same number: the watch is new each
 * time. */
static void watch_for(struct pg_connector *connector, int events) {
    connector->watch = fd_watch_new(connector->reactor, PQsocket(connector->conn), on_readiness, connector);
    if (connector->watch == NULL) {
        fail_soon(connector, "its socket cannot be watched");
        return;
    }
    fd_watch_want(connector->watch, events);
}

static void on_readiness(void *arg, int events) {
    (void)events;
    struct pg_connector *connector = arg;
    fd_watch_free(connector->watch); /* before libpq may close the socket */
    connector->watch = NULL;
    switch (PQconnectPoll(connector->conn)) {
    case PGRES_POLLING_OK:
        succeed(connector);
        break;
    case PGRES_POLLING_READING:
        watch_for(connector, FD_READABLE);
        break;
    case PGRES_POLLING_WRITING:
        watch_for(connector, FD_WRITABLE);
        break;
    default:
        fail_soon(connector, NULL);
    }
}

static void begin(struct pg_connector *connector) {
    char settings[MAX_SETTINGS_BYTES];
    (void)snprintf(settings, sizeof settings, "-c statement_timeout=%llu%s",
                   (unsigned long long)connector->options.statement_timeout_ms,
                   connector->options.read_only ? " -c default_transaction_read_only=on -c jit=off" : "");
    connector->conn = pg_target_connect(connector->target, settings, connector->options.application_name);
    if (connector->conn == NULL) abort();
    PQsetNoticeReceiver(connector->conn, log_notice, NULL); /* from the first moment: libpq itself writes to stderr */
    if (PQstatus(connector->conn) == CONNECTION_BAD) {
        fail_soon(connector, NULL);
    } else {
        watch_for(connector, FD_WRITABLE);
    }
}

static void look_up_or_begin(struct pg_connector *connector);

static void on_addresses(void *arg, const char (*addresses)[RESOLVE_TEXT_BYTES], size_t n) {
    struct pg_connector *connector = arg;
    connector->resolve = NULL;
    pg_target_set_addresses(connector->target, addresses, n);
    look_up_or_begin(connector);
}

static void look_up_or_begin(struct pg_connector *connector) {
    const char *name = pg_target_next_name(connector->target);
    if (name != NULL) {
        connector->resolve = resolve_start(connector->reactor, name, on_addresses, connector);
    } else if (pg_target_has_host(connector->target)) {
        begin(connector);
    } else {
        fail_soon(connector, "no host name could be resolved");
    }
}

struct pg_connector *pg_connector_start(struct reactor *reactor, const struct pg_connector_options *options,
                                        pg_connector_fn fn, void *arg) {
    struct pg_connector *connector = calloc(1, sizeof *connector);
    if (connector == NULL || uv_timer_init(reactor_loop(reactor), &connector->timer) != 0) abort();
    connector->timer.data = connector;
    connector->reactor = reactor;
    connector->options = *options;
    connector->fn = fn;
    connector->arg = arg;
    connector->problem = "it did not answer in time";
    if (uv_timer_start(&connector->timer, on_timer, options->timeout_ms, 0) != 0) abort();
    connector->target = pg_target_new(options->url, options->turn);
    if (connector->target == NULL) {
        fail_soon(connector, "the connection string cannot be read");
    } else {
        look_up_or_begin(connector);
    }
    return connector;
}
