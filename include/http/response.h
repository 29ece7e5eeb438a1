/* What a handler answers: status, headers, and a body written now or rendered later. Owned by http/server;
 * one thread. */
#ifndef DAPPD_HTTP_RESPONSE_H
#define DAPPD_HTTP_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "core/json_out.h"

enum { RESPONSE_MAX_HEADERS = 32 };

struct response_header {
    const char *name;  /* static */
    const char *value; /* response's arena or static */
};

/* Renders a JSON view; the view lives in the request's arena. */
typedef void (*render_fn)(struct json_out *out, const void *view);

struct request;
struct response;
struct stream;

/* Whoever has to know how a streamed answer goes, since its handler and all middleware return before it does. */
struct response_watch {
    /* Its status is certain and nothing of it has left: headers may still be added. */
    void (*begins)(struct request *req, struct response *res);
    /* No more of it will be sent. In: bytes of the body that were taken. */
    void (*ended)(struct request *req, struct response *res, uint64_t bytes);
};

struct response {
    struct arena *arena; /* the request's */
    int status;          /* 200 until set */
    struct response_header headers[RESPONSE_MAX_HEADERS];
    size_t n_headers;
    const char *content_type; /* NULL: no body */
    struct buf body;
    const char *static_body; /* used instead of body when set: lives for ever */
    size_t static_len;
    render_fn render; /* set: body is made by calling it, unless the client has it already */
    const void *view;
    const char *etag;                                                          /* quoted, weak; NULL: none */
    enum err (*stream)(struct request *req, struct stream *stream, void *arg); /* set: writes the body, http/stream.h */
    void *stream_arg;
    const struct response_watch *watch; /* of a stream; NULL: nobody */
};

/* Adds or replaces a header (any case). In: name static, value copied. Past the maximum it is a bug of ours
 * (assert). */
void response_header(struct response *res, const char *name, const char *value);
void response_headerf(struct response *res, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Adds a member to Vary unless it is there. */
void response_vary(struct response *res, const char *member);
/* The value set so far, or NULL. */
const char *response_get_header(const struct response *res, const char *name);

/* The body is JSON made by render(view) once middleware has found that it is needed. */
void response_json(struct response *res, render_fn render, const void *view);

/* A body that lives for ever. */
void response_static(struct response *res, const char *content_type, const char *body, size_t len);

/* Makes the body now if it is still to be rendered. */
void response_realize(struct response *res);

/* The body's bytes after response_realize. */
const char *response_body(const struct response *res, size_t *len);

/* Drops body, render, etag and caching headers and starts over with a status: for problems. */
void response_reset_body(struct response *res, int status);

#endif
