/* The statements of key_repo. Static data, any thread. */
#ifndef DAPPD_REPOS_KEY_REPO_SQL_H
#define DAPPD_REPOS_KEY_REPO_SQL_H

#include "repos/pg_session.h"

enum key_repo_statement {
    KEY_REPO_GET,
    KEY_REPO_PAGE,
    KEY_REPO_CREATE,
    KEY_REPO_DELETE,
    KEY_REPO_TOUCH,
    KEY_REPO_STATEMENT_COUNT
};

extern const struct pg_statement key_repo_statements[KEY_REPO_STATEMENT_COUNT];

#endif
