/* One connection that many short reads share: those of a turn of the loop go out together, answers come back in order.
 * Owned by the reactor's pool, on its thread. */
#ifndef DAPPD_REPOS_PG_LANE_H
#define DAPPD_REPOS_PG_LANE_H

#include <libpq-fe.h>

#include "core/fd_watch.h"
#include "core/reactor.h"
#include "pg_prepared.h"

/* A read and who waits for it, on that coroutine's stack. */
struct pg_reading {
    struct waiter waiter;
    const struct pg_statement *statement;
    const struct pg_params *params;
    bool alone;           /* with a Sync of its own: nobody else's failure can end it */
    struct pg_lane *lane; /* that it was sent on */
    struct pg_slot *slot; /* its place there */
    PGresult *result; /* the coroutine's; NULL: the connection was lost; PGRES_PIPELINE_ABORTED: a read ahead failed */
};

/* The place of a read in the order of answers. It stays when nobody waits for the answer any more. */
struct pg_slot {
    struct pg_slot *next;
    struct pg_reading *reading; /* NULL: nobody waits */
    const struct pg_statement *statement;
    bool prepares; /* the statement too is sent, ahead of it, and not known to be prepared */
    bool is_last;  /* of its batch: a Sync follows */
    unsigned due;  /* results that are still to come */
    PGresult *result;
};

struct pg_lane {
    struct reactor *reactor;
    PGconn *conn; /* NULL unless it is connected */
    uint64_t opened_us;
    struct fd_watch *watch;
    struct pg_prepared prepared;
    struct pg_slot *first, *last; /* in order of sending */
    struct pg_slot *current;      /* of them, the one whose results come next; NULL: they have all come */
    size_t n_slots;
    size_t n_waiting; /* of them, those that somebody waits for */
    struct pg_slot *free_slots;
    uint64_t moved_ms; /* when the first slot came to be the first */
    bool unsent;       /* something waits to be sent */
};

void pg_lane_init(struct pg_lane *lane, struct reactor *reactor);

/* Nobody may wait for it any more. */
void pg_lane_free(struct pg_lane *lane);

/* Takes over a connection. Returns false when it cannot be used. */
bool pg_lane_open(struct pg_lane *lane, PGconn *conn);

/* Closes the connection: every read on it ends without a result. */
void pg_lane_lose(struct pg_lane *lane);

/* Sends a read at the end of this turn; its waiter is woken when the answer has come. Returns false when the connection
 * is lost. */
bool pg_lane_send(struct pg_lane *lane, struct pg_reading *reading);

/* Nobody waits for this read any more. When that is so of all that is queued, the connection is given up with it, since
 * each of them would keep later reads waiting until its statement_timeout. */
void pg_lane_leave(struct pg_reading *reading);

/* Once per turn of the loop: sends what waits to be sent. */
void pg_lane_flush(struct pg_lane *lane);

#endif
