/* The order of the onion, outermost first, and the walk through it. Static data; the request's coroutine.
 *
 * request_id  names the request before anyone logs or fails
 * trace       measures all that follows, logs and counts it
 * cors        lets browsers read even the errors
 * timeout     sets the deadline that every wait obeys
 * compress    works on the body that conditional has let through
 * conditional renders the body, or answers 304 instead
 * router      parses the target, runs the handler, turns errors into problems */
#include "middleware/middleware.h"

#include "http/router.h"

struct middleware_next {
    middleware_fn fn;
};

static void run_router(struct request *req, struct response *res, const struct middleware_next *next) {
    (void)next;
    router_dispatch(req, res);
}

static const struct middleware_next chain[] = {
    {middleware_request_id}, {middleware_trace},       {middleware_cors}, {middleware_timeout},
    {middleware_compress},   {middleware_conditional}, {run_router},
};

void middleware_next(struct request *req, struct response *res, const struct middleware_next *next) {
    next->fn(req, res, next + 1);
}

void middleware_run(struct request *req, struct response *res) {
    middleware_next(req, res, chain);
}
