/* A body that is written while it is sent, for answers too long to hold: the handler says with response_stream who
 * writes it, returns, and once the headers are on their way the writer runs on the request's coroutine. The deadline of
 * the request covers the time to the first byte; from then on each write has to make progress within the idle limit.
 * Owned by the exchange; the request's thread. */
#ifndef DAPPD_HTTP_STREAM_H
#define DAPPD_HTTP_STREAM_H

#include <stddef.h>

#include "core/task.h"
#include "http/request.h"
#include "http/response.h"

struct stream;

/* Writes the whole body. Before its first stream_write it may still fail: the error then is answered as a problem.
 * Later the connection is cut, so that the client sees that something is missing. */
typedef enum err (*stream_fn)(struct request *req, struct stream *stream, void *arg);

/* The body is what fn writes; it is neither compressed nor given an ETag. In: content_type static; arg in the request's
 * arena. */
void response_stream(struct response *res, const char *content_type, stream_fn fn, void *arg);

/* Waits while too much is unsent. ERR_TIMEOUT when the client reads nothing for too long or has gone. */
enum err stream_write(struct stream *stream, const void *data, size_t len) MUST_CHECK;

#endif
