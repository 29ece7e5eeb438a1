/* One HTTP request to a node at a time, over TCP or a Unix socket. Part of a transport's transfer, which waits for it
 * in a coroutine. One thread. */
#ifndef DAPPD_RPC_HTTP_TRANSFER_H
#define DAPPD_RPC_HTTP_TRANSFER_H

#include <curl/curl.h>
#include <stdbool.h>

#include "core/buf.h"
#include "core/task.h"
#include "multi.h"
#include "transport.h"

enum { HTTP_TRACE_BYTES = 80 };

struct http_transfer {
    CURL *easy;
    struct waiter waiter;
    struct buf *body;        /* takes what comes back */
    struct curl_slist trace; /* a header of its own in front of the node's */
    char trace_text[HTTP_TRACE_BYTES];
    CURLcode code;
    bool ended; /* libcurl is done with it */
};

void http_transfer_init(struct http_transfer *transfer, struct buf *body);
void http_transfer_free(struct http_transfer *transfer);

/* Posts and waits for the reply's end. Out: reply, but for its body, which is in the buffer. */
void http_transfer_post(struct http_transfer *transfer, struct transport_reply *reply, struct multi *multi,
                        const struct task *task, const struct transport_request *request, uint64_t deadline_ms);

/* Ends the wait, as if its deadline had passed. */
void http_transfer_cancel(struct http_transfer *transfer);

/* For the multi that runs the transfers. */
void http_transfer_done(CURL *easy, CURLcode code);

#endif
