/* Sessions that are leased: taken from those that lie idle, connected while there may be more, waited for otherwise.
 * The pool owns them until they are leased, then the task that leased them.
 * On the reactor's thread; lease and release in a coroutine. */
#include <assert.h>

#include "pg_pool.h"

enum { ROLLBACK_MS = 1000 };

/* It may have been closed by the other side while nobody looked: the first read then gets its last words, the second
 * the end. */
static bool is_alive(struct pg_session *session) {
    return PQconsumeInput(session->conn) == 1 && PQconsumeInput(session->conn) == 1;
}

/* Returns NULL when there is none. */
static struct pg_session *take_idle(struct pg *pg) {
    struct pg_session *session;
    while ((session = pg->idle) != NULL) {
        pg->idle = session->next;
        pg->n_idle--;
        if (is_alive(session)) return session;
        pg_session_close(session);
        pg->n_sessions--;
    }
    return NULL;
}

static void push_leased(struct pg *pg, struct pg_session *session) {
    session->next = pg->leased;
    pg->leased = session;
}

static void remove_leased(struct pg *pg, struct pg_session *session) {
    struct pg_session **place = &pg->leased;
    while (*place != session) place = &(*place)->next;
    *place = session->next;
}

/* One session less: whoever waits first may connect another. */
static void give_up_one(struct pg *pg) {
    if (!pg_wait_end_first(&pg->for_session, ERR_OK, NULL)) pg->n_sessions--;
}

/* With leave to: the session is counted already. */
static enum err connect_session(struct task *task, struct pg *pg, struct pg_session **session) {
    const struct pg_connector_options how = pg_connector_options_of(pg, false);
    *session = pg_session_new(pg->reactor);
    push_leased(pg, *session);
    enum err err =
        pg_may_try(pg) ? pg_session_connect(task, *session, &how) : pg_error_fail(task, ERR_INDEX_UNAVAILABLE);
    if (err != ERR_TIMEOUT) pg_note_attempt(pg, err == ERR_OK);
    if (err == ERR_OK) return ERR_OK;
    remove_leased(pg, *session);
    pg_session_close(*session);
    *session = NULL;
    give_up_one(pg);
    return err;
}

static enum err wait_in(struct task *task, struct pg *pg, struct pg_wait *wait, struct pg_wait_queue *queue) {
    if (queue->n >= pg->options.max_waiting) return pg_refuse(task, "too many tasks wait for the index");
    enum err err = pg_wait_in(wait, queue, pg->reactor, task->deadline_ms);
    return err == ERR_OK ? ERR_OK : pg_error_fail(task, ERR_TIMEOUT);
}

enum err pg_lease(struct task *task, struct pg_session **session) {
    struct pg *pg = pg_of(task);
    struct pg_wait wait;
    *session = NULL;
    if (pg == NULL) return pg_refuse(task, "dappd runs without a database");
    *session = take_idle(pg);
    if (*session != NULL) {
        push_leased(pg, *session);
        return ERR_OK;
    }
    if (pg->n_sessions < pg->options.sessions) {
        pg->n_sessions++;
        return connect_session(task, pg, session);
    }
    enum err err = wait_in(task, pg, &wait, &pg->for_session);
    if (err != ERR_OK) return err;
    *session = wait.given; /* leased already, by whoever gave it */
    return *session != NULL ? ERR_OK : connect_session(task, pg, session);
}

/* Leave for one more to last long: taken where there is some, else waited for and passed on by end_long. */
static enum err begin_long(struct task *task, struct pg *pg) {
    struct pg_wait wait;
    unsigned most = pg->options.sessions > 1 ? pg->options.sessions - 1 : 1;
    if (pg->n_for_long >= most) return wait_in(task, pg, &wait, &pg->for_long);
    pg->n_for_long++;
    return ERR_OK;
}

static void end_long(struct pg *pg) {
    if (!pg_wait_end_first(&pg->for_long, ERR_OK, NULL)) pg->n_for_long--;
}

enum err pg_lease_for_long(struct task *task, struct pg_session **session) {
    struct pg *pg = pg_of(task);
    *session = NULL;
    if (pg == NULL) return pg_lease(task, session);
    enum err err = begin_long(task, pg);
    if (err != ERR_OK) return err;
    err = pg_lease(task, session);
    if (err == ERR_OK) {
        (*session)->for_long = true;
    } else {
        end_long(pg);
    }
    return err;
}

/* The task's own deadline may have passed. */
static void roll_back(struct task *task, struct pg_session *session) {
    struct task own = task_child(task);
    own.deadline_ms = reactor_now_ms(task->reactor) + ROLLBACK_MS;
    if (pg_session_execute(&own, session, "ROLLBACK") != ERR_OK) pg_session_lose(session);
}

/* Leaves it idle and outside any transaction, or lost. */
static void tidy(struct task *task, struct pg_session *session) {
    if (pg_session_is_lost(session)) return;
    PGTransactionStatusType status = PQtransactionStatus(session->conn);
    if (status == PQTRANS_INTRANS || status == PQTRANS_INERROR) roll_back(task, session);
    if (!pg_session_is_lost(session) && PQtransactionStatus(session->conn) != PQTRANS_IDLE) {
        pg_session_abandon(session);
    }
}

static void give_back(struct pg *pg, struct pg_session *session) {
    if (pg_session_is_lost(session)) {
        remove_leased(pg, session);
        pg_session_close(session);
        give_up_one(pg);
        return;
    }
    if (pg_wait_end_first(&pg->for_session, ERR_OK, session)) return;
    remove_leased(pg, session);
    session->next = pg->idle;
    pg->idle = session;
    pg->n_idle++;
}

void pg_release(struct task *task, struct pg_session *session) {
    struct pg *pg = pg_of(task);
    if (session == NULL) return;
    assert(pg != NULL);
    tidy(task, session);
    bool for_long = session->for_long;
    session->for_long = false;
    give_back(pg, session);
    if (for_long) end_long(pg);
}

void pg_leases_close(struct pg *pg) {
    struct pg_session *session;
    while ((session = pg->idle) != NULL) {
        pg->idle = session->next;
        pg_session_close(session);
        pg->n_idle--;
        pg->n_sessions--;
    }
}

static void end_waits(struct pg_wait_queue *queue) {
    for (size_t n = queue->n; n > 0; n--) (void)pg_wait_end_first(queue, ERR_TIMEOUT, NULL);
}

void pg_leases_cut_short(struct pg *pg) {
    struct pg_session *session;
    for (session = pg->leased; session != NULL; session = session->next) pg_session_cut_short(session);
    end_waits(&pg->for_session);
    end_waits(&pg->for_long);
}
