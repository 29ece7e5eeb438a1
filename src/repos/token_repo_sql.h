/* The statements of token_repo. Static data, any thread. */
#ifndef DAPPD_REPOS_TOKEN_REPO_SQL_H
#define DAPPD_REPOS_TOKEN_REPO_SQL_H

#include "repos/pg_session.h"

enum token_repo_statement {
    TOKEN_REPO_TIP,
    TOKEN_REPO_PAGE,
    TOKEN_REPO_GET,
    TOKEN_REPO_FIND,
    TOKEN_REPO_STATEMENT_COUNT
};

extern const struct pg_statement token_repo_statements[TOKEN_REPO_STATEMENT_COUNT];

#endif
