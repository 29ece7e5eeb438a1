/* Hands a finished response to libmicrohttpd. The response's body moves over to it; the request's thread. */
#include <stdlib.h>

#include "server_internal.h"

static struct MHD_Response *make_response(struct exchange *exchange) {
    struct response *res = &exchange->res;
    size_t len;
    if (res->stream != NULL) return stream_make_reply(exchange);
    if (res->static_body != NULL) {
        union {
            const char *in;
            void *out;
        } body = {.in = res->static_body}; /* libmicrohttpd's type is not const, its use is */
        return MHD_create_response_from_buffer(res->static_len, body.out, MHD_RESPMEM_PERSISTENT);
    }
    if (res->body.len == 0) return MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    char *body = buf_take(&res->body, &len);
    struct MHD_Response *reply = MHD_create_response_from_buffer(len, body, MHD_RESPMEM_MUST_FREE);
    if (reply == NULL) free(body);
    return reply;
}

static bool add_headers(struct MHD_Response *reply, const struct exchange *exchange) {
    const struct response *res = &exchange->res;
    bool ok = true;
    if (res->content_type != NULL) ok = MHD_add_response_header(reply, "Content-Type", res->content_type) == MHD_YES;
    if (res->etag != NULL) ok = MHD_add_response_header(reply, "ETag", res->etag) == MHD_YES && ok;
    for (size_t i = 0; i < res->n_headers; i++) {
        const struct response_header *h = &res->headers[i];
        ok = MHD_add_response_header(reply, h->name, h->value) == MHD_YES && ok;
    }
    bool is_last = exchange->server->draining || exchange->must_close;
    if (is_last) ok = MHD_add_response_header(reply, "Connection", "close") == MHD_YES && ok;
    return ok;
}

enum MHD_Result reply_queue(struct exchange *exchange) {
    struct MHD_Response *reply = make_response(exchange);
    if (reply == NULL) return MHD_NO;
    enum MHD_Result result = MHD_NO;
    /* A response with a header missing could be read wrongly (CORS, caching): close the connection instead. */
    if (add_headers(reply, exchange)) {
        result = MHD_queue_response(exchange->req.connection, (unsigned)exchange->res.status, reply);
    }
    MHD_destroy_response(reply);
    return result;
}
