/* Accounts as one kind of thing that is kept. Owns nothing. The task's coroutine. */
#include "account_db.h"

#include "core/clock.h"

static const struct store accounts = {ERR_ACCOUNTS_UNAVAILABLE, "the database of accounts cannot be reached"};

enum err account_read(struct task *task, struct pg_rows *rows, const struct pg_statement *statement,
                      const struct pg_params *params) {
    return store_read(task, &accounts, rows, statement, params);
}

enum err account_change(struct task *task, struct pg_rows *rows, const struct pg_statement *statement,
                        const struct pg_params *params) {
    return store_change(task, &accounts, rows, statement, params);
}

enum err account_transaction(struct task *task, store_body body, void *arg) {
    return store_transaction(task, &accounts, body, arg);
}

void account_param_log(struct pg_params *params, const struct audit_actor *by) {
    pg_param_i64(params, (int64_t)clock_wall_s());
    pg_param_uuid(params, by->user);
    pg_param_uuid(params, by->key);
    pg_param_text(params, by->request_id);
}
