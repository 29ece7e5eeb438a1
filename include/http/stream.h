/* A body that is written while it is sent, for answers too long to hold: the handler says with response_stream who
 * writes it and returns; after the middleware the writer runs on the request's coroutine. What it writes is collected
 * first, and leaves once the buffer is full or the writer has ended, so that a short body is an answer like any other.
 * Owned by the exchange; the request's thread.
 *
 * The request's deadline covers the time until the buffer is full for the first time. From then on the writer gets as
 * long again for each buffer, and the client send_timeout_ms to take it. */
#ifndef DAPPD_HTTP_STREAM_H
#define DAPPD_HTTP_STREAM_H

#include <stddef.h>

#include "core/task.h"
#include "http/request.h"
#include "http/response.h"

enum { STREAM_BUFFER_BYTES = 64 * 1024 };

struct stream;

/* Writes the whole body. While nothing has left it may still fail, and the error is answered as a problem; it may also
 * set headers until its first stream_write. Later an error cuts the connection, so that the client sees that something
 * is missing. */
typedef enum err (*stream_fn)(struct request *req, struct stream *stream, void *arg);

/* The body is what fn writes; it is neither compressed nor given an ETag, and HEAD is answered without it. In:
 * content_type static; arg in the request's arena. */
void response_stream(struct response *res, const char *content_type, stream_fn fn, void *arg);

/* Waits while the buffer is full. ERR_TIMEOUT when the client reads too slowly or has gone. */
enum err stream_write(struct stream *stream, const void *data, size_t len) MUST_CHECK;

#endif
