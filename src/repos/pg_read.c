/* Short reads on the lanes: which one, what to do while there is none, and once more when it was lost. Lanes belong to
 * the pool.
 * On the reactor's thread; pg_read in a coroutine, the rest also on the loop's stack. */
#include <assert.h>
#include <string.h>

#include "core/clock.h"
#include "core/metrics.h"
#include "pg_cost.h"
#include "pg_pool.h"

enum {
    SHORT_PATIENCE_MS = 250, /* with an attempt to connect when the last one failed */
    STUCK_SLACK_MS = 1000
};

void pg_lanes_open(struct pg *pg) {
    for (unsigned i = 0; i < pg->options.lanes; i++) {
        pg->lanes[i].pg = pg;
        pg_lane_init(&pg->lanes[i].lane, pg->reactor);
    }
}

void pg_lanes_close(struct pg *pg) {
    for (unsigned i = 0; i < pg->options.lanes; i++) {
        if (pg->lanes[i].connector != NULL) pg_connector_cancel(pg->lanes[i].connector);
        pg_lane_free(&pg->lanes[i].lane);
    }
}

void pg_lanes_flush(struct pg *pg) {
    for (unsigned i = 0; i < pg->options.lanes; i++) pg_lane_flush(&pg->lanes[i].lane);
}

size_t pg_lanes_count_slots(const struct pg *pg) {
    size_t n = 0;
    for (unsigned i = 0; i < pg->options.lanes; i++) n += pg->lanes[i].lane.n_slots;
    return n;
}

static unsigned count_connecting(const struct pg *pg) {
    unsigned n = 0;
    for (unsigned i = 0; i < pg->options.lanes; i++) n += pg->lanes[i].connector != NULL ? 1 : 0;
    return n;
}

/* The one with the fewest reads on it of those connected since then, or NULL. */
static struct pg_lane *best_lane(const struct pg *pg, uint64_t since_us) {
    struct pg_lane *best = NULL;
    for (unsigned i = 0; i < pg->options.lanes; i++) {
        struct pg_lane *lane = &pg->lanes[i].lane;
        if (lane->conn == NULL || lane->opened_us < since_us) continue;
        if (best == NULL || lane->n_slots < best->n_slots) best = lane;
    }
    return best;
}

bool pg_lanes_any_connected(const struct pg *pg) {
    return best_lane(pg, 0) != NULL;
}

static void end_waits(struct pg *pg, size_t n, enum err err) {
    while (n-- > 0 && pg_wait_end_first(&pg->for_lane, err, NULL)) continue;
}

void pg_cut_short(struct pg *pg) {
    for (unsigned i = 0; i < pg->options.lanes; i++) pg_lane_lose(&pg->lanes[i].lane);
    end_waits(pg, pg->for_lane.n, ERR_INDEX_UNAVAILABLE);
    pg_leases_cut_short(pg);
}

/* Those who wait are spread: a new lane gets its share, the rest wait for the lanes that are still being connected. */
static void on_connection(void *arg, PGconn *conn) {
    struct pg_pool_lane *member = arg;
    struct pg *pg = member->pg;
    member->connector = NULL;
    bool connected = conn != NULL && pg_lane_open(&member->lane, conn);
    if (connected && member->was_connected) metrics_add(METRIC_DB_RECONNECTS, 0, 0, 1);
    if (connected) member->was_connected = true;
    pg_note_attempt(pg, connected);
    size_t connecting = count_connecting(pg);
    if (pg_lanes_any_connected(pg)) {
        end_waits(pg, (pg->for_lane.n + connecting) / (connecting + 1), ERR_OK);
    } else if (connecting == 0) {
        end_waits(pg, pg->for_lane.n, ERR_INDEX_UNAVAILABLE);
    }
}

static void connect_one_more(struct pg *pg) {
    if (!pg_may_try(pg)) return;
    for (unsigned i = 0; i < pg->options.lanes; i++) {
        struct pg_pool_lane *member = &pg->lanes[i];
        if (member->lane.conn != NULL || member->connector != NULL) continue;
        const struct pg_connector_options options = pg_connector_options_of(pg, true);
        member->connector = pg_connector_start(pg->reactor, &options, on_connection, member);
        return;
    }
}

/* Returns ERR_OK when a lane may have come. */
static enum err wait_for_lane(struct task *task, struct pg *pg, uint64_t until_ms) {
    struct pg_wait wait;
    if (count_connecting(pg) == 0) return pg_error_fail(task, ERR_INDEX_UNAVAILABLE);
    if (pg->for_lane.n >= pg->options.max_waiting) return pg_refuse(task, "too many queries of the index wait");
    enum err err = pg_wait_in(&wait, &pg->for_lane, pg->reactor, until_ms);
    return err == ERR_OK ? ERR_OK : pg_error_fail(task, ERR_INDEX_UNAVAILABLE);
}

static enum err lane_for(struct task *task, struct pg *pg, struct pg_lane **lane, uint64_t since_us) {
    uint64_t patience_ms = pg->failures > 0 ? SHORT_PATIENCE_MS : pg->options.connect_timeout_ms;
    uint64_t until_ms = reactor_now_ms(pg->reactor) + patience_ms;
    if (until_ms > task->deadline_ms) until_ms = task->deadline_ms;
    for (;;) {
        *lane = best_lane(pg, since_us);
        if (*lane == NULL || (*lane)->n_slots > 0) connect_one_more(pg);
        if (*lane == NULL && count_connecting(pg) == 0) *lane = best_lane(pg, 0); /* no newer one will come */
        if (*lane != NULL) break;
        enum err err = wait_for_lane(task, pg, until_ms);
        if (err != ERR_OK) return err;
    }
    if (pg_lanes_count_slots(pg) < pg->options.max_waiting) return ERR_OK;
    return pg_refuse(task, "too many queries of the index are under way");
}

/* statement_timeout would have ended the first read long ago: whoever is at the other end has stopped. */
static void lose_if_stuck(const struct pg *pg, struct pg_lane *lane) {
    uint64_t limit_ms = 2 * pg->options.statement_timeout_ms + STUCK_SLACK_MS;
    if (pg->options.statement_timeout_ms == 0 || lane->first == NULL) return;
    if (reactor_now_ms(pg->reactor) - lane->moved_ms < limit_ms) return;
    log_write(LOG_DB, LOG_WARN, "the database has stopped answering on a connection");
    pg_lane_lose(lane);
}

/* Out: reading->result, NULL when the connection was lost. In: since_us, how old the connection may be. */
static enum err try_once(struct task *task, struct pg *pg, struct pg_reading *reading, uint64_t since_us) {
    struct pg_lane *lane;
    reading->result = NULL;
    enum err err = lane_for(task, pg, &lane, since_us);
    if (err != ERR_OK) return err;
    waiter_init(&reading->waiter, pg->reactor);
    if (!pg_lane_send(lane, reading)) return ERR_OK;
    if (waiter_wait(&reading->waiter, task->deadline_ms) == ERR_OK) return ERR_OK;
    pg_lane_leave(reading);
    PQclear(reading->result); /* that came in the turn in which the deadline passed */
    reading->result = NULL;
    lose_if_stuck(pg, lane);
    return pg_error_fail(task, ERR_TIMEOUT);
}

/* True where the same read may well be answered now: its connection was lost, a read ahead of it failed, or the
 * connection did not have the statement after all. */
static bool is_worth_another(const PGresult *result) {
    return result == NULL || PQresultStatus(result) == PGRES_PIPELINE_ABORTED ||
           strcmp(pg_error_sqlstate(result), "26000") == 0;
}

/* Where one connection was lost the others may have been too, and not show it yet: the second try takes a newer one.
 * Out: reading->result, the caller's. */
static enum err read_rows(struct task *task, struct pg *pg, struct pg_reading *reading) {
    enum err err = try_once(task, pg, reading, 0);
    if (err == ERR_OK && is_worth_another(reading->result)) {
        uint64_t since_us = reading->result == NULL ? clock_now_us() : 0;
        PQclear(reading->result);
        reading->alone = true;
        err = try_once(task, pg, reading, since_us);
    }
    if (err != ERR_OK) return err;
    if (reading->result == NULL) return pg_error_fail(task, ERR_INDEX_UNAVAILABLE);
    if (PQresultStatus(reading->result) == PGRES_TUPLES_OK) return ERR_OK;
    err = pg_error_of(pg_error_sqlstate(reading->result));
    pg_error_log_result(reading->result, reading->statement->name);
    PQclear(reading->result);
    return pg_error_fail(task, err);
}

enum err pg_read(struct task *task, struct pg_rows *rows, const struct pg_statement *statement,
                 const struct pg_params *params) {
    static const struct pg_params none = {.n = 0};
    struct pg_reading reading = {.statement = statement, .params = params != NULL ? params : &none};
    struct pg *pg = pg_of(task);
    uint64_t started_us = clock_now_us();
    *rows = (struct pg_rows){.n = 0};
    if (pg == NULL) return pg_refuse(task, "dappd runs without a database");
    enum err err = read_rows(task, pg, &reading);
    pg_cost_add(task, started_us, err);
    return err == ERR_OK ? pg_rows_keep(task, rows, reading.result) : err;
}
