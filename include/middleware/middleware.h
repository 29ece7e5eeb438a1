/* The onion around every handler: each middleware gets `next` and may work before and after it. The order stands in
 * middleware/chain.c. Runs on the request's coroutine. */
#ifndef DAPPD_MIDDLEWARE_MIDDLEWARE_H
#define DAPPD_MIDDLEWARE_MIDDLEWARE_H

#include "http/request.h"
#include "http/response.h"

struct middleware_next; /* the rest of the onion */

typedef void (*middleware_fn)(struct request *req, struct response *res, const struct middleware_next *next);

/* Runs the rest. At most once per request; a middleware that answers by itself does not call it. */
void middleware_next(struct request *req, struct response *res, const struct middleware_next *next);

/* Runs the whole chain, ending in the router. */
void middleware_run(struct request *req, struct response *res);

void middleware_request_id(struct request *req, struct response *res, const struct middleware_next *next);
void middleware_trace(struct request *req, struct response *res, const struct middleware_next *next);
void middleware_cors(struct request *req, struct response *res, const struct middleware_next *next);
void middleware_timeout(struct request *req, struct response *res, const struct middleware_next *next);
void middleware_compress(struct request *req, struct response *res, const struct middleware_next *next);
void middleware_conditional(struct request *req, struct response *res, const struct middleware_next *next);

#endif
