/* If-None-Match: a client that has the answer already gets 304, and nothing is rendered. Stateless. */
#include <string.h>

#include "etag_list.h"
#include "middleware/middleware.h"

static void answer_not_modified(struct response *res) {
    res->status = 304;
    res->content_type = NULL;
    res->render = NULL;
    res->static_body = NULL;
    buf_clear(&res->body);
}

void middleware_conditional(struct request *req, struct response *res, const struct middleware_next *next) {
    middleware_next(req, res, next);
    const char *have = request_header_list(req, "If-None-Match");
    bool safe = req->method == HTTP_GET || req->method == HTTP_HEAD;
    if (have != NULL && res->etag != NULL && res->status == 200 && safe &&
        etag_list_has(have, strlen(have), res->etag)) {
        answer_not_modified(res);
        return;
    }
    response_realize(res);
}
