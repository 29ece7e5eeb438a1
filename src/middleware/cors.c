/* Cross-origin access for browsers: origins from the settings, preflights answered and cached. Stateless.
 * Source: the WHATWG Fetch standard. There are no cookies, so nothing that it calls credentials: a page that sends
 * Authorization got it itself. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "app.h"
#include "core/comma_list.h"
#include "middleware/middleware.h"

static const char exposed[] =
    "X-Request-Id, ETag, Server-Timing, Retry-After, Link, Location, X-Block-Number, X-Block-Hash, WWW-Authenticate, "
    "RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Idempotency-Replayed";
static const char allowed_headers[] =
    "Authorization, Content-Type, If-Match, If-None-Match, Idempotency-Key, X-Request-Id, traceparent";

/* In: list, comma-separated. Scheme and host of an origin have no case that matters. */
static bool is_listed(const char *origin, const char *list) {
    size_t len = strlen(origin);
    for (struct comma_list allowed = comma_list_of(list); comma_list_next(&allowed);) {
        if (allowed.len == len && strncasecmp(allowed.entry, origin, len) == 0) return true;
    }
    return false;
}

static bool allow_origin(const struct request *req, struct response *res, const char *origin) {
    const char *list = req->app->config->cors_origins;
    if (strcmp(list, "*") == 0) {
        response_header(res, "Access-Control-Allow-Origin", "*");
        return true;
    }
    /* The answer depends on who asks, also when it is no: a cache must not mix them up. */
    response_vary(res, "Origin");
    if (origin == NULL || !is_listed(origin, list)) return false;
    response_header(res, "Access-Control-Allow-Origin", origin);
    return true;
}

static void answer_preflight(const struct request *req, struct response *res) {
    const char *methods = response_get_header(res, "Allow");
    if (methods == NULL) return; /* no such path: the problem stands */
    response_header(res, "Access-Control-Allow-Methods", methods);
    response_header(res, "Access-Control-Allow-Headers", allowed_headers);
    response_headerf(res, "Access-Control-Max-Age", "%llu", (unsigned long long)req->app->config->cors_max_age_s);
}

void middleware_cors(struct request *req, struct response *res, const struct middleware_next *next) {
    middleware_next(req, res, next);
    const char *origin = request_header(req, "Origin");
    if (!allow_origin(req, res, origin)) return;
    if (req->method == HTTP_OPTIONS && request_header(req, "Access-Control-Request-Method") != NULL) {
        answer_preflight(req, res);
    } else {
        response_header(res, "Access-Control-Expose-Headers", exposed);
    }
}
