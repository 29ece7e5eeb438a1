/* The statements of migrate.c. Constant; any thread. */
#ifndef DAPPD_REPOS_MIGRATE_SQL_H
#define DAPPD_REPOS_MIGRATE_SQL_H

#include "repos/pg_session.h"

enum migrate_statement {
    MIGRATE_LOCK,
    MIGRATE_UNLOCK,
    MIGRATE_IS_UTF8,
    MIGRATE_HAS_TABLE,
    MIGRATE_APPLIED,
    MIGRATE_RECORD,
    MIGRATE_STATEMENTS
};

extern const struct pg_statement migrate_statements[MIGRATE_STATEMENTS];

/* Begins the transaction of the first file. */
extern const char migrate_create_table[];

#endif
