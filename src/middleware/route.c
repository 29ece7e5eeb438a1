/* From the target to the route, before anyone asks who the client is: what has no route is answered here, and so is
 * OPTIONS, which needs neither credentials nor a limit. Stateless; the request's coroutine. */
#include "http/route.h"

#include "http/router.h"
#include "middleware/middleware.h"

/* In: req, with its route, or without one when it has been answered. */
static enum err check_room(struct request *req) {
    if (req->route == NULL || !req->may_not_wait || req->route->cost <= COST_CACHED) return ERR_OK;
    return task_fail(&req->task, ERR_OVERLOADED, "too many requests are being worked on");
}

void middleware_route(struct request *req, struct response *res, const struct middleware_next *next) {
    enum err err = router_find(req, res);
    if (err == ERR_OK) err = check_room(req);
    if (err == ERR_OK && req->route == NULL) return; /* OPTIONS has its answer */
    middleware_next_if_ok(req, res, next, err);
}
