/* The progress of a chain's index as a row. Owns nothing.
 * The task's coroutine. */
#include "repos/index_watch_repo.h"

#include <stdio.h>

#include "index_watch_repo_sql.h"
#include "repos/pg.h"

static void take(struct index_report *out, struct pg_rows *rows) {
    size_t len;
    const char *halted = pg_text(rows, 0, 1, &len);
    out->has_tip = !pg_is_null(rows, 0, 0);
    if (out->has_tip) out->tip = (uint64_t)pg_i64(rows, 0, 0);
    out->next_block = out->has_tip ? out->tip + 1 : 0;
    if (!pg_is_null(rows, 0, 2)) out->next_block = (uint64_t)pg_i64(rows, 0, 2);
    if (!pg_bool(rows, 0, 3)) out->phase = INDEX_OFF;
    if (halted == NULL) return;
    out->phase = INDEX_HALTED;
    (void)snprintf(out->halted, sizeof out->halted, "%.*s", (int)len, halted);
}

enum err index_watch_repo_read(struct task *task, struct pg_session *session, struct index_report *out,
                               uint64_t chain_id) {
    const struct pg_statement *statement = &index_watch_repo_sql[INDEX_WATCH_CHAIN];
    struct pg_params params = {.n = 0};
    struct pg_rows rows;
    pg_param_i64(&params, (int64_t)chain_id);
    enum err err = session != NULL ? pg_session_query(task, session, &rows, statement, &params)
                                   : pg_read(task, &rows, statement, &params);
    if (err != ERR_OK) return err;
    *out = (struct index_report){.phase = INDEX_STANDBY};
    if (rows.n == 1) take(out, &rows);
    return pg_rows_check(task, &rows);
}
