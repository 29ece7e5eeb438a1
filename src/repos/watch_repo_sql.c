/* What watch_repo asks the database. Watches are found by (chain, contract, id), what one answered by (watch, block).
 * Static data, any thread. */
#include "watch_repo_sql.h"

#include "index_columns.h"

/* As watch_repo.c reads them. */
#define COLUMNS(w) w ".id, " w ".address, " w ".signature, " w ".args, " w ".event, " w ".event_topic, " w ".created_at"
#define STATE_COLUMNS(s) \
    s ".first_block, " s ".first_hash, " s ".first_time, " s ".last_block, " s ".reverted, " s ".data"

/* With the contract's row locked, so that what it finds is final. $1 to $4 as account_param_log. */
#define LOG(action) \
    "logged AS (INSERT INTO audit (at, action, user_id, subject, members, actor, actor_key, request_id, chain_id," \
    "  contract) SELECT $1::bigint, '" action "', $2::uuid, m.id, '{}'::text[], $2::uuid, $3::uuid, $4::text," \
    "  m.chain_id, m.address FROM m)"

/* Blocks with the event that the watch w is read by. */
#define READ_AT "e.chain_id = w.chain_id AND e.address = w.address AND e.topic0 = w.event_topic AND e.block_number"

/* All events of its contract are in the index. */
#define IS_LIVE \
    "EXISTS (SELECT FROM streams x WHERE x.chain_id = w.chain_id AND x.kind = 1 AND x.token = w.address AND x.live)"

/* The row s with what was read last before the block is what is true there, unless something was missed since. */
#define HOLDS_AT(block) \
    "(s.last_block >= " block " OR w.event_topic IS NOT NULL AND " IS_LIVE \
    " AND NOT EXISTS (SELECT FROM contract_events e WHERE " READ_AT " > s.last_block AND e.block_number <= " block \
    "))"

#define LAST_READ(block) \
    "CASE WHEN w.event_topic IS NULL THEN LEAST(s.last_block, " block ") ELSE GREATEST(s.first_block," \
    " (SELECT max(e.block_number) FROM contract_events e WHERE " READ_AT " <= LEAST(s.last_block, " block "))) END"

const struct pg_statement watch_repo_statements[WATCH_REPO_STATEMENT_COUNT] = {
    /* $1 chain, $2 address */
    [WATCH_REPO_LOCK] = {"watch_repo_lock", 2,
                         "SELECT events FROM contracts WHERE chain_id = $1 AND address = $2 FOR NO KEY UPDATE"},
    /* $3 call, $4 topic or null */
    [WATCH_REPO_FIND] = {"watch_repo_find", 4,
                         "SELECT " COLUMNS("w") ", w.data FROM watches w WHERE w.chain_id = $1 AND w.address = $2"
                                                " AND sha256(w.data) = sha256($3::bytea)"
                                                " AND w.event_topic IS NOT DISTINCT FROM $4::bytea"},
    [WATCH_REPO_COUNT] = {"watch_repo_count", 2,
                          "SELECT count(*) FILTER (WHERE address = $2), count(*) FROM watches WHERE chain_id = $1"},
    /* $1 to $4 as account_param_log; $5 chain, $6 address, $7 id, $8 signature, $9 arguments, $10 call, $11 event,
     * $12 its topic */
    [WATCH_REPO_CREATE] = {"watch_repo_create", 12,
                           "WITH m AS ("
                           " INSERT INTO watches (chain_id, address, id, signature, args, data, event, event_topic,"
                           "  created_at) VALUES ($5, $6, $7, $8, $9, $10, $11, $12, $1) RETURNING *"
                           "), " LOG("contract.watch") " SELECT " COLUMNS("m") ", m.data FROM m"},
    [WATCH_REPO_LIST] = {"watch_repo_list", 2,
                         "SELECT " COLUMNS("w") ", w.data FROM watches w WHERE w.chain_id = $1 AND w.address = $2"
                                                " ORDER BY w.id"},
    /* $5 chain, $6 address, $7 id */
    [WATCH_REPO_DELETE] = {"watch_repo_delete", 7,
                           "WITH m AS (DELETE FROM watches WHERE chain_id = $5 AND address = $6 AND id = $7"
                           " RETURNING *), " LOG("contract.unwatch") " SELECT m.id FROM m"},
    /* $1 chain */
    [WATCH_REPO_PRINT] = {"watch_repo_print", 1,
                          "SELECT coalesce(md5(string_agg(w.id::text, '' ORDER BY w.address, w.id)), '')"
                          " FROM watches w JOIN contracts c USING (chain_id, address)"
                          " WHERE w.chain_id = $1 AND c.events"},
    [WATCH_REPO_ALL] = {"watch_repo_all", 1,
                        "SELECT " COLUMNS("w") ", w.data FROM watches w JOIN contracts c USING (chain_id, address)"
                                               " WHERE w.chain_id = $1 AND c.events ORDER BY w.address, w.id"},
    /* $1 chain, $2 address, $3 id or null, $4 block or null */
    [WATCH_REPO_STATES] =
        {"watch_repo_states", 4,
         "SELECT " TIP_COLUMNS ", " COLUMNS("w") ", " STATE_COLUMNS(
             "s") ", s.read FROM chains c"
                  " LEFT JOIN watches w ON w.chain_id = c.chain_id AND w.address = $2 AND ($3::uuid IS NULL OR w.id = "
                  "$3)"
                  " LEFT JOIN LATERAL (SELECT s.*, CASE WHEN $4::bigint IS NULL THEN s.last_block ELSE " LAST_READ(
                      "$4::bigint") " END AS read FROM watch_states s WHERE s.watch_id = w.id AND s.first_block <= "
                                    "coalesce($4, c.tip_number)"
                                    " ORDER BY s.first_block DESC LIMIT 1) s ON $4 IS NULL OR $4 <= c.tip_number "
                                    "AND " HOLDS_AT(
                                        "$4") " WHERE c.chain_id = $1 AND c.tip_number IS NOT NULL ORDER BY w.id"},
    /* $1 chain, $2 address, $3 id, $4 the block that the rows are behind, $5 its hash or null, $6 rows */
    [WATCH_REPO_HISTORY] =
        {"watch_repo_history", 6,
         "SELECT " TIP_COLUMNS ", " COLUMNS("w") ", " STATE_COLUMNS(
             "s") ", s.last_block, s.found,"
                  " $5::bytea IS NOT NULL AND NOT EXISTS (SELECT FROM watch_states p"
                  "  WHERE p.watch_id = w.id AND p.first_block = $4::bigint AND p.first_hash = $5)"
                  " FROM chains c LEFT JOIN watches w ON w.chain_id = c.chain_id AND w.address = $2 AND w.id = $3"
                  " LEFT JOIN LATERAL (SELECT *, count(*) OVER () AS found,"
                  "  sum(octet_length(data)) OVER (ORDER BY first_block DESC) - octet_length(data) AS before"
                  "  FROM (SELECT * FROM watch_states x WHERE x.watch_id = w.id AND x.first_block < $4"
                  "  ORDER BY x.first_block DESC LIMIT $6::bigint) AS x) s ON s.before < 1048576" /* WATCH_PAGE_BYTES */
                  " WHERE c.chain_id = $1 AND c.tip_number IS NOT NULL ORDER BY s.first_block DESC"},
};
