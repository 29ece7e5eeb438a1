/* The shape of the route table (routes/table.c) and the look-up in it. Static data, any thread. */
#ifndef DAPPD_HTTP_ROUTE_H
#define DAPPD_HTTP_ROUTE_H

#include <stddef.h>

#include "core/err.h"
#include "core/principal.h"
#include "http/request.h"
#include "http/response.h"

/* Returns ERR_OK with the response filled in, or an error with the task's fault set. */
typedef enum err (*handler_fn)(struct request *req, struct response *res);

enum cache_class {
    CACHE_CLASS_NONE,   /* no-store: set behind the handler */
    CACHE_CLASS_BLOCK,  /* until the next block is due, for ever at finalized blocks: set by the handler */
    CACHE_CLASS_STATIC, /* the same until dappd is upgraded, an hour and a validator: set behind the handler */
};

/* What a request costs. The first two never wait, so they answer even when there is no room for requests that do. All
 * but the first and the last count against the limit of the client, each against that of its class. */
enum cost_class {
    COST_FREE,   /* for operators */
    COST_CACHED, /* answered from memory */
    COST_LIVE,   /* a single read, of nodes or the database */
    COST_LIST,   /* many reads at a time */
    COST_WRITE,  /* changes something, or verifies a signature */
    COST_PROBE,  /* for load balancers: may ask nodes, who are asked once for all who want to know */
    COST_CLASS_COUNT
};

enum access {
    ACCESS_PUBLIC, /* anybody; credentials that are given must be good, and a key have the scope, if there is one */
    ACCESS_USER,   /* a signed-in user, or a key of its with the scope */
    ACCESS_ADMIN,  /* an admin, or a key of one with the scope */
};

struct route {
    enum http_method method;
    const char *pattern; /* "/balance/:address/:token" */
    handler_fn handler;
    enum cache_class cache;
    const char
        *query; /* space-separated names of the query arguments it takes, x.* of all that begin so; "" for none */
    enum cost_class cost;
    enum access access;
    enum scope scope; /* that a key needs; of several one is enough */
};

/* All routes; order does not matter: a literal segment beats a parameter. */
extern const struct route routes[];
extern const size_t routes_count;

#endif
