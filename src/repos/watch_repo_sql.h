/* What watch_repo asks the database. Static data, any thread. */
#ifndef DAPPD_REPOS_WATCH_REPO_SQL_H
#define DAPPD_REPOS_WATCH_REPO_SQL_H

#include "repos/pg_session.h"

enum watch_repo_statement {
    WATCH_REPO_LOCK,
    WATCH_REPO_FIND,
    WATCH_REPO_COUNT,
    WATCH_REPO_CREATE,
    WATCH_REPO_LIST,
    WATCH_REPO_DELETE,
    WATCH_REPO_PRINT,
    WATCH_REPO_ALL,
    WATCH_REPO_STATES,
    WATCH_REPO_HISTORY,
    WATCH_REPO_STATEMENT_COUNT
};
extern const struct pg_statement watch_repo_statements[WATCH_REPO_STATEMENT_COUNT];

#endif
