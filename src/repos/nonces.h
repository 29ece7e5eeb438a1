/* Nonces that have been used: each is used up by the transaction that does what it allows, and by no other of any
 * instance. Owns nothing; the task's coroutine. */
#ifndef DAPPD_REPOS_NONCES_H
#define DAPPD_REPOS_NONCES_H

#include "repos/pg_session.h"
#include "repos/user_repo.h"

enum nonces_statement { NONCES_SPEND, NONCES_STATEMENT_COUNT };
extern const struct pg_statement nonces_statements[NONCES_STATEMENT_COUNT];

/* Within a transaction. ERR_INVALID_NONCE when it was spent before. */
enum err nonces_spend(struct task *task, struct pg_session *session, const struct spending *spending) MUST_CHECK;

#endif
