/* What balance_repo asks the database. Points and portfolios go by the primary key (holder, token), holders by
 * (token, amount DESC, holder); no statement sorts more rows than twice its page. Static data, any thread. */
#include "balance_repo_sql.h"

#include "index_columns.h"

/* 2^256 - 1: what the transfers of a token that lies add up to may not fit a balance. */
#define MAX_BALANCE "115792089237316195423570985008687907853269984665640564039457584007913129639935"

const struct pg_statement balance_repo_statements[BALANCE_REPO_STATEMENT_COUNT] = {
    /* $1 chain, $2 token, $3 holder; the sum is null where it is impossible */
    [BALANCE_REPO_GET] = {"balance_repo_get", 3,
                          "SELECT " TRANSFERS_TIP_COLUMNS ", " TOKEN_COLUMNS ","
                          "  CASE WHEN b.amount IS NULL THEN 0"
                          "   WHEN b.amount BETWEEN 0 AND " MAX_BALANCE " THEN b.amount END"
                          " FROM chains c"
                          " LEFT JOIN tokens t ON t.chain_id = c.chain_id AND t.address = $2"
                          " LEFT JOIN balances b ON b.holder = $3 AND b.token_id = t.id"
                          " WHERE c.chain_id = $1"},
    /* $1 chain, $2 holder, $3 address of the last token before, or null, $4 rows; true behind the tip where that token
     * is gone. The LIMIT 1 has the planner look each token up: else it may read all of them from the first one on,
     * beside the balances. */
    [BALANCE_REPO_PORTFOLIO] = {"balance_repo_portfolio", 4,
                                "SELECT " TRANSFERS_TIP_COLUMNS ","
                                "  $3::bytea IS NOT NULL AND NOT EXISTS ("
                                "   SELECT FROM tokens a WHERE a.chain_id = $1 AND a.address = $3), h.*"
                                " FROM chains c"
                                " LEFT JOIN LATERAL ("
                                "  SELECT " TOKEN_COLUMNS ","
                                "   CASE WHEN b.amount BETWEEN 0 AND " MAX_BALANCE " THEN b.amount END"
                                "  FROM balances b CROSS JOIN LATERAL (SELECT t.* FROM tokens t"
                                "   WHERE t.id = b.token_id AND t.chain_id = c.chain_id AND t.live LIMIT 1) t"
                                "  WHERE b.holder = $2"
                                "   AND b.token_id > COALESCE("
                                "    (SELECT a.id FROM tokens a WHERE a.chain_id = $1 AND a.address = $3), 0)"
                                "  ORDER BY b.token_id LIMIT $4::bigint"
                                " ) h ON true"
                                " WHERE c.chain_id = $1"
                                " ORDER BY h.id"},
    /* $1 chain, $2 token, $3 amount and $4 holder of the last row before, or null, $5 rows. Many may hold the same
     * amount: who else holds the last one is looked up by itself, so that no page reads rows of the pages before. */
    [BALANCE_REPO_HOLDERS] = {"balance_repo_holders", 5,
                              "SELECT " TRANSFERS_TIP_COLUMNS ", " TOKEN_COLUMNS ", h.holder,"
                              "  CASE WHEN h.amount <= " MAX_BALANCE " THEN h.amount END"
                              " FROM chains c"
                              " LEFT JOIN tokens t ON t.chain_id = c.chain_id AND t.address = $2"
                              " LEFT JOIN LATERAL ("
                              "  (SELECT b.holder, b.amount FROM balances b"
                              "   WHERE b.token_id = t.id AND b.amount > 0 AND b.amount = $3 AND b.holder > $4"
                              "   ORDER BY b.holder LIMIT $5::bigint)"
                              "  UNION ALL"
                              "  (SELECT b.holder, b.amount FROM balances b"
                              "   WHERE b.token_id = t.id AND b.amount > 0 AND b.amount < COALESCE($3, 'Infinity')"
                              "   ORDER BY b.amount DESC, b.holder LIMIT $5::bigint)"
                              "  ORDER BY amount DESC, holder LIMIT $5::bigint"
                              " ) h ON true"
                              " WHERE c.chain_id = $1"
                              " ORDER BY h.amount DESC, h.holder"},
};
