/* What index_watch_repo asks PostgreSQL. Nothing is owned. Any thread. */
#include "index_watch_repo_sql.h"

const struct pg_statement index_watch_repo_sql[INDEX_WATCH_SQL_COUNT] = {
    [INDEX_WATCH_CHAIN] = {"index_watch_chain", 1,
                           "SELECT c.tip_number, c.halted, (SELECT min(s.next_block) FROM streams s"
                           " WHERE s.chain_id = c.chain_id AND NOT s.live AND NOT s.retired),"
                           " EXISTS (SELECT FROM streams s WHERE s.chain_id = c.chain_id AND NOT s.retired)"
                           " FROM chains c WHERE c.chain_id = $1"},
};
