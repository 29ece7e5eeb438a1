/* The statements of user_repo. Static data, any thread. */
#ifndef DAPPD_REPOS_USER_REPO_SQL_H
#define DAPPD_REPOS_USER_REPO_SQL_H

#include "repos/pg_session.h"

enum user_repo_statement {
    USER_REPO_GET,
    USER_REPO_PAGE,
    USER_REPO_LOCK_TO_CHANGE,
    USER_REPO_LOCK_TO_DELETE,
    USER_REPO_CREATE,
    USER_REPO_UPDATE,
    USER_REPO_DELETE,
    USER_REPO_ADD_ADDRESS,
    USER_REPO_REMOVE_ADDRESS,
    USER_REPO_STATEMENT_COUNT
};

extern const struct pg_statement user_repo_statements[USER_REPO_STATEMENT_COUNT];

#endif
