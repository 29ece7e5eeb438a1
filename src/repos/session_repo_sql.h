/* The statements of session_repo. Static data, any thread. */
#ifndef DAPPD_REPOS_SESSION_REPO_SQL_H
#define DAPPD_REPOS_SESSION_REPO_SQL_H

#include "repos/pg_session.h"

enum session_repo_statement {
    SESSION_REPO_BEGIN,
    SESSION_REPO_CREATE_USER,
    SESSION_REPO_MAKE_ADMIN,
    SESSION_REPO_GET,
    SESSION_REPO_ROTATE,
    SESSION_REPO_END_REUSED,
    SESSION_REPO_END,
    SESSION_REPO_SWEEP_NONCES,
    SESSION_REPO_SWEEP_SESSIONS,
    SESSION_REPO_SWEEP_IDEMPOTENCY,
    SESSION_REPO_STATEMENT_COUNT
};

extern const struct pg_statement session_repo_statements[SESSION_REPO_STATEMENT_COUNT];

#endif
