/* libpq's pipeline mode with one Sync behind the reads of a turn: each Sync costs the server as much as a read. One
 * that fails ends those behind it in its batch unanswered, which are then read again. A lane owns its connection and
 * its slots; a result belongs to the slot until the slot's turn has come. On the reactor's thread. */
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
}

static struct pg_slot *slot_push(struct pg_lane *lane, struct pg_reading *reading, bool prepares) {
    struct pg_slot *slot = lane->free_slots;
    if (slot != NULL) {
        lane->free_slots = slot->next;
    } else {
        slot = malloc(sizeof *slot);
        if (slot == NULL) abort();
    }
    *slot = (struct pg_slot){
        .reading = reading, .statement = reading->statement, .prepares = prepares, .due = prepares ? 2 : 1};
    if (lane->first == NULL) lane->moved_ms = reactor_now_ms(lane->reactor);
    *(lane->first != NULL ? &lane->last->next : &lane->first) = slot;
    lane->last = slot;
    if (lane->current == NULL) lane->current = slot;
    lane->n_slots++;
    lane->n_waiting++;
    return slot;
}

/* Takes the first slot off and wakes who waits for it. */
static void slot_pop(struct pg_lane *lane) {
    struct pg_slot *slot = lane->first;
    lane->first = slot->next;
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
    lane->current = NULL;
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

/* What could not be prepared is prepared again for the next one that needs it. */
static void finish_first(struct pg_lane *lane) {
    struct pg_slot *slot = lane->first;
    if (slot->result != NULL && PQresultStatus(slot->result) != PGRES_TUPLES_OK) {
        bool unknown = strcmp(pg_error_sqlstate(slot->result), UNKNOWN_STATEMENT) == 0;
        if (slot->prepares || unknown) pg_prepared_remove(&lane->prepared, slot->statement);
    }
    slot_pop(lane);
}

/* The Sync of a batch has been answered: its results are whole. */
static void finish_batch(struct pg_lane *lane) {
    bool is_last = false;
    while (lane->first != lane->current && !is_last) {
        is_last = lane->first->is_last;
        finish_first(lane);
    }
    if (!is_last) break_down(lane);
}

/* Of a read come: that it is prepared, if it had to be; its rows or an error. Behind those of a batch comes the Sync.
 */
static void take(struct pg_lane *lane, PGresult *result) {
    struct pg_slot *slot = lane->current;
    ExecStatusType status = PQresultStatus(result);
    bool counts = status == PGRES_TUPLES_OK || status == PGRES_FATAL_ERROR || status == PGRES_PIPELINE_ABORTED;
    if (status == PGRES_PIPELINE_SYNC || slot == NULL) {
        PQclear(result);
        finish_batch(lane);
        return;
    }
    if (status == PGRES_COMMAND_OK) slot->prepares = false; /* it is prepared now, whatever comes of the read */
    if (counts && slot->result == NULL) {
        slot->result = result;
    } else {
        PQclear(result);
    }
    if (--slot->due == 0) lane->current = slot->next;
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

static bool send_sync(PGconn *conn) {
#ifdef LIBPQ_HAS_SEND_PIPELINE_SYNC
    return PQsendPipelineSync(conn) == 1; /* leaves it to the flush of this turn */
#else
    return PQpipelineSync(conn) == 1;
#endif
}

/* Returns false when the connection is lost. */
static bool end_batch(struct pg_lane *lane) {
    if (lane->first == NULL || lane->last->is_last) return true;
    lane->last->is_last = true;
    if (send_sync(lane->conn)) return true;
    break_down(lane);
    return false;
}

/* Whenever libpq cannot send at once it reads, so there may be results that the socket says nothing of any more. */
void pg_lane_flush(struct pg_lane *lane) {
    if (lane->conn == NULL || !lane->unsent || !end_batch(lane)) return;
    int left = PQflush(lane->conn);
    if (left < 0) {
        break_down(lane);
        return;
    }
    lane->unsent = left > 0;
    fd_watch_want(lane->watch, FD_READABLE | (lane->unsent ? FD_WRITABLE : 0));
    take_results(lane);
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

static bool send_read(PGconn *conn, const struct pg_reading *reading, bool prepares) {
    const struct pg_statement *statement = reading->statement;
    const struct pg_params *params = reading->params;
    if (prepares && PQsendPrepare(conn, statement->name, statement->sql, statement->n_params, NULL) == 0) return false;
    return PQsendQueryPrepared(conn, statement->name, params->n, params->values, params->lengths, params->formats,
                               RESULT_BINARY) == 1;
}

/* What prepares a statement goes alone, too: no other's failure may undo what later ones count on. */
bool pg_lane_send(struct pg_lane *lane, struct pg_reading *reading) {
    bool prepares = !pg_prepared_has(&lane->prepared, reading->statement);
    bool alone = reading->alone || prepares;
    if (alone && !end_batch(lane)) return false;
    if (!send_read(lane->conn, reading, prepares)) {
        break_down(lane);
        return false;
    }
    if (prepares) pg_prepared_add(&lane->prepared, reading->statement);
    lane->unsent = true;
    reading->lane = lane;
    reading->result = NULL;
    reading->slot = slot_push(lane, reading, prepares);
    return !alone || end_batch(lane);
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
