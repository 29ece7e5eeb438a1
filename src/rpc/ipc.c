/* Nothing on such a connection tells which reply belongs to which request but the order and the ids. So there is one
 * request at a time, and a connection on which anything went wrong is closed. A transfer owns its connection from post
 * to release, then the pool does.
 * On the reactor's thread. */
#include "ipc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "json_frame.h"

enum { PIECE_BYTES = 16 * 1024, HTTP_OK = 200, NAP_MS = 5 };

struct ipc_idle {
    const struct endpoint *node;
    struct local_socket *socket;
    struct ipc_idle *next;
};

static bool is_blank(const char *data, size_t len) {
    for (size_t i = 0; i < len; i++) {
        if (strchr(" \t\r\n", data[i]) == NULL || data[i] == '\0') return false;
    }
    return true;
}

/* Nodes that end their lines may have sent that end after we had read the reply. */
static bool is_quiet(struct local_socket *socket) {
    char piece[64];
    size_t n;
    int error = local_socket_read(socket, &n, piece, sizeof piece, 0);
    if (error == 0 && is_blank(piece, n)) error = local_socket_read(socket, &n, piece, sizeof piece, 0);
    return error == ETIMEDOUT;
}

/* Returns NULL when there is none. */
static struct local_socket *take_idle(struct ipc_pool *pool, const struct endpoint *node) {
    struct ipc_idle **at = &pool->idle;
    while (*at != NULL) {
        struct ipc_idle *idle = *at;
        if (idle->node != node) {
            at = &idle->next;
            continue;
        }
        struct local_socket *socket = idle->socket;
        *at = idle->next;
        free(idle);
        if (is_quiet(socket)) return socket;
        local_socket_close(socket);
    }
    return NULL;
}

static void close_socket(struct ipc_transfer *transfer) {
    if (transfer->socket != NULL) local_socket_close(transfer->socket);
    transfer->socket = NULL;
}

static void fail(struct transport_reply *reply, int error) {
    bool late = error == ETIMEDOUT;
    reply->outcome = late ? RPC_TIMED_OUT : RPC_UNREACHABLE;
    reply->problem = late ? NULL : strerrordesc_np(error);
}

/* The line's end is for nodes that read lines; to the others it is white space. */
static int write_request(struct local_socket *socket, const struct transport_request *request, uint64_t deadline_ms) {
    int error = local_socket_write(socket, request->body, request->body_len, deadline_ms);
    return error != 0 ? error : local_socket_write(socket, "\n", 1, deadline_ms);
}

static int read_frame(struct ipc_transfer *transfer, struct json_frame *frame, struct buf *body, uint64_t deadline_ms) {
    char piece[PIECE_BYTES];
    while (frame->state == JSON_FRAME_OPEN) {
        size_t n;
        int error = local_socket_read(transfer->socket, &n, piece, sizeof piece, deadline_ms);
        if (error != 0) return error;
        size_t taken = json_frame_take(frame, piece, n);
        buf_append(body, piece, taken);
        transfer->in_step = is_blank(piece + taken, n - taken);
    }
    return 0;
}

static void take_frame(struct transport_reply *reply, enum json_frame_state state) {
    static const struct {
        enum rpc_outcome outcome;
        const char *problem;
    } endings[] = {
        [JSON_FRAME_WHOLE] = {RPC_OK, NULL},
        [JSON_FRAME_BROKEN] = {RPC_NONSENSE, "what came back is no JSON object or array"},
        [JSON_FRAME_TOO_LONG] = {RPC_TOO_LARGE, "the reply is too long"},
    };
    reply->outcome = endings[state].outcome;
    reply->problem = endings[state].problem;
    if (reply->outcome == RPC_OK) reply->status = HTTP_OK;
}

/* One request on the transfer's connection, which is closed unless the reply is whole. */
static void exchange(struct ipc_transfer *transfer, struct transport_reply *reply, struct buf *body,
                     const struct transport_request *request, uint64_t deadline_ms) {
    struct json_frame frame;
    json_frame_init(&frame, body->max);
    int error = write_request(transfer->socket, request, deadline_ms);
    if (error == 0) error = read_frame(transfer, &frame, body, deadline_ms);
    if (error != 0) {
        fail(reply, error);
    } else {
        take_frame(reply, frame.state);
    }
    if (reply->outcome != RPC_OK) close_socket(transfer);
}

/* Where many connect at once, the node may have to take up some first: only for that there is a wait. */
static int open_socket(struct ipc_transfer *transfer, struct reactor *reactor, const struct transport_request *request,
                       uint64_t deadline_ms) {
    uint64_t end_ms = reactor_now_ms(reactor) + request->connect_timeout_ms;
    if (end_ms > deadline_ms) end_ms = deadline_ms;
    const char *path = request->node->where.socket_path;
    int error = ETIMEDOUT;
    while (!transfer->cancelled && (error = local_socket_open(&transfer->socket, reactor, path)) == EAGAIN) {
        if (reactor_now_ms(reactor) >= end_ms) break;
        reactor_sleep_ms(reactor, NAP_MS);
    }
    return transfer->cancelled ? ETIMEDOUT : error;
}

void ipc_transfer_post(struct ipc_transfer *transfer, struct transport_reply *reply, struct ipc_pool *pool,
                       struct buf *body, const struct transport_request *request, uint64_t deadline_ms) {
    transfer->node = request->node;
    transfer->cancelled = false;
    transfer->socket = take_idle(pool, request->node);
    if (transfer->socket != NULL) {
        exchange(transfer, reply, body, request, deadline_ms);
        /* A node may close a connection just as we use it again. That says nothing of the node, and reads can be
         * repeated. */
        if (reply->outcome != RPC_UNREACHABLE || !is_blank(body->data, body->len)) return;
        buf_clear(body);
    }
    int error = open_socket(transfer, pool->reactor, request, deadline_ms);
    if (error != 0) {
        fail(reply, error);
        return;
    }
    exchange(transfer, reply, body, request, deadline_ms);
    reply->new_connection = reply->outcome == RPC_OK;
}

void ipc_transfer_cancel(struct ipc_transfer *transfer) {
    transfer->cancelled = true;
    if (transfer->socket != NULL) local_socket_cancel(transfer->socket);
}

static size_t count_idle(const struct ipc_pool *pool, const struct endpoint *node) {
    size_t n = 0;
    for (const struct ipc_idle *idle = pool->idle; idle != NULL; idle = idle->next) n += idle->node == node ? 1 : 0;
    return n;
}

void ipc_transfer_release(struct ipc_transfer *transfer, struct ipc_pool *pool) {
    if (transfer->socket == NULL) return;
    if (!transfer->in_step || count_idle(pool, transfer->node) >= transfer->node->width) {
        close_socket(transfer);
        return;
    }
    struct ipc_idle *idle = malloc(sizeof *idle);
    if (idle == NULL) abort();
    *idle = (struct ipc_idle){.node = transfer->node, .socket = transfer->socket, .next = pool->idle};
    pool->idle = idle;
    transfer->socket = NULL;
}

void ipc_pool_free(struct ipc_pool *pool) {
    while (pool->idle != NULL) {
        struct ipc_idle *idle = pool->idle;
        pool->idle = idle->next;
        local_socket_close(idle->socket);
        free(idle);
    }
}
