/* The shape of the route table (routes/table.c) and the look-up in it. Static data, any thread. */
#ifndef DAPPD_HTTP_ROUTE_H
#define DAPPD_HTTP_ROUTE_H

#include <stddef.h>

#include "core/err.h"
#include "http/request.h"
#include "http/response.h"

/* Returns ERR_OK with the response filled in, or an error with the task's fault set. */
typedef enum err (*handler_fn)(struct request *req, struct response *res);

enum cache_class {
    CACHE_CLASS_NONE,   /* no-store: set by the router */
    CACHE_CLASS_BLOCK,  /* until the next block is due, for ever at finalized blocks: set by the handler */
    CACHE_CLASS_STATIC, /* the same until dappd is upgraded, an hour and a validator: set by the router */
};

enum cost_class {
    COST_LOCAL, /* never waits, so it answers even when there is no room for requests that do */
    COST_NODES, /* may ask nodes */
};

struct route {
    enum http_method method;
    const char *pattern; /* "/balance/:address/:token" */
    handler_fn handler;
    enum cache_class cache;
    const char *query; /* space-separated names of the query arguments it takes; "" for none */
    enum cost_class cost;
};

/* All routes; order does not matter: a literal segment beats a parameter. */
extern const struct route routes[];
extern const size_t routes_count;

#endif
