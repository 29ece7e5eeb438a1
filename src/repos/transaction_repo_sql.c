/* What transaction_repo asks the database. A change of state and the step that tells of it are one statement. Static
 * data, any thread. */
#include "transaction_repo_sql.h"

/* As transaction_repo.c reads them. */
#define COLUMNS(raw) \
    "t.id, t.hash, t.type, t.sender, t.nonce, t.to_address, t.contract, t.value, t.state, t.reason, t.final," \
    " t.block_number, t.block_hash, t.block_time, t.block_index, t.gas_used, t.gas_price, t.revert_data," \
    " t.replaced_by, t.created_at, t.updated_at, t.sent_at, " raw
#define WITHOUT_RAW COLUMNS("NULL::bytea AS raw")

/* The latest of an account in one of its parts. */
#define LATEST(part) \
    "(SELECT " WITHOUT_RAW " FROM transactions t WHERE t.chain_id = $1 AND t." part " = $2 AND t.id < $3" \
    " ORDER BY t.id DESC LIMIT $4::bigint)"

/* What is not given stays while this does. */
#define SAME "CASE WHEN t.state = $5 AND t.block_hash IS NOT DISTINCT FROM $9 THEN "

#define MOVE \
    "UPDATE transactions t SET state = $5, final = $7, block_number = $8, block_hash = $9, block_time = $10," \
    " block_index = $11, gas_used = $12, gas_price = $13," \
    " reason = coalesce($6, " SAME "t.reason END)," \
    " revert_data = coalesce($14, " SAME "t.revert_data END)," \
    " replaced_by = coalesce($15, " SAME "t.replaced_by END)," \
    " updated_at = CASE WHEN $17::text IS NULL THEN t.updated_at ELSE $20 END," \
    " sent_at = CASE WHEN $16 THEN $20 ELSE t.sent_at END" \
    " WHERE t.chain_id = $1 AND t.hash = $2 AND t.state = $3 AND t.block_hash IS NOT DISTINCT FROM $4" \
    " RETURNING t.chain_id, t.hash"

#define LISTS LATEST("sender") " UNION ALL " LATEST("to_address") " UNION ALL " LATEST("contract")

const struct pg_statement transaction_repo_statements[TRANSACTION_REPO_STATEMENT_COUNT] = {
    /* No row when it is there and is not to begin anew.
     * $1 chain, $2 hash, $3 raw, $4 type, $5 sender, $6 nonce, $7 recipient or $8 contract, $9 value, $10 now */
    [TRANSACTION_REPO_ACCEPT] =
        {"transaction_repo_accept", 10,
         "WITH made AS ("
         " INSERT INTO transactions AS t (chain_id, hash, raw, type, sender, nonce, to_address, contract, value, state,"
         "  created_at, updated_at)"
         " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'accepted', $10, $10)"
         " ON CONFLICT (chain_id, hash) DO UPDATE SET raw = excluded.raw, state = 'accepted', reason = NULL,"
         "  final = false, updated_at = $10, sent_at = NULL WHERE t.state IN ('refused', 'dropped')"
         " RETURNING t.*"
         "), told AS ("
         " INSERT INTO transaction_steps (chain_id, hash, at, step) SELECT m.chain_id, m.hash, $10, m.state FROM made m"
         ") SELECT " WITHOUT_RAW " FROM made t"},
    /* $1 chain, $2 hash */
    [TRANSACTION_REPO_GET] = {"transaction_repo_get", 2,
                              "SELECT " COLUMNS("t.raw") " FROM transactions t WHERE t.chain_id = $1 AND t.hash = $2"},
    /* $1 chain, $2 hash, $3 rows */
    [TRANSACTION_REPO_STEPS] = {"transaction_repo_steps", 3,
                                "SELECT l.at, l.step, l.reason, l.block_number, l.block_hash FROM ("
                                " SELECT s.* FROM transaction_steps s WHERE s.chain_id = $1 AND s.hash = $2"
                                " ORDER BY s.id DESC LIMIT $3::bigint"
                                ") l ORDER BY l.id"},
    /* Three walks side by side; what an account has sent to itself comes twice, one behind the other.
     * $1 chain, $2 account, $3 id that they are below, $4 rows */
    [TRANSACTION_REPO_PAGE] = {"transaction_repo_page", 4,
                               "SELECT DISTINCT ON (u.id) u.* FROM (" LISTS ") u ORDER BY u.id DESC LIMIT $4::bigint"},
    /* $1 chain, $2 sender, $3 nonce, $4 rows */
    [TRANSACTION_REPO_OF_NONCE] = {"transaction_repo_of_nonce", 4,
                                   "SELECT " WITHOUT_RAW " FROM transactions t"
                                   " WHERE t.chain_id = $1 AND t.sender = $2 AND t.nonce = $3"
                                   " ORDER BY t.id DESC LIMIT $4::bigint"},
    /* $1 chain, $2 id that they are above, $3 rows */
    [TRANSACTION_REPO_OPEN] = {"transaction_repo_open", 3,
                               "SELECT " WITHOUT_RAW " FROM transactions t"
                               " WHERE t.chain_id = $1 AND NOT t.final AND t.id > $2"
                               " ORDER BY t.id LIMIT $3::bigint"},
    /* No row when it is not where it is believed.
     * $1 chain, $2 hash, $3 state and $4 hash of the block it is in, $5 state it comes to, $6 reason, $7 final, $8 to
     * $13 number, hash, time, index, gas and price of the block it comes to, $14 revert data, $15 what has replaced it,
     * $16 sent now, $17 step, $18 number and $19 hash of that one's block, $20 now */
    [TRANSACTION_REPO_MOVE] =
        {"transaction_repo_move", 20,
         "WITH moved AS (" MOVE "), told AS ("
         " INSERT INTO transaction_steps (chain_id, hash, at, step, reason, block_number, block_hash)"
         " SELECT m.chain_id, m.hash, $20, $17, $6, $18, $19 FROM moved m WHERE $17 IS NOT NULL"
         ") SELECT m.hash FROM moved m"},
    /* Below those of migrations and of the chains' indexes, which have -1 and the chain's id. $1 chain */
    [TRANSACTION_REPO_LOCK] = {"transaction_repo_lock", 1, "SELECT pg_try_advisory_lock(-1 - $1::bigint)"},
};
