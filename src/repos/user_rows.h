/* Users as rows, and the lock under which one is changed. Owns nothing; the task's coroutine. */
#ifndef DAPPD_REPOS_USER_ROWS_H
#define DAPPD_REPOS_USER_ROWS_H

#include "repos/pg_session.h"
#include "repos/user_repo.h"

/* Rows of USER_REPO_GET or USER_REPO_PAGE: each user as often as it has addresses, at least once. Out: users, *n of
 * them. */
enum err user_rows_take(struct task *task, struct user **users, size_t *n, struct pg_rows *rows) MUST_CHECK;

/* The one user of such rows. ERR_USER_NOT_FOUND. */
enum err user_rows_take_one(struct task *task, struct user *out, struct pg_rows *rows) MUST_CHECK;

/* Within a transaction. ERR_USER_NOT_FOUND. */
enum err user_rows_get(struct task *task, struct pg_session *session, struct user *out, const uuid *id) MUST_CHECK;

/* To change it: sign-ins go on meanwhile. To delete it, or what its sessions rest on: sign-ins that are under way come
 * first, so that the sessions they begin are seen. */
enum user_lock { USER_LOCK_TO_CHANGE, USER_LOCK_TO_DELETE };

/* Within a transaction: the user as it is, and stays until its end but for what the transaction does. In: version, that
 * it must have; 0: any. ERR_USER_NOT_FOUND, ERR_PRECONDITION_FAILED. */
enum err user_rows_lock(struct task *task, struct pg_session *session, struct user *out, const uuid *id,
                        uint64_t version, enum user_lock lock) MUST_CHECK;

#endif
