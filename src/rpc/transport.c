/* HTTP to nodes: keep-alive, HTTP/2 where TLS offers it, every reply bounded in size and time. A reactor's transport
 * owns its transfers; a transfer belongs to one coroutine from post to release, then waits in a pool.
 * On the reactor's thread. */
#include "transport.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/clock.h"
#include "eth/hex.h"
#include "lane.h"
#include "multi.h"

enum { MAX_REACTORS = 256, MAX_IDLE_TRANSFERS = 64, KEPT_BODY_BYTES = 256 * 1024, TRACE_BYTES = 80 };

struct transfer {
    CURL *easy;
    struct waiter waiter;
    struct buf body;
    struct curl_slist trace; /* a header of its own in front of the shared ones */
    char trace_text[TRACE_BYTES];
    CURLcode code;
    bool ended; /* libcurl is done with it */
    const struct task *task;
    struct transfer *next; /* in one of the two lists below */
};

struct reactor_rpc {
    struct reactor *reactor;
    struct multi *multi;
    struct curl_slist *headers;
    struct transfer *active;
    struct transfer *idle;
    size_t n_idle;
    uint64_t next_id;
    struct flight *flights;
    struct lane *lanes;
};

/* By index of the reactor. Each slot is written and read on its reactor's thread. */
static struct reactor_rpc *attached[MAX_REACTORS];

struct reactor_rpc *transport_of(const struct task *task) {
    struct reactor_rpc *rpc = attached[reactor_index(task->reactor)];
    assert(rpc != NULL && rpc->reactor == task->reactor);
    return rpc;
}

uint64_t transport_take_ids(struct reactor_rpc *rpc, size_t n) {
    uint64_t first = rpc->next_id;
    rpc->next_id += n;
    return first;
}

struct flight **transport_flights(struct reactor_rpc *rpc) {
    return &rpc->flights;
}

static size_t on_body(char *data, size_t size, size_t n, void *arg) {
    struct transfer *transfer = arg;
    buf_append(&transfer->body, data, size * n);
    return transfer->body.failed ? 0 : size * n; /* 0 ends the transfer */
}

static void on_done(CURL *easy, CURLcode code) {
    struct transfer *transfer;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
    transfer->code = code;
    transfer->ended = true;
    waiter_wake(&transfer->waiter, ERR_OK);
}

/* What is the same for every request; TLS is verified by libcurl's defaults, redirects are not followed. */
static CURL *easy_new(struct transfer *transfer) {
    CURL *easy = curl_easy_init();
    if (easy == NULL) abort();
    curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, ""); /* whatever libcurl can decode */
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "dappd/" DAPPD_VERSION);
#if LIBCURL_VERSION_NUM >= 0x075700
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); /* giving up must not wait for a slow name server */
#endif
    return easy;
}

static struct transfer *transfer_get(struct reactor_rpc *rpc, const struct task *task, size_t max_reply_bytes) {
    struct transfer *transfer = rpc->idle;
    if (transfer != NULL) {
        rpc->idle = transfer->next;
        rpc->n_idle--;
    } else {
        transfer = calloc(1, sizeof(*transfer));
        if (transfer == NULL) abort();
        buf_init(&transfer->body, max_reply_bytes);
        transfer->easy = easy_new(transfer);
    }
    transfer->body.max = max_reply_bytes;
    transfer->ended = false;
    transfer->task = task;
    waiter_init(&transfer->waiter, rpc->reactor);
    transfer->next = rpc->active;
    rpc->active = transfer;
    return transfer;
}

static void transfer_free(struct transfer *transfer) {
    curl_easy_cleanup(transfer->easy);
    buf_free(&transfer->body);
    free(transfer);
}

void transport_release(struct task *task, struct transfer *transfer) {
    struct reactor_rpc *rpc = transport_of(task);
    struct transfer **at = &rpc->active;
    while (*at != transfer) at = &(*at)->next;
    *at = transfer->next;
    if (rpc->n_idle >= MAX_IDLE_TRANSFERS) {
        transfer_free(transfer);
        return;
    }
    if (transfer->body.cap > KEPT_BODY_BYTES) buf_free(&transfer->body);
    buf_clear(&transfer->body);
    transfer->next = rpc->idle;
    rpc->idle = transfer;
    rpc->n_idle++;
}

/* The trace context of the request being served, with a span of its own for this call. Source: W3C Trace Context. */
static struct curl_slist *headers_for(struct reactor_rpc *rpc, struct transfer *transfer, const struct trace *trace) {
    static const uint8_t none[sizeof(trace->trace_id)];
    if (memcmp(trace->trace_id, none, sizeof(none)) == 0) return rpc->headers;
    uint8_t span[sizeof(trace->span_id)];
    clock_random(span, sizeof(span));
    char trace_id[2 * sizeof(trace->trace_id) + 3];
    char span_id[2 * sizeof(span) + 3];
    hex_encode(trace_id, trace->trace_id, sizeof(trace->trace_id));
    hex_encode(span_id, span, sizeof(span));
    snprintf(transfer->trace_text, sizeof(transfer->trace_text), "traceparent: 00-%s-%s-%02x", trace_id + 2,
             span_id + 2, trace->flags);
    transfer->trace = (struct curl_slist){.data = transfer->trace_text, .next = rpc->headers};
    return &transfer->trace;
}

static void prepare(struct reactor_rpc *rpc, struct transfer *transfer, const struct task *task,
                    const struct transport_request *request) {
    CURL *easy = transfer->easy;
    bool tls = strncmp(request->url, "https:", 6) == 0;
    curl_easy_setopt(easy, CURLOPT_URL, request->url);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_len);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_for(rpc, transfer, &task->trace));
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)request->connect_timeout_ms);
    curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)request->max_reply_bytes);
    curl_easy_setopt(easy, CURLOPT_PIPEWAIT, tls ? 1L : 0L); /* rather share an HTTP/2 connection than open more */
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

static void read_reply(struct transport_reply *reply, const struct transfer *transfer) {
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
    reply->body = transfer->body.data;
    reply->body_len = transfer->body.len;
}

/* The end of a try that begins now. */
static uint64_t try_deadline_ms(const struct task *task, const struct transport_request *request) {
    uint64_t deadline_ms = reactor_now_ms(task->reactor) + request->attempt_timeout_ms;
    return deadline_ms < task->deadline_ms ? deadline_ms : task->deadline_ms;
}

static void send_request(struct reactor_rpc *rpc, struct transfer *transfer, const struct task *task,
                         struct transport_reply *reply, const struct transport_request *request) {
    uint64_t start_us = clock_now_us();
    prepare(rpc, transfer, task, request);
    multi_add(rpc->multi, transfer->easy);
    enum err err = waiter_wait(&transfer->waiter, try_deadline_ms(task, request));
    if (transfer->ended) {
        read_reply(reply, transfer);
    } else {
        assert(err == ERR_TIMEOUT);
        multi_remove(rpc->multi, transfer->easy);
    }
    (void)err;
    reply->sent = true;
    reply->us = clock_now_us() - start_us;
}

/* The wait for a turn is as long as a try at most, and the try itself begins anew: another node may have one free. */
struct transfer *transport_post(struct task *task, struct transport_reply *reply,
                                const struct transport_request *request) {
    struct reactor_rpc *rpc = transport_of(task);
    uint64_t start_us = clock_now_us();
    *reply = (struct transport_reply){.outcome = RPC_TIMED_OUT};
    enum err err = lane_enter(&rpc->lanes, task, request->node, try_deadline_ms(task, request));
    struct transfer *transfer = transfer_get(rpc, task, request->max_reply_bytes);
    if (err == ERR_OK) {
        send_request(rpc, transfer, task, reply, request);
        lane_leave(rpc->lanes, request->node);
    }
    task->rpc_us += clock_now_us() - start_us;
    return transfer;
}

void transport_cancel(const struct task *task) {
    lane_cancel(transport_of(task)->lanes, task);
    for (struct transfer *t = transport_of(task)->active; t != NULL; t = t->next) {
        if (t->task == task) waiter_wake(&t->waiter, ERR_TIMEOUT);
    }
}

static void init_curl(void) {
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) abort();
}

static void add_header(struct reactor_rpc *rpc, const char *text) {
    struct curl_slist *list = curl_slist_append(rpc->headers, text);
    if (list == NULL) abort();
    rpc->headers = list;
}

struct reactor_rpc *rpc_attach(struct reactor *reactor) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, init_curl);
    assert(reactor_index(reactor) < MAX_REACTORS);
    struct reactor_rpc *rpc = calloc(1, sizeof(*rpc));
    if (rpc == NULL) abort();
    rpc->reactor = reactor;
    rpc->multi = multi_new(reactor, on_done);
    rpc->next_id = 1;
    add_header(rpc, "Content-Type: application/json");
    add_header(rpc, "Accept: application/json");
    add_header(rpc, "Expect:"); /* no round trip before a long batch */
    attached[reactor_index(reactor)] = rpc;
    return rpc;
}

void rpc_detach(struct reactor_rpc *rpc) {
    assert(rpc->active == NULL);
    attached[reactor_index(rpc->reactor)] = NULL;
    while (rpc->idle != NULL) {
        struct transfer *transfer = rpc->idle;
        rpc->idle = transfer->next;
        transfer_free(transfer);
    }
    multi_free(rpc->multi);
    lane_free_all(rpc->lanes);
    curl_slist_free_all(rpc->headers);
    free(rpc);
}
