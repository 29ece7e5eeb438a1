/* The statements of balance_repo. Static data, any thread. */
#ifndef DAPPD_REPOS_BALANCE_REPO_SQL_H
#define DAPPD_REPOS_BALANCE_REPO_SQL_H

#include "repos/pg_session.h"

enum balance_repo_statement {
    BALANCE_REPO_GET,
    BALANCE_REPO_PORTFOLIO,
    BALANCE_REPO_HOLDERS,
    BALANCE_REPO_STATEMENT_COUNT
};

extern const struct pg_statement balance_repo_statements[BALANCE_REPO_STATEMENT_COUNT];

#endif
