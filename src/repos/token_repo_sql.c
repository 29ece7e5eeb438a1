/* What token_repo asks the database. Every statement finds its rows by an index: a chain's tokens by address.
 * Static data, any thread. */
#include "token_repo_sql.h"

#include "index_columns.h"

const struct pg_statement token_repo_statements[TOKEN_REPO_STATEMENT_COUNT] = {
    /* $1 chain */
    [TOKEN_REPO_TIP] = {"token_repo_tip", 1, "SELECT " TIP_COLUMNS " FROM chains c WHERE c.chain_id = $1"},
    /* Contracts that were only asked about, and turned out to wrap nothing, are no tokens unless there are transfers.
     * $1 chain, $2 address of the last token before, or empty, $3 rows */
    [TOKEN_REPO_PAGE] = {"token_repo_page", 3,
                         "SELECT " TRANSFERS_TIP_COLUMNS ", t.*"
                         " FROM chains c"
                         " LEFT JOIN LATERAL ("
                         "  SELECT " TOKEN_COLUMNS " FROM tokens t"
                         "  WHERE t.chain_id = c.chain_id AND t.address > $2 AND (t.live OR t.wraps IS NOT FALSE)"
                         "  ORDER BY t.address LIMIT $3::bigint"
                         " ) t ON true"
                         " WHERE c.chain_id = $1"
                         " ORDER BY t.address"},
    /* $1 chain, $2 address */
    [TOKEN_REPO_GET] = {"token_repo_get", 2,
                        "SELECT " TRANSFERS_TIP_COLUMNS ", " TOKEN_COLUMNS " FROM chains c"
                        " LEFT JOIN tokens t ON t.chain_id = c.chain_id AND t.address = $2"
                        " WHERE c.chain_id = $1"},
    /* $1 chain, $2 addresses */
    [TOKEN_REPO_FIND] = {"token_repo_find", 2,
                         "SELECT " TRANSFERS_TIP_COLUMNS ", " TOKEN_COLUMNS " FROM chains c"
                         " LEFT JOIN tokens t ON t.chain_id = c.chain_id AND t.address = ANY ($2::bytea[])"
                         " WHERE c.chain_id = $1"},
};
