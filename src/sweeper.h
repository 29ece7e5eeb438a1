/* Deletes what accounts no longer need (repos/session_repo.h), every minute; any number of instances may. Everything
 * here is called on the reactor's thread. */
#ifndef DAPPD_SWEEPER_H
#define DAPPD_SWEEPER_H

#include "core/reactor.h"

struct sweeper;

/* The first time at once. The reactor has a database, and rpc_attach has been called on it. */
struct sweeper *sweeper_start(struct reactor *reactor);

/* It ends on its own: the reactor waits for it. */
void sweeper_stop(struct sweeper *sweeper);

/* After the reactor has ended. NULL is allowed. */
void sweeper_free(struct sweeper *sweeper);

#endif
