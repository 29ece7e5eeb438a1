/* A nonce is a row of spent_nonces, by primary key: of two transactions at a time the second waits until the first has
 * committed, and finds it spent, or has rolled back. Owns nothing; the task's coroutine. */
#include "nonces.h"

const struct pg_statement nonces_statements[NONCES_STATEMENT_COUNT] = {
    /* $1 id, $2 when it expires; no row when it was spent before */
    [NONCES_SPEND] = {"nonces_spend", 2,
                      "INSERT INTO spent_nonces (id, expires_at) VALUES ($1, $2)"
                      " ON CONFLICT DO NOTHING RETURNING true"},
};

enum err nonces_spend(struct task *task, struct pg_session *session, const struct spending *spending) {
    struct pg_params params = {.n = 0};
    struct pg_rows rows;
    pg_param_bytes(&params, spending->nonce, sizeof spending->nonce);
    pg_param_i64(&params, (int64_t)spending->expires_at_s);
    enum err err = pg_session_query(task, session, &rows, &nonces_statements[NONCES_SPEND], &params);
    if (err != ERR_OK || rows.n > 0) return err;
    return task_fail(task, ERR_INVALID_NONCE, "the nonce has been used before");
}
