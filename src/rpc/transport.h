/* One request to a node and its reply, whatever lies between: HTTP over TCP or a Unix socket. From a coroutine, one
 * thread. */
#ifndef DAPPD_RPC_TRANSPORT_H
#define DAPPD_RPC_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/task.h"
#include "endpoint.h"
#include "flight.h"
#include "rpc/rpc.h"

struct gather;

/* The transport of the reactor that the task runs on. */
struct reactor_rpc *transport_of(const struct task *task);

/* The ids of the next n calls: they start at the number returned. */
uint64_t transport_take_ids(struct reactor_rpc *rpc, size_t n);

/* What this reactor is fetching right now. */
struct flight **transport_flights(struct reactor_rpc *rpc);

/* Reads of state on this reactor that wait or are under way. */
struct gather **transport_gathers(struct reactor_rpc *rpc);

struct transport_request {
    const struct endpoint *node;
    const char *body; /* borrowed until transport_post returns */
    size_t body_len;
    uint64_t connect_timeout_ms;
    uint64_t attempt_timeout_ms; /* from when its turn has come; the task's deadline counts as well */
    size_t max_reply_bytes;
    bool heavy; /* may cost the node much: few of them go out at a time, so that they do not hold up all others */
};

struct transport_reply {
    enum rpc_outcome
        outcome; /* RPC_OK: a reply, of HTTP with whatever status; else TIMED_OUT, UNREACHABLE, TOO_LARGE, NONSENSE */
    bool sent;   /* false: the time passed before its turn came, which says nothing of the node */
    int status;  /* of HTTP; 200 where there is none */
    int retry_after_s; /* 0: the node did not say */
    const char *body;  /* borrowed until transport_release */
    size_t body_len;
    bool new_connection; /* made for this request: who answers there may be another node than before */
    uint64_t us;         /* time it took */
    const char *problem; /* a static word for a failure, free of URLs; NULL when the outcome is RPC_OK or TIMED_OUT */
};

struct transfer;

/* Posts and waits. Returns what holds the reply's memory: the caller hands it back with transport_release. */
struct transfer *transport_post(struct task *task, struct transport_reply *reply,
                                const struct transport_request *request);
void transport_release(struct task *task, struct transfer *transfer);

/* Before the release: what came back was no answer to the request. Where replies are told apart by their order alone,
 * the next one could be the answer to this one, so the connection is not used again. */
void transport_distrust(struct transfer *transfer);

/* Ends what the task and its children are waiting for now, as if their deadline had passed. From another coroutine of
 * its reactor. */
void transport_cancel(const struct task *task);

#endif
