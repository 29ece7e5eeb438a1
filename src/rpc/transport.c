/* The way to the nodes: a turn at the node, then a transfer, and what all of them on a reactor share. A reactor's
 * transport owns its transfers; a transfer belongs to one coroutine from post to release, then waits in a pool.
 * On the reactor's thread. */
#include "transport.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include "core/buf.h"
#include "core/clock.h"
#include "http_transfer.h"
#include "ipc.h"
#include "lane.h"
#include "multi.h"

enum {
    MAX_REACTORS = 257 /* those that serve, and the indexer's */,
    MAX_IDLE_TRANSFERS = 64,
    KEPT_BODY_BYTES = 256 * 1024
};

struct transfer {
    struct http_transfer http;
    struct ipc_transfer ipc;
    struct buf body;
    const struct task *task;
    struct transfer *next; /* in one of the two lists below */
};

struct reactor_rpc {
    struct reactor *reactor;
    struct multi *multi;
    struct ipc_pool ipc;
    struct transfer *active;
    struct transfer *idle;
    size_t n_idle;
    uint64_t next_id;
    struct flight *flights;
    struct gather *gathers;
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

struct gather **transport_gathers(struct reactor_rpc *rpc) {
    return &rpc->gathers;
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
        http_transfer_init(&transfer->http, &transfer->body);
    }
    transfer->body.max = max_reply_bytes;
    transfer->task = task;
    transfer->next = rpc->active;
    rpc->active = transfer;
    return transfer;
}

static void transfer_free(struct transfer *transfer) {
    http_transfer_free(&transfer->http);
    buf_free(&transfer->body);
    free(transfer);
}

void transport_release(struct task *task, struct transfer *transfer) {
    struct reactor_rpc *rpc = transport_of(task);
    ipc_transfer_release(&transfer->ipc, &rpc->ipc);
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

/* The end of a try that begins now. */
static uint64_t try_deadline_ms(const struct task *task, const struct transport_request *request) {
    uint64_t deadline_ms = reactor_now_ms(task->reactor) + request->attempt_timeout_ms;
    return deadline_ms < task->deadline_ms ? deadline_ms : task->deadline_ms;
}

static void send_request(struct reactor_rpc *rpc, struct transfer *transfer, const struct task *task,
                         struct transport_reply *reply, const struct transport_request *request) {
    uint64_t start_us = clock_now_us();
    uint64_t deadline_ms = try_deadline_ms(task, request);
    if (request->node->where.scheme == NODE_IPC) {
        ipc_transfer_post(&transfer->ipc, reply, &rpc->ipc, &transfer->body, request, deadline_ms);
    } else {
        http_transfer_post(&transfer->http, reply, rpc->multi, task, request, deadline_ms);
    }
    if (reply->outcome == RPC_OK) {
        reply->body = transfer->body.data;
        reply->body_len = transfer->body.len;
    }
    reply->sent = true;
    reply->us = clock_now_us() - start_us;
}

static enum err take_turn(const struct task *task, struct reactor_rpc *rpc, const struct transport_request *request) {
    const struct endpoint *node = request->node;
    const uint64_t deadline_ms = try_deadline_ms(task, request);
    enum err err =
        request->heavy ? lane_enter(&rpc->lanes, task, &node->heavy_width, node->heavy_width, deadline_ms) : ERR_OK;
    if (err != ERR_OK) return err;
    err = lane_enter(&rpc->lanes, task, node, node->width, deadline_ms);
    if (err != ERR_OK && request->heavy) lane_leave(rpc->lanes, &node->heavy_width);
    return err;
}

static void end_turn(struct reactor_rpc *rpc, const struct transport_request *request) {
    lane_leave(rpc->lanes, request->node);
    if (request->heavy) lane_leave(rpc->lanes, &request->node->heavy_width);
}

/* The wait for a turn is as long as a try at most, and the try itself begins anew: another node may have one free. */
struct transfer *transport_post(struct task *task, struct transport_reply *reply,
                                const struct transport_request *request) {
    struct reactor_rpc *rpc = transport_of(task);
    uint64_t start_us = clock_now_us();
    *reply = (struct transport_reply){.outcome = RPC_TIMED_OUT};
    enum err err = take_turn(task, rpc, request);
    struct transfer *transfer = transfer_get(rpc, task, request->max_reply_bytes);
    if (err == ERR_OK) {
        send_request(rpc, transfer, task, reply, request);
        end_turn(rpc, request);
    }
    task->rpc_us += clock_now_us() - start_us;
    return transfer;
}

void transport_distrust(struct transfer *transfer) {
    transfer->ipc.in_step = false;
}

void transport_cancel(const struct task *task) {
    lane_cancel(transport_of(task)->lanes, task);
    flight_cancel(transport_of(task)->flights, task);
    for (struct transfer *t = transport_of(task)->active; t != NULL; t = t->next) {
        if (!task_is_within(t->task, task)) continue;
        http_transfer_cancel(&t->http);
        ipc_transfer_cancel(&t->ipc);
    }
}

static void init_curl(void) {
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) abort();
}

struct reactor_rpc *rpc_attach(struct reactor *reactor) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, init_curl);
    assert(reactor_index(reactor) < MAX_REACTORS);
    struct reactor_rpc *rpc = calloc(1, sizeof(*rpc));
    if (rpc == NULL) abort();
    rpc->reactor = reactor;
    rpc->ipc.reactor = reactor;
    rpc->multi = multi_new(reactor, http_transfer_done);
    rpc->next_id = 1;
    attached[reactor_index(reactor)] = rpc;
    return rpc;
}

void rpc_detach(struct reactor_rpc *rpc) {
    assert(rpc->active == NULL && rpc->gathers == NULL);
    attached[reactor_index(rpc->reactor)] = NULL;
    while (rpc->idle != NULL) {
        struct transfer *transfer = rpc->idle;
        rpc->idle = transfer->next;
        transfer_free(transfer);
    }
    ipc_pool_free(&rpc->ipc);
    multi_free(rpc->multi);
    lane_free_all(rpc->lanes);
    free(rpc);
}
