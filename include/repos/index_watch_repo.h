/* What another instance has indexed, told by what it has written. The task's coroutine. */
#ifndef DAPPD_REPOS_INDEX_WATCH_REPO_H
#define DAPPD_REPOS_INDEX_WATCH_REPO_H

#include "repos/index_status.h"
#include "repos/pg_session.h"

/* In: session, NULL: one of the reactor's connections. Out: the phase is
 * STANDBY, OFF where nothing is to be indexed, or HALTED with the reason. Errors:
 * those of repos/pg.h. */
enum err index_watch_repo_read(struct task *task, struct pg_session *session, struct index_report *out,
                               uint64_t chain_id) MUST_CHECK;

#endif
