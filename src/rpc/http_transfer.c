/* HTTP to nodes: keep-alive, HTTP/2 where TLS offers it, every reply bounded in size and time. A transfer belongs to
 * the transport's; its libcurl handle lives as long and is used again and again.
 * On the reactor's thread. */
#include "http_transfer.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "endpoint.h"
#include "eth/hex.h"

static size_t on_body(char *data, size_t size, size_t n, void *arg) {
    struct http_transfer *transfer = arg;
    buf_append(transfer->body, data, size * n);
    return transfer->body->failed ? 0 : size * n; /* 0 ends the transfer */
}

void http_transfer_done(CURL *easy, CURLcode code) {
    struct http_transfer *transfer;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
    transfer->code = code;
    transfer->ended = true;
    waiter_wake(&transfer->waiter, ERR_OK);
}

/* What is the same for every request. TLS is verified by libcurl's defaults. Redirects are not followed, so that what
 * is meant for a node goes nowhere else. */
void http_transfer_init(struct http_transfer *transfer, struct buf *body) {
    *transfer = (struct http_transfer){.easy = curl_easy_init(), .body = body};
    CURL *easy = transfer->easy;
    if (easy == NULL) abort();
    curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, ""); /* whatever libcurl can decode */
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
#if LIBCURL_VERSION_NUM >= 0x075700
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); /* giving up must not wait for a slow name server */
#endif
}

void http_transfer_free(struct http_transfer *transfer) {
    curl_easy_cleanup(transfer->easy);
}

/* The trace context of the request being served, with a span of its own for this call. Source: W3C Trace Context. */
static struct curl_slist *headers_for(struct http_transfer *transfer, const struct endpoint *node,
                                      const struct trace *trace) {
    static const uint8_t none[sizeof(trace->trace_id)];
    if (memcmp(trace->trace_id, none, sizeof(none)) == 0) return node->headers;
    uint8_t span[sizeof(trace->span_id)];
    clock_random(span, sizeof(span));
    char trace_id[2 * sizeof(trace->trace_id) + 3];
    char span_id[2 * sizeof(span) + 3];
    hex_encode(trace_id, trace->trace_id, sizeof(trace->trace_id));
    hex_encode(span_id, span, sizeof(span));
    snprintf(transfer->trace_text, sizeof(transfer->trace_text), "traceparent: 00-%s-%s-%02x", trace_id + 2,
             span_id + 2, trace->flags);
    transfer->trace = (struct curl_slist){.data = transfer->trace_text, .next = node->headers};
    return &transfer->trace;
}

/* Where the request goes: no proxy of the environment stands between this machine and itself. */
static void set_target(CURL *easy, const struct node_url *where, const char *http_url) {
    bool is_socket = where->scheme == NODE_HTTP_UNIX;
    curl_easy_setopt(easy, CURLOPT_URL, http_url);
    curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, is_socket ? where->socket_path : NULL);
    curl_easy_setopt(easy, CURLOPT_PROXY, is_socket || where->loopback ? "" : NULL);
    curl_easy_setopt(easy, CURLOPT_PIPEWAIT, where->tls ? 1L : 0L); /* rather share HTTP/2 than connect again */
}

static void prepare(struct http_transfer *transfer, const struct task *task, const struct transport_request *request) {
    CURL *easy = transfer->easy;
    transfer->ended = false;
    waiter_init(&transfer->waiter, task->reactor);
    set_target(easy, &request->node->where, request->node->http_url);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_len);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_for(transfer, request->node, &task->trace));
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)request->connect_timeout_ms);
    curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)request->max_reply_bytes);
}

/* Failures that are not simply "unreachable"; libcurl's own time-out is the one for connecting. */
static const struct {
    CURLcode code;
    enum rpc_outcome outcome;
} failures[] = {
    {CURLE_WRITE_ERROR, RPC_TOO_LARGE}, /* on_body refused */
    {CURLE_FILESIZE_EXCEEDED, RPC_TOO_LARGE},
    {CURLE_UNSUPPORTED_PROTOCOL, RPC_NONSENSE}, /* what came back is not HTTP */
    {CURLE_WEIRD_SERVER_REPLY, RPC_NONSENSE},
    {CURLE_BAD_CONTENT_ENCODING, RPC_NONSENSE},
};

static enum rpc_outcome outcome_of(CURLcode code) {
    if (code == CURLE_OK) return RPC_OK;
    for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
        if (failures[i].code == code) return failures[i].outcome;
    }
    return RPC_UNREACHABLE;
}

static void read_reply(struct transport_reply *reply, const struct http_transfer *transfer) {
    reply->outcome = outcome_of(transfer->code);
    if (reply->outcome != RPC_OK) {
        reply->problem = curl_easy_strerror(transfer->code);
        return;
    }
    long status = 0;
    long connections_made = 0;
    curl_off_t retry_after_s = 0;
    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(transfer->easy, CURLINFO_RETRY_AFTER, &retry_after_s);
    curl_easy_getinfo(transfer->easy, CURLINFO_NUM_CONNECTS, &connections_made);
    reply->new_connection = connections_made > 0;
    reply->status = (int)status;
    reply->retry_after_s = retry_after_s > INT32_MAX ? INT32_MAX : (int)retry_after_s;
}

void http_transfer_post(struct http_transfer *transfer, struct transport_reply *reply, struct multi *multi,
                        const struct task *task, const struct transport_request *request, uint64_t deadline_ms) {
    prepare(transfer, task, request);
    multi_add(multi, transfer->easy);
    enum err err = waiter_wait(&transfer->waiter, deadline_ms);
    if (transfer->ended) {
        read_reply(reply, transfer);
    } else {
        assert(err == ERR_TIMEOUT);
        reply->outcome = RPC_TIMED_OUT;
        multi_remove(multi, transfer->easy);
    }
    (void)err;
}

void http_transfer_cancel(struct http_transfer *transfer) {
    waiter_wake(&transfer->waiter, ERR_TIMEOUT);
}
