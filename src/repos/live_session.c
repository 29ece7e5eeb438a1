/* A session is live as long as its row is there, by primary key. Owns nothing; the task's coroutine. */
#include "live_session.h"

const struct pg_statement live_session_statements[LIVE_SESSION_STATEMENT_COUNT] = {
    /* $1 session. A refresh goes on meanwhile */
    [LIVE_SESSION_HOLD] = {"live_session_hold", 1, "SELECT FROM sessions WHERE id = $1 FOR KEY SHARE"},
};

enum err live_session_hold(struct task *task, struct pg_session *session, const struct audit_actor *by) {
    struct pg_params params = {.n = 0};
    struct pg_rows rows;
    if (by->session == NULL) return ERR_OK;
    pg_param_uuid(&params, by->session);
    enum err err = pg_session_query(task, session, &rows, &live_session_statements[LIVE_SESSION_HOLD], &params);
    if (err != ERR_OK || rows.n > 0) return err;
    return task_fail(task, ERR_UNAUTHENTICATED, "the session has ended");
}
