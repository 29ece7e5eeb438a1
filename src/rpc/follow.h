/* Follows a chain's head while somebody asks for it. On one reactor's thread, except follow_want_head. */
#ifndef DAPPD_RPC_FOLLOW_H
#define DAPPD_RPC_FOLLOW_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/reactor.h"

struct chain;

struct follower {
    struct reactor *reactor;    /* NULL: not following */
    _Atomic uint64_t wanted_us; /* when somebody last asked for the head, monotonic */
    atomic_bool asleep;         /* to be woken by the next who asks */
    struct waiter pause;        /* on the reactor's thread, like the rest */
    struct task *polling;       /* the task of the poll that is under way, or NULL */
    atomic_bool stopping;
    bool failing;
};

/* Somebody asks for the head. Any thread. */
void follow_want_head(struct chain *chain);

#endif
