/* Brings the database to the schema that this dappd was built with: the files of sql/, compiled in. On a coroutine. */
#ifndef DAPPD_REPOS_MIGRATE_H
#define DAPPD_REPOS_MIGRATE_H

#include "repos/pg_session.h"

/* Applies what is missing, each file in a transaction of its own, while an advisory lock keeps other instances waiting.
 * The task's deadline is for all but the files: each gets an hour. Out: applied, how many files. After an error the
 * session can only be closed. The fault is in words for an operator. Errors: ERR_INVALID_PARAMETER for a schema newer
 * than this dappd, one made by other files (checksum), or one with gaps; ERR_INTERNAL when the database refuses a file,
 * such as for lack of rights; those of repos/pg.h, with which it is worth another try later, also when another instance
 * holds the lock for long. */
enum err migrate_run(struct task *task, struct pg_session *session, unsigned *applied) MUST_CHECK;

#endif
