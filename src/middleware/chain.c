/* The order of the onion, outermost first, and the walk through it. Static data; the request's coroutine.
 *
 * request_id   names the request before anyone logs or fails
 * client       tells the client from the proxies before it
 * trace        measures all that follows, logs and counts it
 * cors         lets browsers read even the errors
 * timeout      sets the deadline that every wait obeys
 * compress     works on the body that conditional has let through
 * conditional  renders the body, or answers 304 instead
 * route        finds the route in the target; answers OPTIONS, and what has no route
 * authenticate says who asks
 * rate_limit   refuses who asks too often
 * authorize    refuses who may not
 * handler      runs the route's handler */
#include "middleware/middleware.h"

#include <assert.h>

#include "http/problem.h"

static const struct middleware_next chain[] = {
    {middleware_request_id},   {middleware_client},     {middleware_trace},       {middleware_cors},
    {middleware_timeout},      {middleware_compress},   {middleware_conditional}, {middleware_route},
    {middleware_authenticate}, {middleware_rate_limit}, {middleware_authorize},   {middleware_handler},
};

void middleware_next(struct request *req, struct response *res, const struct middleware_next *next) {
    next->fn(req, res, next + 1);
}

void middleware_next_if_ok(struct request *req, struct response *res, const struct middleware_next *next,
                           enum err err) {
    if (err == ERR_OK) {
        middleware_next(req, res, next);
        return;
    }
    assert(req->task.fault.code == err);
    problem_from_fault(req, res);
}

void middleware_run(struct request *req, struct response *res) {
    middleware_next(req, res, chain);
}
