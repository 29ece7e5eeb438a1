/* Who may do what the route does, as far as the route table says; whose user or key it is, services see. Stateless; the
 * request's coroutine. */
#include "http/route.h"
#include "middleware/middleware.h"

/* A key needs one of the route's scopes. */
static enum err check_scope(struct request *req) {
    const struct route *route = req->route;
    const struct principal *principal = &req->principal;
    if (principal->kind != PRINCIPAL_KEY || route->scope == SCOPE_NONE) return ERR_OK;
    if (route->scope == SCOPE_SESSION) {
        return task_fail(&req->task, ERR_INSUFFICIENT_SCOPE, "no API key may do this: a wallet has to sign in");
    }
    if ((principal->scopes & route->scope) != 0) return ERR_OK;
    return task_fail(&req->task, ERR_INSUFFICIENT_SCOPE, "the API key was made without the scope that this needs");
}

/* Without a database nobody is an admin or not one. */
static enum err check_admin(struct request *req) {
    if (req->principal.admin) return ERR_OK;
    if (req->principal.has_user) return task_fail(&req->task, ERR_FORBIDDEN, "this is for admins");
    return task_fail(&req->task, ERR_ACCOUNTS_UNAVAILABLE, "there are no users without a database");
}

static enum err authorize(struct request *req) {
    enum access access = req->route->access;
    if (access != ACCESS_PUBLIC && req->principal.kind == PRINCIPAL_ANONYMOUS) {
        return task_fail(&req->task, ERR_UNAUTHENTICATED, "this needs an access token or an API key");
    }
    enum err err = check_scope(req);
    return err == ERR_OK && access == ACCESS_ADMIN ? check_admin(req) : err;
}

void middleware_authorize(struct request *req, struct response *res, const struct middleware_next *next) {
    middleware_next_if_ok(req, res, next, authorize(req));
}
