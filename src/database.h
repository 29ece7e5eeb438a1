/* The database at the schema that this dappd works with. On the main thread, or the index thread. */
#ifndef DAPPD_DATABASE_H
#define DAPPD_DATABASE_H

#include "config.h"
#include "core/task.h"
#include "repos/pg_session.h"

/* Connects and applies what is missing, on the task's coroutine. In and out: *session, NULL before and after; another
 * coroutine may cut it short meanwhile. Errors: those of migrate_run. */
enum err database_migrate(struct task *task, struct pg_session **session, unsigned *applied,
                          const struct config *config) MUST_CHECK;

/* The same before any thread has started: blocks the caller. Out: fault, why not. */
enum err database_migrate_now(struct fault *fault, unsigned *applied, const struct config *config) MUST_CHECK;

/* True when another try may go better: the database could not be reached, or another instance is at it. */
bool database_may_come(enum err err);

#endif
