/* A reactor's pool of connections: its making and end, when to try again after a failure, and its figures. Owned by
 * whoever attached it.
 * On the reactor's thread. */
#include "repos/pg.h"

#include <assert.h>
#include <stdlib.h>

#include "core/clock.h"
#include "core/metrics.h"
#include "pg_cost.h"
#include "pg_pool.h"

enum {
    MAX_REACTORS = 257, /* those that serve, and the indexer's */
    FIRST_PAUSE_MS = 100,
    MAX_DOUBLINGS = 4
};

/* By index of the reactor. Each slot is written and read on its reactor's thread. */
static struct pg *attached[MAX_REACTORS];

struct pg *pg_of(const struct task *task) {
    struct pg *pg = attached[reactor_index(task->reactor)];
    assert(pg == NULL || pg->reactor == task->reactor);
    return pg;
}

bool pg_may_try(const struct pg *pg) {
    return pg->failures == 0 || reactor_now_ms(pg->reactor) >= pg->next_try_ms;
}

/* Between half of it and all: instances and reactors that lost the database together come back one by one. */
static uint64_t pause_ms(unsigned failures) {
    uint64_t most = (uint64_t)FIRST_PAUSE_MS << (failures < MAX_DOUBLINGS ? failures : MAX_DOUBLINGS);
    uint32_t random;
    clock_random(&random, sizeof random);
    return most / 2 + random % (most / 2);
}

/* Attempts that were made together count as one. */
void pg_note_attempt(struct pg *pg, bool connected) {
    if (connected) {
        if (pg->failures > 0) log_write(LOG_DB, LOG_INFO, "the database can be reached again");
        pg->failures = 0;
    } else if (pg_may_try(pg)) {
        pg->next_try_ms = reactor_now_ms(pg->reactor) + pause_ms(pg->failures);
        pg->failures++;
    }
}

bool pg_is_down(const struct pg *pg) {
    return pg->failures > 0 && !pg_lanes_any_connected(pg);
}

struct pg_connector_options pg_connector_options_of(const struct pg *pg, bool lane) {
    return (struct pg_connector_options){.url = pg->options.url,
                                         .application_name = lane ? "dappd lane" : "dappd session",
                                         .statement_timeout_ms = lane ? pg->options.statement_timeout_ms : 0,
                                         .read_only = lane,
                                         .timeout_ms = pg->options.connect_timeout_ms,
                                         .turn = pg->failures,
                                         .log_level = pg->failures == 0 ? LOG_WARN : LOG_DEBUG};
}

enum err pg_refuse(struct task *task, const char *detail) {
    (void)task_fail(task, ERR_INDEX_UNAVAILABLE, "%s", detail);
    task->fault.retry_after_s = PG_RETRY_AFTER_S;
    return ERR_INDEX_UNAVAILABLE;
}

static void set_gauge(int64_t *counted, enum metric metric, size_t state, int64_t now) {
    if (now != *counted) metrics_add(metric, state, 0, now - *counted);
    *counted = now;
}

static void count(struct pg *pg) {
    int64_t lanes = 0;
    for (unsigned i = 0; i < pg->options.lanes; i++) lanes += pg->lanes[i].lane.conn != NULL ? 1 : 0;
    set_gauge(&pg->counted[PG_COUNT_LANES], METRIC_DB_CONNECTIONS, PG_COUNT_LANES, lanes);
    set_gauge(&pg->counted[PG_COUNT_IDLE], METRIC_DB_CONNECTIONS, PG_COUNT_IDLE, pg->n_idle);
    set_gauge(&pg->counted[PG_COUNT_LEASED], METRIC_DB_CONNECTIONS, PG_COUNT_LEASED, pg->n_sessions - pg->n_idle);
    set_gauge(&pg->counted_waiting, METRIC_DB_WAITING, 0,
              (int64_t)(pg_lanes_count_slots(pg) + pg->for_lane.n + pg->for_session.n + pg->for_long.n));
}

/* Before the loop sleeps. What it sends is nothing that another hook waits for. */
static bool on_turn(void *arg) {
    struct pg *pg = arg;
    pg_lanes_flush(pg);
    count(pg);
    return false;
}

struct pg *pg_attach(struct reactor *reactor, const struct pg_options *options) {
    unsigned index = reactor_index(reactor);
    assert(index < MAX_REACTORS && attached[index] == NULL && options->lanes > 0 && options->sessions > 0);
    struct pg *pg = calloc(1, sizeof *pg);
    if (pg == NULL || (pg->lanes = calloc(options->lanes, sizeof *pg->lanes)) == NULL) abort();
    pg->reactor = reactor;
    pg->options = *options;
    pg_lanes_open(pg);
    reactor_add_hook(reactor, on_turn, pg);
    attached[index] = pg;
    return pg;
}

void pg_detach(struct pg *pg) {
    assert(pg->for_lane.n == 0 && pg->for_session.n == 0 && pg->for_long.n == 0 && pg->n_for_long == 0);
    reactor_remove_hook(pg->reactor, on_turn, pg);
    attached[reactor_index(pg->reactor)] = NULL;
    pg_lanes_close(pg);
    pg_leases_close(pg);
    assert(pg->n_sessions == 0);
    count(pg);
    free(pg->lanes);
    free(pg);
}

void pg_set_metric_labels(void) {
    static const char *const states[PG_COUNT_STATES] = {
        [PG_COUNT_LANES] = "lane", [PG_COUNT_IDLE] = "idle", [PG_COUNT_LEASED] = "leased"};
    metrics_set_label_values(METRIC_LABEL_STATE, states, PG_COUNT_STATES);
    pg_cost_set_metric_labels();
}
