/* The innermost layer: the route's handler, and the caching that the route table says. Stateless; the request's
 * coroutine. */
#include <assert.h>

#include "http/conditional.h"
#include "http/problem.h"
#include "http/route.h"
#include "middleware/middleware.h"

enum { STATIC_MAX_AGE_S = 3600 };

static void set_caching(const struct request *req, struct response *res) {
    switch (req->route->cache) {
    case CACHE_CLASS_NONE:
        conditional_no_store(res);
        return;
    case CACHE_CLASS_STATIC:
        conditional_set(req, res, "", 0, STATIC_MAX_AGE_S, false);
        return;
    case CACHE_CLASS_BLOCK:
        return;
    }
}

void middleware_handler(struct request *req, struct response *res, const struct middleware_next *next) {
    (void)next;
    enum err err = req->route->handler(req, res);
    if (err == ERR_OK) {
        set_caching(req, res);
        return;
    }
    assert(req->task.fault.code == err);
    problem_from_fault(req, res);
}
