/* Single flight: of several coroutines of one reactor that want the same thing, one fetches it, the others wait for it.
 * One thread. */
#ifndef DAPPD_RPC_FLIGHT_H
#define DAPPD_RPC_FLIGHT_H

#include <stdbool.h>

#include "core/task.h"
#include "rpc/rpc.h"

struct flight_passenger;

/* One thing being fetched. Lives on the leader's stack. */
struct flight {
    const void *key;
    struct flight *next;
    struct flight_passenger *passengers;
};

/* How it ended, for whoever waited. */
struct flight_result {
    enum rpc_outcome outcome;
    struct fault fault; /* when the outcome is a failure */
    bool out_of_time;   /* the leader's own deadline passed: says nothing to those who have longer */
};

/* Returns false when nobody is fetching key: then the caller does, with `own` as its place, and must call flight_land.
 * Returns true after the wait, with *result from the leader or out_of_time when the task's own deadline passed. */
bool flight_join(struct flight **flights, struct flight *own, struct flight_result *result, struct task *task,
                 const void *key);

/* Ends the flight and wakes all passengers. */
void flight_land(struct flight **flights, struct flight *own, const struct flight_result *result);

/* Ends the wait of a task and its children, as if their deadline had passed. */
void flight_cancel(struct flight *flights, const struct task *task);

#endif
