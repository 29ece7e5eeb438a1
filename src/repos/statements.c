/* Every statement that dappd prepares, for a lint to prepare them all. Static data; each table is its repo's.
 * Any thread. */
#include "index_watch_repo_sql.h"
#include "index_writer_sql.h"
#include "migrate_sql.h"
#include "repos/pg_session.h"

const struct pg_statement_table pg_statement_tables[] = {
    {"index_watch_repo", index_watch_repo_sql, INDEX_WATCH_SQL_COUNT},
    {"index_writer", index_writer_sql, INDEX_SQL_COUNT},
    {"migrate", migrate_statements, MIGRATE_STATEMENTS},
};
const size_t pg_statement_tables_count = sizeof pg_statement_tables / sizeof *pg_statement_tables;
