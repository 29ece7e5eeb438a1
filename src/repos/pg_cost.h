/* What commands to the database cost, for the task that waits and for the metrics. Owns nothing; the task's coroutine.
 */
#ifndef DAPPD_REPOS_PG_COST_H
#define DAPPD_REPOS_PG_COST_H

#include "core/task.h"

/* One command. In: started_us, when the wait for it began. */
void pg_cost_add(struct task *task, uint64_t started_us, enum err err);

/* More of the wait for a command that is counted already. */
void pg_cost_add_time(struct task *task, uint64_t started_us);

void pg_cost_set_metric_labels(void);

#endif
