/* Brings the database to the schema that this dappd was built with: the files of sql/, compiled in. On a coroutine. */
#ifndef DAPPD_REPOS_MIGRATE_H
#define DAPPD_REPOS_MIGRATE_H

#include "repos/pg_session.h"

/* Applies what is missing, each file in a transaction of its own, while an advisory lock keeps other instances waiting.
 * Refuses, with the task's fault in words for an operator, a schema newer than this dappd, one whose files were other
 * ones (checksum), and one with gaps. Out: applied, how many files. */
enum err migrate_run(struct task *task, struct pg_session *session, unsigned *applied) MUST_CHECK;

#endif
