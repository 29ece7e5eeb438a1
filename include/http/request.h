/* One HTTP request, as handlers and middleware see it. Owned by http/server, lives and dies on one reactor. */
#ifndef DAPPD_HTTP_REQUEST_H
#define DAPPD_HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/peer_address.h"
#include "core/principal.h"
#include "core/task.h"

struct app;
struct route;
struct MHD_Connection;

enum http_method { HTTP_GET, HTTP_HEAD, HTTP_POST, HTTP_PUT, HTTP_PATCH, HTTP_DELETE, HTTP_OPTIONS, HTTP_OTHER };

enum { REQUEST_MAX_PARAMS = 8, REQUEST_MAX_QUERY = 16, REQUEST_ID_BYTES = 65 };

/* A borrowed piece of text, not NUL-terminated. */
struct slice {
    const char *p;
    size_t len;
};

/* It is this word. */
bool slice_is(struct slice text, const char *word);

/* How much of it an error shows, for %.*s. */
int slice_shown(struct slice text);

struct query_arg {
    struct slice name; /* decoded */
    struct slice value;
};

struct request {
    struct task task;
    struct app *app;
    enum http_method method;
    const char *method_name;                 /* as the client wrote it */
    struct slice target;                     /* path and query, raw */
    struct slice path;                       /* raw, percent-encoded */
    const struct route *route;               /* NULL until routed, and where nothing matched */
    struct slice params[REQUEST_MAX_PARAMS]; /* decoded, in the order of the pattern */
    size_t n_params;
    struct query_arg query[REQUEST_MAX_QUERY];
    size_t n_query;
    struct slice body;
    char id[REQUEST_ID_BYTES];  /* X-Request-Id; set by its middleware, "" before */
    struct peer_address client; /* behind the proxies that are trusted; set by its middleware */
    struct principal principal; /* who asks; anonymous until its middleware has looked */
    uint64_t started_us;        /* clock_now_us */
    bool may_not_wait;          /* there is no room for one more that waits: routes that never do still answer */
    struct MHD_Connection *connection;
};

/* The first header of that name, any case, borrowed; NULL when absent. */
const char *request_header(const struct request *req, const char *name);

/* All headers of that name as one list, separated by commas (RFC 9110, 5.3), in the request's arena; NULL when absent.
 * "" when the arena is full. */
const char *request_header_list(const struct request *req, const char *name);

/* Who is connected: the client, or the last of the proxies before it. */
struct peer_address request_peer(const struct request *req);

/* The value of a query argument; false when absent. */
bool request_query(const struct request *req, struct slice *out, const char *name);

#endif
