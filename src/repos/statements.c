/* Every statement that dappd prepares, for a lint to prepare them all. Static data; each table is its repo's.
 * Any thread. */
#include "repos/pg_session.h"

const struct pg_statement_table pg_statement_tables[] = {
    {.repo = NULL},
};
const size_t pg_statement_tables_count = sizeof pg_statement_tables / sizeof *pg_statement_tables - 1;
