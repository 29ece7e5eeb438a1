/* The onion around every handler: each middleware gets `next` and may work before and after it. The order stands in
 * middleware/chain.c. Runs on the request's coroutine. */
#ifndef DAPPD_MIDDLEWARE_MIDDLEWARE_H
#define DAPPD_MIDDLEWARE_MIDDLEWARE_H

#include "core/err.h"
#include "http/request.h"
#include "http/response.h"

struct middleware_next;

typedef void (*middleware_fn)(struct request *req, struct response *res, const struct middleware_next *next);

/* The rest of the onion: it begins here and goes on in the array to its innermost layer. */
struct middleware_next {
    middleware_fn fn;
};

/* Runs the rest. At most once per request; a middleware that answers by itself does not call it. */
void middleware_next(struct request *req, struct response *res, const struct middleware_next *next);

/* Runs the rest when err is ERR_OK, else answers with the problem: err is the task's fault. */
void middleware_next_if_ok(struct request *req, struct response *res, const struct middleware_next *next, enum err err);

/* Runs the whole chain. */
void middleware_run(struct request *req, struct response *res);

void middleware_request_id(struct request *req, struct response *res, const struct middleware_next *next);
void middleware_client(struct request *req, struct response *res, const struct middleware_next *next);
void middleware_trace(struct request *req, struct response *res, const struct middleware_next *next);
void middleware_cors(struct request *req, struct response *res, const struct middleware_next *next);
void middleware_timeout(struct request *req, struct response *res, const struct middleware_next *next);
void middleware_compress(struct request *req, struct response *res, const struct middleware_next *next);
void middleware_conditional(struct request *req, struct response *res, const struct middleware_next *next);
void middleware_route(struct request *req, struct response *res, const struct middleware_next *next);
void middleware_authenticate(struct request *req, struct response *res, const struct middleware_next *next);
void middleware_rate_limit(struct request *req, struct response *res, const struct middleware_next *next);
void middleware_authorize(struct request *req, struct response *res, const struct middleware_next *next);
void middleware_handler(struct request *req, struct response *res, const struct middleware_next *next);

#endif
