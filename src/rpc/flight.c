/* A thousand requests that find the head stale must ask for it once. Flights and passengers live on the stacks of their
 * coroutines; the list of flights belongs to the reactor's transport.
 * On the reactor's thread. */
#include "flight.h"

struct flight_passenger {
    struct waiter waiter;
    struct flight_passenger *next;
    const struct task *task;
    struct flight_result *result;
    bool landed;
};

static void leave(struct flight *flight, struct flight_passenger *self) {
    struct flight_passenger **at = &flight->passengers;
    while (*at != self) at = &(*at)->next;
    *at = self->next;
}

static void ride(struct flight *flight, struct flight_result *result, struct task *task) {
    struct flight_passenger self = {.next = flight->passengers, .task = task, .result = result};
    waiter_init(&self.waiter, task->reactor);
    flight->passengers = &self;
    enum err err = waiter_wait(&self.waiter, task->deadline_ms);
    if (self.landed) return; /* perhaps too late to be woken by it; the flight is gone */
    (void)err;
    leave(flight, &self);
    *result = (struct flight_result){.outcome = RPC_TIMED_OUT, .out_of_time = true};
}

bool flight_join(struct flight **flights, struct flight *own, struct flight_result *result, struct task *task,
                 const void *key) {
    for (struct flight *flight = *flights; flight != NULL; flight = flight->next) {
        if (flight->key != key) continue;
        ride(flight, result, task);
        return true;
    }
    *own = (struct flight){.key = key, .next = *flights};
    *flights = own;
    return false;
}

void flight_land(struct flight **flights, struct flight *own, const struct flight_result *result) {
    struct flight **at = flights;
    while (*at != own) at = &(*at)->next;
    *at = own->next;
    for (struct flight_passenger *p = own->passengers; p != NULL; p = p->next) {
        *p->result = *result;
        p->landed = true;
        waiter_wake(&p->waiter, ERR_OK);
    }
}

void flight_cancel(struct flight *flights, const struct task *task) {
    for (; flights != NULL; flights = flights->next) {
        for (struct flight_passenger *p = flights->passengers; p != NULL; p = p->next) {
            if (task_is_within(p->task, task)) waiter_wake(&p->waiter, ERR_TIMEOUT);
        }
    }
}
