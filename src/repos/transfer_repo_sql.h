/* The statements of transfer_repo. Static data, any thread. */
#ifndef DAPPD_REPOS_TRANSFER_REPO_SQL_H
#define DAPPD_REPOS_TRANSFER_REPO_SQL_H

#include "repos/pg_session.h"

/* Which transfers of a chain: each but the last one in general, and of one token. */
enum transfer_repo_statement {
    TRANSFER_REPO_ALL,
    TRANSFER_REPO_FROM,
    TRANSFER_REPO_TO,
    TRANSFER_REPO_BETWEEN,
    TRANSFER_REPO_EITHER,
    TRANSFER_REPO_TOKEN_ALL,
    TRANSFER_REPO_TOKEN_FROM,
    TRANSFER_REPO_TOKEN_TO,
    TRANSFER_REPO_TOKEN_BETWEEN,
    TRANSFER_REPO_TOKEN_EITHER,
    TRANSFER_REPO_OF_TX,
    TRANSFER_REPO_STATEMENT_COUNT
};

enum { TRANSFER_REPO_TOKEN_STEP = TRANSFER_REPO_TOKEN_ALL - TRANSFER_REPO_ALL };

extern const struct pg_statement transfer_repo_statements[TRANSFER_REPO_STATEMENT_COUNT];

#endif
