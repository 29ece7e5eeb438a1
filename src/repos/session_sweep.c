/* Deletes what has run out, a bounded piece at a time, each piece a transaction of its own. Owns nothing; the task's
 * coroutine. */
#include "account_db.h"
#include "repos/session_repo.h"
#include "session_repo_sql.h"

enum { PIECE = 1000 };

/* What is kept beyond its time. A nonce that has been forgotten could be used again: it is kept until no instance's
 * clock, however late, takes it any more. */
enum { NONCE_SLACK_S = 600, IDEMPOTENCY_S = 24 * 3600 };

static const struct {
    enum session_repo_statement statement;
    uint64_t kept_s;
} sweeps[] = {
    {SESSION_REPO_SWEEP_NONCES, NONCE_SLACK_S},
    {SESSION_REPO_SWEEP_SESSIONS, 0},
    {SESSION_REPO_SWEEP_IDEMPOTENCY, IDEMPOTENCY_S},
};

enum err session_repo_sweep(struct task *task, bool *more, uint64_t now_s) {
    *more = false;
    for (size_t i = 0; i < sizeof sweeps / sizeof *sweeps; i++) {
        struct pg_params params = {.n = 0};
        struct pg_rows rows;
        pg_param_i64(&params, (int64_t)now_s - (int64_t)sweeps[i].kept_s);
        pg_param_i64(&params, PIECE);
        enum err err = account_change(task, &rows, &session_repo_statements[sweeps[i].statement], &params);
        if (err != ERR_OK) return err;
        if (rows.n == 1 && pg_i64(&rows, 0, 0) == PIECE) *more = true;
        err = pg_rows_check(task, &rows);
        if (err != ERR_OK) return err;
    }
    return ERR_OK;
}
