/* JSON-RPC straight on a Unix socket, one request at a time on each connection: what geth calls IPC. A pool belongs to
 * a reactor's transport, a transfer to the transport's. One thread. */
#ifndef DAPPD_RPC_IPC_H
#define DAPPD_RPC_IPC_H

#include <stdbool.h>

#include "core/buf.h"
#include "core/local_socket.h"
#include "core/task.h"
#include "transport.h"

struct ipc_idle;

/* Connections that wait for their next request. */
struct ipc_pool {
    struct reactor *reactor;
    struct ipc_idle *idle;
};

void ipc_pool_free(struct ipc_pool *pool);

struct ipc_transfer {
    const struct endpoint *node;
    struct local_socket *socket; /* NULL: it has none */
    bool in_step;                /* nothing is left on the connection that another request could take for its reply */
    bool cancelled;              /* no connection is waited for any more */
};

/* Sends the request and reads its reply into the buffer, whose maximum bounds it. Out: reply, but for its body. */
void ipc_transfer_post(struct ipc_transfer *transfer, struct transport_reply *reply, struct ipc_pool *pool,
                       struct buf *body, const struct transport_request *request, uint64_t deadline_ms);

/* Ends the wait, as if its deadline had passed. */
void ipc_transfer_cancel(struct ipc_transfer *transfer);

/* Keeps the connection for the next request if it is in step, else closes it. */
void ipc_transfer_release(struct ipc_transfer *transfer, struct ipc_pool *pool);

#endif
