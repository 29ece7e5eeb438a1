/* What contract_repo asks the database. Static data, any thread. */
#ifndef DAPPD_REPOS_CONTRACT_REPO_SQL_H
#define DAPPD_REPOS_CONTRACT_REPO_SQL_H

#include "repos/pg_session.h"

enum contract_repo_statement {
    CONTRACT_REPO_GET,
    CONTRACT_REPO_LOCK,
    CONTRACT_REPO_CREATE,
    CONTRACT_REPO_UPDATE,
    CONTRACT_REPO_DELETE,
    CONTRACT_REPO_PAGE,
    CONTRACT_REPO_INDEXED,
    CONTRACT_REPO_FIND,
    CONTRACT_REPO_VERSIONS,
    CONTRACT_REPO_SET_IMPLEMENTATION,
    CONTRACT_REPO_KEEP_CONFIGURED,
    CONTRACT_REPO_STATEMENT_COUNT
};
extern const struct pg_statement contract_repo_statements[CONTRACT_REPO_STATEMENT_COUNT];

#endif
