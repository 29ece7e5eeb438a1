/* What transfer_repo asks the database. Static data, any thread.
 *
 * A list is read newest first along an index of each partition, from the newest partition that may have rows to the
 * one where the page is full; nothing is sorted. That holds without statistics and whatever the parameters are, since
 * the plan is made once: a row's block and token are looked up behind the LIMIT, one by one (the LIMIT 1 of their
 * subqueries keeps the planner from joining them in another way). */
#include "transfer_repo_sql.h"

#include "index_columns.h"

/* Which block the walk is true at (the first page's, while it is on the chain; else the tip), and between which blocks
 * its rows are.
 * $1 chain; $2, $3 block and log index that the rows are below; $4 that block's hash, null on the first page; $5, $6
 * number and hash of the first page's block, or null; $7, $8 lowest and highest block; $9, $10 earliest and latest
 * timestamp, or null; $11 rows, null for all */
#define WALK(token_missing) \
    "WITH walk AS MATERIALIZED (" \
    " SELECT COALESCE(s.number, c.tip_number) AS number," \
    "  COALESCE(s.hash, c.tip_hash) AS hash," \
    "  COALESCE(s.timestamp, c.tip_timestamp) AS timestamp," \
    "  $4::bytea IS NOT NULL AND NOT EXISTS (" \
    "   SELECT FROM blocks p WHERE p.chain_id = $1 AND p.number = $2 AND p.hash = $4) AS moved," \
    "  " token_missing " AS token_missing," \
    "  GREATEST($7::bigint, CASE WHEN $9::bigint IS NOT NULL THEN COALESCE((" \
    "   SELECT e.number FROM blocks e WHERE e.chain_id = $1 AND e.timestamp >= $9" \
    "   ORDER BY e.timestamp, e.number LIMIT 1), 9223372036854775807) END) AS lowest," \
    "  LEAST($8::bigint, $2, COALESCE(s.number, c.tip_number), CASE WHEN $10::bigint IS NOT NULL THEN COALESCE((" \
    "   SELECT l.number FROM blocks l WHERE l.chain_id = $1 AND l.timestamp <= $10" \
    "   ORDER BY l.timestamp DESC, l.number DESC LIMIT 1), -1) END) AS highest" \
    " FROM chains c" \
    " LEFT JOIN blocks s ON s.chain_id = c.chain_id AND s.number = $5 AND s.hash = $6" \
    " WHERE c.chain_id = $1 AND c.tip_number IS NOT NULL AND " SERVES_TRANSFERS ") "

#define TRANSFER_COLUMNS \
    "t.block_number, t.log_index, t.kind, t.amount, t.from_address, t.to_address, t.tx_hash, t.token_id"

#define ROWS(condition) \
    "SELECT " TRANSFER_COLUMNS " FROM transfers t" \
    " WHERE t.chain_id = $1 AND t.block_number BETWEEN w.lowest AND w.highest" \
    "  AND (t.block_number, t.log_index) < ($2::bigint, $3::integer) AND " condition \
    " ORDER BY t.block_number DESC, t.log_index DESC LIMIT $11::bigint"

/* Two walks side by side; what an address sent to itself is in the first one only. */
#define EITHER_ROWS(condition) \
    "SELECT * FROM (" \
    " (" ROWS("t.from_address = $12 AND " condition) ")" \
                                                     " UNION ALL" \
                                                     " (" ROWS("t.to_address = $12 AND t.from_address <> $12 " \
                                                               "AND " condition) ")" \
                                                                                 ") u ORDER BY u.block_number DESC, " \
                                                                                 "u.log_index DESC LIMIT $11::bigint"

/* The columns in the order that transfer_repo.c reads them in. */
#define SELECT_WALK(rows) \
    "SELECT w.number, w.hash, w.timestamp, w.moved, w.token_missing," \
    " x.block_number, x.log_index, x.kind, x.amount, x.from_address, x.to_address, x.tx_hash, b.hash, b.timestamp, " \
    "k.*" \
    " FROM walk w" \
    " LEFT JOIN LATERAL (" rows ") x ON true" \
    " LEFT JOIN LATERAL (SELECT b.hash, b.timestamp FROM blocks b" \
    "  WHERE b.chain_id = $1 AND b.number = x.block_number LIMIT 1) b ON true" \
    " LEFT JOIN LATERAL (SELECT " TOKEN_COLUMNS " FROM tokens t WHERE t.id = x.token_id LIMIT 1) k ON true"

#define OF_LIVE_TOKENS "(SELECT k.live FROM tokens k WHERE k.id = t.token_id)"
#define LIST(condition) WALK("false") SELECT_WALK(ROWS(condition OF_LIVE_TOKENS))

#define THE_TOKEN(token) "SELECT k.id FROM tokens k WHERE k.chain_id = $1 AND k.address = " token " AND k.live"
#define TOKEN_WALK(token) WALK("NOT EXISTS (" THE_TOKEN(token) ")")
/* Where an address is given too, its index is the one to go by: most addresses have fewer transfers than most tokens,
 * which the planner cannot tell. The sum keeps the token's index out of it. */
#define OF_TOKEN(token) "t.token_id + 0 = (" THE_TOKEN(token) ")"
#define TOKEN_LIST(condition, token) TOKEN_WALK(token) SELECT_WALK(ROWS(condition OF_TOKEN(token)))

#define FROM "t.from_address = $12 AND "
#define TO "t.to_address = $12 AND "
#define BETWEEN "t.from_address = $12 AND t.to_address = $13 AND "

const struct pg_statement transfer_repo_statements[TRANSFER_REPO_STATEMENT_COUNT] = {
    [TRANSFER_REPO_ALL] = {"transfer_repo_all", 11, LIST("")},
    /* $12 sender */
    [TRANSFER_REPO_FROM] = {"transfer_repo_from", 12, LIST(FROM)},
    /* $12 recipient */
    [TRANSFER_REPO_TO] = {"transfer_repo_to", 12, LIST(TO)},
    /* $12 sender, $13 recipient */
    [TRANSFER_REPO_BETWEEN] = {"transfer_repo_between", 13, LIST(BETWEEN)},
    /* $12 sender or recipient */
    [TRANSFER_REPO_EITHER] = {"transfer_repo_either", 12, WALK("false") SELECT_WALK(EITHER_ROWS(OF_LIVE_TOKENS))},
    /* the same with a token at the end */
    [TRANSFER_REPO_TOKEN_ALL] = {"transfer_repo_token_all", 12,
                                 TOKEN_WALK("$12") SELECT_WALK(ROWS("t.token_id = (" THE_TOKEN("$12") ")"))},
    [TRANSFER_REPO_TOKEN_FROM] = {"transfer_repo_token_from", 13, TOKEN_LIST(FROM, "$13")},
    [TRANSFER_REPO_TOKEN_TO] = {"transfer_repo_token_to", 13, TOKEN_LIST(TO, "$13")},
    [TRANSFER_REPO_TOKEN_BETWEEN] = {"transfer_repo_token_between", 14, TOKEN_LIST(BETWEEN, "$14")},
    [TRANSFER_REPO_TOKEN_EITHER] = {"transfer_repo_token_either", 13,
                                    TOKEN_WALK("$13") SELECT_WALK(EITHER_ROWS(OF_TOKEN("$13")))},
    /* $1 chain, $2 hash of the transaction; in no order */
    [TRANSFER_REPO_OF_TX] = {"transfer_repo_of_tx", 2,
                             "SELECT c.tip_number, c.tip_hash, c.tip_timestamp, false, false,"
                             " x.block_number, x.log_index, x.kind, x.amount, x.from_address, x.to_address, x.tx_hash,"
                             " b.hash, b.timestamp, k.*"
                             " FROM chains c"
                             " LEFT JOIN LATERAL (SELECT " TRANSFER_COLUMNS " FROM transfers t"
                             "  WHERE t.chain_id = $1 AND t.tx_hash = $2 AND " OF_LIVE_TOKENS ") x ON true"
                             " LEFT JOIN LATERAL (SELECT b.hash, b.timestamp FROM blocks b"
                             "  WHERE b.chain_id = $1 AND b.number = x.block_number LIMIT 1) b ON true"
                             " LEFT JOIN LATERAL (SELECT " TOKEN_COLUMNS
                             "  FROM tokens t WHERE t.id = x.token_id LIMIT 1) k ON true"
                             " WHERE c.chain_id = $1 AND c.tip_number IS NOT NULL AND " SERVES_TRANSFERS},
};
