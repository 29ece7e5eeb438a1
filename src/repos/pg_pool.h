/* What the parts of a reactor's pool share. Owned by whoever called pg_attach; the reactor's thread. */
#ifndef DAPPD_REPOS_PG_POOL_H
#define DAPPD_REPOS_PG_POOL_H

#include "pg_lane.h"
#include "pg_session_internal.h"
#include "pg_wait.h"
#include "repos/pg.h"

/* A lane, and the attempt to connect it. */
struct pg_pool_lane {
    struct pg *pg;
    struct pg_lane lane;
    struct pg_connector *connector; /* NULL: none is under way */
    bool was_connected;             /* some time before */
};

/* Kept as gauges. */
enum pg_count { PG_COUNT_LANES, PG_COUNT_IDLE, PG_COUNT_LEASED, PG_COUNT_STATES };

struct pg {
    struct reactor *reactor;
    struct pg_options options;
    struct pg_pool_lane *lanes;
    struct pg_wait_queue for_lane; /* for one to be connected */
    struct pg_session *idle;       /* last given back first */
    unsigned n_idle;
    struct pg_session *leased;        /* or being connected for whoever is to have it */
    unsigned n_sessions;              /* idle, leased, or being connected */
    struct pg_wait_queue for_session; /* for one to be given back; given NULL: for leave to connect one */
    unsigned n_for_long;              /* leased for long, or about to be */
    struct pg_wait_queue for_long;    /* for one of these to be given back */
    unsigned failures;                /* rounds of attempts to connect since the last that succeeded */
    uint64_t next_try_ms;             /* none before */
    int64_t counted[PG_COUNT_STATES]; /* as the gauges have it */
    int64_t counted_waiting;
};

/* Whether another attempt to connect may be made now, after those that failed. */
bool pg_may_try(const struct pg *pg);

/* An attempt has ended. */
void pg_note_attempt(struct pg *pg, bool connected);

struct pg_connector_options pg_connector_options_of(const struct pg *pg, bool lane);

/* There is nothing to wait for, or no room to wait. Returns ERR_INDEX_UNAVAILABLE. */
enum err pg_refuse(struct task *task, const char *detail);

void pg_lanes_open(struct pg *pg);
void pg_lanes_close(struct pg *pg);
void pg_lanes_flush(struct pg *pg);
bool pg_lanes_any_connected(const struct pg *pg);
size_t pg_lanes_count_slots(const struct pg *pg);

/* Of the sessions that are not leased. */
void pg_leases_close(struct pg *pg);

/* The waits on those that are, and for them. */
void pg_leases_cut_short(struct pg *pg);

#endif
