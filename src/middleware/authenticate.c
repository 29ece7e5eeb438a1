/* Who asks, by the Authorization header. Bad credentials are refused, never taken for none. Stateless; the request's
 * coroutine, which may wait for whoever knows the credentials.
 *
 * A public route without a scope does not look at them: health and metrics answer whatever header a prober sends, and a
 * client whose token has expired can get another one. */
#include <string.h>

#include "app.h"
#include "bearer.h"
#include "http/route.h"
#include "middleware/middleware.h"
#include "middleware/rate_limit.h"

static bool looks_at_credentials(const struct route *route) {
    return route->access != ACCESS_PUBLIC || route->scope != SCOPE_NONE;
}

/* In: header, all of that name as one list: two of them are no credentials of one client. */
static enum err identify(struct request *req, struct response *res, const char *header) {
    const struct authenticator *authenticator = &req->app->authenticator;
    const char *token;
    size_t len;
    if (!bearer_parse(&token, &len, header, strlen(header))) {
        return task_fail(&req->task, ERR_UNAUTHENTICATED, "Authorization must be Bearer and one token");
    }
    enum err err = rate_limit_check_guesses(req, res);
    if (err != ERR_OK) return err;
    struct principal principal = {.kind = PRINCIPAL_ANONYMOUS};
    bool verify = req->route->access != ACCESS_PUBLIC;
    err = authenticator->identify(&req->task, authenticator->arg, &principal, token, len, verify);
    if (err == ERR_OK) req->principal = principal;
    if (err == ERR_UNAUTHENTICATED) rate_limit_count_guess(req, res);
    return err;
}

static enum err authenticate(struct request *req, struct response *res) {
    const char *header = looks_at_credentials(req->route) ? request_header_list(req, "Authorization") : NULL;
    if (header == NULL) return ERR_OK;
    if (req->may_not_wait) {
        return task_fail(&req->task, ERR_OVERLOADED, "too many requests are being worked on to see whose this one is");
    }
    enum err err = identify(req, res, header);
    bool refused = err != ERR_OK && err_info(err)->status == 401;
    if (refused) response_header(res, "WWW-Authenticate", "Bearer error=\"invalid_token\"");
    return err;
}

void middleware_authenticate(struct request *req, struct response *res, const struct middleware_next *next) {
    middleware_next_if_ok(req, res, next, authenticate(req, res));
}
