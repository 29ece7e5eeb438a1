/* What the account repos have in common: the errors of repos/audit_repo.h, and who does something. Owns nothing beyond
 * a call; the task's coroutine. */
#ifndef DAPPD_REPOS_ACCOUNT_DB_H
#define DAPPD_REPOS_ACCOUNT_DB_H

#include "repos/audit_repo.h"
#include "store.h"

/* As store_read, store_change and store_transaction. */
enum err account_read(struct task *task, struct pg_rows *rows, const struct pg_statement *statement,
                      const struct pg_params *params) MUST_CHECK;
enum err account_change(struct task *task, struct pg_rows *rows, const struct pg_statement *statement,
                        const struct pg_params *params) MUST_CHECK;
enum err account_transaction(struct task *task, store_body body, void *arg) MUST_CHECK;

/* The first four parameters of statements that write to the log: $1 now, by the wall clock of this machine as all times
 * are (no clock of the database's counts), $2 to $4 who does it. */
void account_param_log(struct pg_params *params, const struct audit_actor *by);

#endif
