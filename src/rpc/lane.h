/* Turns at one node: who asks it while it has as many requests as it gets connections waits here, in order. Inside
 * libcurl the wait would count against the node, as if it were slow. Owned by a reactor's transport; one thread. */
#ifndef DAPPD_RPC_LANE_H
#define DAPPD_RPC_LANE_H

#include <stddef.h>

#include "core/task.h"

struct lane_turn;

/* The requests to one node. */
struct lane {
    const void *node;
    size_t under_way;
    struct lane_turn *first, *last; /* waiting */
    struct lane *next;
};

/* Waits for a place. In: node, whatever identifies it; width, how many places it has. ERR_TIMEOUT when the deadline
 * passes first. */
enum err lane_enter(struct lane **lanes, const struct task *task, const void *node, size_t width,
                    uint64_t deadline_ms) MUST_CHECK;

/* Gives the place to whoever waits longest. */
void lane_leave(struct lane *lanes, const void *node);

/* Ends the wait of a task and its children, as if its deadline had passed. */
void lane_cancel(struct lane *lanes, const struct task *task);

/* Nobody may be in one any more (asserted). */
void lane_free_all(struct lane *lanes);

#endif
