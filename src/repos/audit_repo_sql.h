/* The statements of audit_repo. Static data, any thread. */
#ifndef DAPPD_REPOS_AUDIT_REPO_SQL_H
#define DAPPD_REPOS_AUDIT_REPO_SQL_H

#include "repos/pg_session.h"

enum audit_repo_statement { AUDIT_REPO_PAGE, AUDIT_REPO_PAGE_OF_USER, AUDIT_REPO_STATEMENT_COUNT };

extern const struct pg_statement audit_repo_statements[AUDIT_REPO_STATEMENT_COUNT];

#endif
