/* The statements of transaction_repo. Static data, any thread. */
#ifndef DAPPD_REPOS_TRANSACTION_REPO_SQL_H
#define DAPPD_REPOS_TRANSACTION_REPO_SQL_H

#include "repos/pg_session.h"

enum transaction_repo_statement {
    TRANSACTION_REPO_ACCEPT,
    TRANSACTION_REPO_GET,
    TRANSACTION_REPO_STEPS,
    TRANSACTION_REPO_PAGE,
    TRANSACTION_REPO_OF_NONCE,
    TRANSACTION_REPO_OPEN,
    TRANSACTION_REPO_MOVE,
    TRANSACTION_REPO_LOCK,
    TRANSACTION_REPO_STATEMENT_COUNT
};

extern const struct pg_statement transaction_repo_statements[TRANSACTION_REPO_STATEMENT_COUNT];

#endif
