/* Sessions that must go on for what is done in them: what is asked may have waited, for a contract's answer or for
 * others' changes, and the session have ended meanwhile. Owns nothing; the task's coroutine. */
#ifndef DAPPD_REPOS_LIVE_SESSION_H
#define DAPPD_REPOS_LIVE_SESSION_H

#include "repos/audit_repo.h"
#include "repos/pg_session.h"

enum live_session_statement { LIVE_SESSION_HOLD, LIVE_SESSION_STATEMENT_COUNT };
extern const struct pg_statement live_session_statements[LIVE_SESSION_STATEMENT_COUNT];

/* Within a transaction, with the lock of its user held: whoever would end the session waits for the transaction's end.
 * ERR_UNAUTHENTICATED when it has ended. In: by, without a session nothing is asked. */
enum err live_session_hold(struct task *task, struct pg_session *session, const struct audit_actor *by) MUST_CHECK;

#endif
