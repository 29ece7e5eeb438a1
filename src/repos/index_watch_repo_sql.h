/* The statements of index_watch_repo. Constant; any thread. */
#ifndef DAPPD_REPOS_INDEX_WATCH_REPO_SQL_H
#define DAPPD_REPOS_INDEX_WATCH_REPO_SQL_H

#include "repos/pg_session.h"

enum index_watch_sql { INDEX_WATCH_CHAIN, INDEX_WATCH_SQL_COUNT };

extern const struct pg_statement index_watch_repo_sql[INDEX_WATCH_SQL_COUNT];

#endif
