/* What contract_repo asks the database. Contracts are found by (chain, address), those behind a proxy by their
 * implementation. A change of what an implementation has registered is one of its proxies too: their versions go up in
 * the same statement. Static data, any thread. */
#include "contract_repo_sql.h"

#include "audit_sql.h"

/* As contract_repo.c reads them; the ABI stands behind. */
#define COLUMNS(c) \
    c ".id, " c ".chain_id, " c ".address, " c ".name, " c ".version, " c ".proxy, " c ".implementation, " c \
      ".events, " c ".from_block, " c ".configured, " c ".created_at, " c ".updated_at"
#define WITH_ABI "SELECT " COLUMNS("c") ", c.abi FROM contracts c"
#define WITHOUT_ABI "SELECT " COLUMNS("c") " FROM contracts c"

/* FROM of what was changed, as `m`. */
#define TOUCH_PROXIES \
    "touched AS (UPDATE contracts p SET version = p.version + 1, updated_at = $1 FROM m" \
    " WHERE p.chain_id = m.chain_id AND p.implementation = m.address AND p.id <> m.id)"

/* What the configuration registers is done by nobody, and in no log. */
#define LOG(action, members) \
    "logged AS (INSERT INTO audit (at, action, user_id, members, actor, actor_key, request_id, chain_id, contract)" \
    " SELECT $1::bigint, '" action "', $2::uuid, " members ", $2::uuid, $3::uuid, $4::text, m.chain_id, m.address" \
    " FROM m WHERE $2::uuid IS NOT NULL)"

const struct pg_statement contract_repo_statements[CONTRACT_REPO_STATEMENT_COUNT] = {
    /* $1 chain, $2 address */
    [CONTRACT_REPO_GET] = {"contract_repo_get", 2, WITH_ABI " WHERE c.chain_id = $1 AND c.address = $2"},
    [CONTRACT_REPO_LOCK] = {"contract_repo_lock", 2, WITH_ABI " WHERE c.chain_id = $1 AND c.address = $2 FOR UPDATE"},
    /* No row when another has registered it meanwhile. $1 to $4 as account_param_log; $5 chain, $6 address, $7 name,
     * $8 ABI, $9 whether it is a proxy, $10 its implementation, $11 whether its events are indexed, $12 from where,
     * $13 whether it is configured, $14 members set */
    [CONTRACT_REPO_CREATE] = {"contract_repo_create", 14,
                              "WITH m AS ("
                              " INSERT INTO contracts (chain_id, address, name, abi, version, proxy, implementation,"
                              "  events, from_block, configured, created_at, updated_at)"
                              " VALUES ($5, $6, $7, $8, 1, $9, $10, $11, $12, $13, $1, $1)"
                              " ON CONFLICT (chain_id, address) DO NOTHING RETURNING *"
                              "), " TOUCH_PROXIES
                              ", " LOG("contract.register",
                                       "string_to_array($14, ',')") " SELECT " COLUMNS("m") ", m.abi FROM m"},
    /* With its row locked. As above */
    [CONTRACT_REPO_UPDATE] = {"contract_repo_update", 14,
                              "WITH m AS ("
                              " UPDATE contracts SET name = $7, abi = $8, version = version + 1, proxy = $9,"
                              "  implementation = $10, events = $11, from_block = $12, configured = $13,"
                              "  updated_at = $1"
                              " WHERE chain_id = $5 AND address = $6 RETURNING *"
                              "), " TOUCH_PROXIES
                              ", " LOG("contract.update",
                                       "string_to_array($14, ',')") " SELECT " COLUMNS("m") ", m.abi FROM m"},
    /* With its row locked. $5 chain, $6 address */
    [CONTRACT_REPO_DELETE] = {"contract_repo_delete", 6,
                              "WITH m AS (DELETE FROM contracts WHERE chain_id = $5 AND address = $6 RETURNING *"
                              "), " TOUCH_PROXIES ", " LOG("contract.delete", "'{}'::text[]") " SELECT m.id FROM m"},
    /* $1 chain, $2 the last address before, $3 rows */
    [CONTRACT_REPO_PAGE] = {"contract_repo_page", 3,
                            WITHOUT_ABI " WHERE c.chain_id = $1 AND c.address > $2 ORDER BY c.address"
                                        " LIMIT $3::bigint"},
    /* $1 chain */
    [CONTRACT_REPO_INDEXED] = {"contract_repo_indexed", 1,
                               WITHOUT_ABI " WHERE c.chain_id = $1 AND c.events ORDER BY c.address"},
    /* $1 chain, $2 addresses */
    [CONTRACT_REPO_FIND] = {"contract_repo_find", 2,
                            WITH_ABI " WHERE c.chain_id = $1 AND c.address = ANY($2::bytea[])"},
    [CONTRACT_REPO_VERSIONS] = {"contract_repo_versions", 2,
                                WITHOUT_ABI " WHERE c.chain_id = $1 AND c.address = ANY($2::bytea[])"},
    /* $1 now, $2 chain, $3 address, $4 implementation or null */
    [CONTRACT_REPO_SET_IMPLEMENTATION] = {"contract_repo_set_implementation", 4,
                                          "UPDATE contracts SET implementation = $4, version = version + 1,"
                                          " updated_at = $1"
                                          " WHERE chain_id = $2 AND address = $3 AND proxy"
                                          "  AND implementation IS DISTINCT FROM $4::bytea RETURNING id"},
    /* $1 chain, $2 addresses */
    [CONTRACT_REPO_KEEP_CONFIGURED] = {"contract_repo_keep_configured", 2,
                                       "UPDATE contracts SET configured = false"
                                       " WHERE chain_id = $1 AND configured AND address <> ALL($2::bytea[])"},
};
