/* Gives the request its deadline. Every wait below obeys it and fails with ERR_TIMEOUT, which becomes 504.
 * Stateless; the request's coroutine. */
#include "app.h"
#include "middleware/middleware.h"

void middleware_timeout(struct request *req, struct response *res, const struct middleware_next *next) {
    uint64_t deadline_ms = reactor_now_ms(req->task.reactor) + req->app->config->request_timeout_ms;
    if (deadline_ms < req->task.deadline_ms) req->task.deadline_ms = deadline_ms; /* a shutdown may have set one */
    middleware_next(req, res, next);
}
