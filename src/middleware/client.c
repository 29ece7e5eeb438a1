/* Whose request it is: the address that limits and the access log go by. Stateless; the request's coroutine. */
#include <string.h>

#include "app.h"
#include "middleware/middleware.h"

static struct peer_address find_client(const struct request *req) {
    const struct trusted_proxies *proxies = req->app->trusted_proxies;
    struct peer_address peer = request_peer(req);
    const char *forwarded = trusted_proxies_have(proxies, &peer) ? request_header_list(req, "X-Forwarded-For") : NULL;
    return forwarded != NULL ? client_address(proxies, &peer, forwarded, strlen(forwarded)) : peer;
}

void middleware_client(struct request *req, struct response *res, const struct middleware_next *next) {
    req->client = find_client(req);
    middleware_next(req, res, next);
}
