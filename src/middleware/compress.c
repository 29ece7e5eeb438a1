/* gzip for bodies worth it, by zlib. Stateless; the request's coroutine. */
#include <limits.h>
#include <string.h>
#include <zlib.h>

#include "accept_encoding.h"
#include "app.h"
#include "middleware/middleware.h"

enum { GZIP_WINDOW_BITS = 15 + 16, MEMORY_LEVEL = 8, LEVEL = 4 }; /* 4: most of the gain for a third of the time of 6 */

static bool wants_gzip(const struct request *req) {
    const char *accept = request_header(req, "Accept-Encoding");
    return accept != NULL && accepts_gzip(accept, strlen(accept));
}

/* Returns false when it gains nothing; *out is then to be dropped. */
static bool deflate_into(struct buf *out, const char *body, size_t len) {
    z_stream z = {.zalloc = NULL};
    union {
        const char *in;
        Bytef *out;
    } input = {.in = body}; /* zlib's type is not const, its use is */
    if (deflateInit2(&z, LEVEL, Z_DEFLATED, GZIP_WINDOW_BITS, MEMORY_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK) return false;
    buf_init(out, len);
    z.next_in = input.out;
    z.avail_in = (uInt)len;
    z.next_out = (Bytef *)buf_extend(out, len);
    z.avail_out = (uInt)len;
    bool done = deflate(&z, Z_FINISH) == Z_STREAM_END;
    out->len = z.total_out;
    (void)deflateEnd(&z);
    return done;
}

/* A tag that is not weak is of these very bytes: packed, they would need another one. */
static bool has_strong_etag(const struct response *res) {
    return res->etag != NULL && res->etag[0] == '"';
}

void middleware_compress(struct request *req, struct response *res, const struct middleware_next *next) {
    middleware_next(req, res, next);
    if (has_strong_etag(res)) return;
    if (res->status == 304) response_vary(res, "Accept-Encoding"); /* its body was not made: it may be a long one */
    response_realize(res);
    size_t len;
    const char *body = response_body(res, &len);
    if (len == 0 || len < req->app->config->compress_min_bytes || len > UINT_MAX) return;
    response_vary(res, "Accept-Encoding");
    struct buf packed;
    if (!wants_gzip(req)) return;
    if (!deflate_into(&packed, body, len)) {
        buf_free(&packed);
        return;
    }
    buf_free(&res->body);
    res->body = packed;
    res->static_body = NULL;
    response_header(res, "Content-Encoding", "gzip");
}
