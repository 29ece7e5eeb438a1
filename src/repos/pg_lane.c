/* libpq's pipeline mode with one Sync behind each read, so that one that fails takes no other with it. A lane owns its
 * connection and its slots; a result belongs to the slot until the slot's turn has come.
 * On the reactor's thread. */
#include "pg_lane.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "pg_cancel.h"
#include "pg_error.h"

enum { RESULT_BINARY = 1 };

static const char UNKNOWN_STATEMENT[] = "26000"; /* SQLSTATE invalid_sql_statement_name */

void pg_lane_init(struct pg_lane *lane, struct reactor *reactor) {
    *lane = (struct pg_lane){.reactor = reactor};
    lane->end = &lane->first;
}

static struct pg_slot *slot_push(struct pg_lane *lane, struct pg_reading *reading, bool prepares) {
    struct pg_slot *slot = lane->free_slots;
    if (slot != NULL) {
        lane->free_slots = slot->next;
    } else {
        slot = malloc(sizeof *slot);
        if (slot == NULL) abort();
    }
    *slot = (struct pg_slot){.reading = reading, .statement = reading->statement, .prepares = prepares};
    if (lane->first == NULL) lane->moved_ms = reactor_now_ms(lane->reactor);
    *lane->end = slot;
    lane->end = &slot->next;
    lane->n_slots++;
    lane->n_waiting++;
    return slot;
}

/* Takes the first slot off and wakes who waits for it. */
static void slot_pop(struct pg_lane *lane) {
    struct pg_slot *slot = lane->first;
    lane->first = slot->next;
    if (lane->first == NULL) lane->end = &lane->first;
    lane->n_slots--;
    lane->moved_ms = reactor_now_ms(lane->reactor);
    if (slot->reading != NULL) {
        lane->n_waiting--;
        slot->reading->slot = NULL;
        slot->reading->result = slot->result;
        waiter_wake(&slot->reading->waiter, ERR_OK);
    } else {
        PQclear(slot->result);
    }
    slot->next = lane->free_slots;
    lane->free_slots = slot;
}

void pg_lane_lose(struct pg_lane *lane) {
    if (lane->conn == NULL) return;
    fd_watch_free(lane->watch);
    lane->watch = NULL;
    PQfinish(lane->conn);
    lane->conn = NULL;
    lane->unsent = false;
    pg_prepared_free(&lane->prepared);
    while (lane->first != NULL) {
        PQclear(lane->first->result);
        lane->first->result = NULL;
        slot_pop(lane);
    }
}

void pg_lane_free(struct pg_lane *lane) {
    pg_lane_lose(lane);
    while (lane->free_slots != NULL) {
        struct pg_slot *slot = lane->free_slots;
        lane->free_slots = slot->next;
        free(slot);
    }
}

static void break_down(struct pg_lane *lane) {
    pg_error_log_loss(lane->conn);
    pg_lane_lose(lane);
}

/* The Sync of a read has been answered: its result is whole. What could not be prepared is prepared again for the next
 * one that needs it. */
static void finish_first(struct pg_lane *lane) {
    struct pg_slot *slot = lane->first;
    if (slot->result != NULL && PQresultStatus(slot->result) == PGRES_FATAL_ERROR) {
        bool unknown = strcmp(pg_error_sqlstate(slot->result), UNKNOWN_STATEMENT) == 0;
        if (slot->prepares || unknown) pg_prepared_remove(&lane->prepared, slot->statement);
    }
    slot_pop(lane);
}

/* Of a read come: that it is prepared, if it had to be; its rows or an error; the Sync. */
static void take(struct pg_lane *lane, PGresult *result) {
    struct pg_slot *slot = lane->first;
    ExecStatusType status = PQresultStatus(result);
    bool counts = status == PGRES_TUPLES_OK || status == PGRES_FATAL_ERROR;
    if (counts && slot->result == NULL) {
        slot->result = result;
        return;
    }
    PQclear(result);
    if (status == PGRES_PIPELINE_SYNC) finish_first(lane);
}

/* Between the results of two commands libpq gives one NULL; a second one means that it waits for nothing where we
 * wait for an answer. */
static void take_results(struct pg_lane *lane) {
    int nulls = 0;
    while (lane->first != NULL && nulls < 2 && !PQisBusy(lane->conn)) {
        PGresult *result = PQgetResult(lane->conn);
        nulls = result == NULL ? nulls + 1 : 0;
        if (result != NULL) take(lane, result);
    }
    if (nulls == 2) break_down(lane);
}

/* While libpq cannot send it reads, so there may be results that the socket says nothing of. */
void pg_lane_flush(struct pg_lane *lane) {
    if (lane->conn == NULL || !lane->unsent) return;
    int left = PQflush(lane->conn);
    if (left < 0) {
        break_down(lane);
        return;
    }
    lane->unsent = left > 0;
    fd_watch_want(lane->watch, FD_READABLE | (lane->unsent ? FD_WRITABLE : 0));
    if (lane->unsent) take_results(lane);
}

static void on_readiness(void *arg, int events) {
    struct pg_lane *lane = arg;
    if (events & FD_READABLE) {
        if (PQconsumeInput(lane->conn) == 0) {
            break_down(lane);
            return;
        }
        take_results(lane);
    }
    pg_lane_flush(lane);
}

bool pg_lane_open(struct pg_lane *lane, PGconn *conn) {
    assert(lane->conn == NULL && lane->first == NULL);
    lane->watch =
        PQenterPipelineMode(conn) == 1 ? fd_watch_new(lane->reactor, PQsocket(conn), on_readiness, lane) : NULL;
    if (lane->watch == NULL) {
        PQfinish(conn);
        return false;
    }
    lane->conn = conn;
    lane->opened_us = clock_now_us();
    fd_watch_want(lane->watch, FD_READABLE);
    return true;
}

static bool send_sync(PGconn *conn) {
#ifdef LIBPQ_HAS_SEND_PIPELINE_SYNC
    return PQsendPipelineSync(conn) == 1; /* leaves it to the flush of this turn */
#else
    return PQpipelineSync(conn) == 1;
#endif
}

static bool send_read(PGconn *conn, const struct pg_reading *reading, bool prepares) {
    const struct pg_statement *statement = reading->statement;
    const struct pg_params *params = reading->params;
    if (prepares && PQsendPrepare(conn, statement->name, statement->sql, statement->n_params, NULL) == 0) return false;
    return PQsendQueryPrepared(conn, statement->name, params->n, params->values, params->lengths, params->formats,
                               RESULT_BINARY) == 1 &&
           send_sync(conn);
}

bool pg_lane_send(struct pg_lane *lane, struct pg_reading *reading) {
    bool prepares = !pg_prepared_has(&lane->prepared, reading->statement);
    if (!send_read(lane->conn, reading, prepares)) {
        break_down(lane);
        return false;
    }
    if (prepares) pg_prepared_add(&lane->prepared, reading->statement);
    lane->unsent = true;
    reading->lane = lane;
    reading->result = NULL;
    reading->slot = slot_push(lane, reading, prepares);
    return true;
}

void pg_lane_leave(struct pg_reading *reading) {
    struct pg_lane *lane = reading->lane;
    if (reading->slot == NULL) return;
    reading->slot->reading = NULL;
    reading->slot = NULL;
    if (--lane->n_waiting > 0 || lane->n_slots == 1) return; /* a single one ends by itself */
    pg_cancel_start(lane->conn);
    pg_lane_lose(lane);
}
