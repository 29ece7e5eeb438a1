/* What session_repo asks the database. A user's row is locked before those of its addresses, as its deletion does, so
 * that a sign-in and a deletion wait for each other in one order. Static data, any thread. */
#include "session_repo_sql.h"

#include "audit_sql.h"

#define SESSION_COLUMNS \
    "s.id, s.user_id, u.role = 'admin', s.address, s.chain_id, s.generation, s.expires_at FROM sessions s" \
    " JOIN users u ON u.id = s.user_id"

/* The oldest rows, by the index of the column. What others hold, such as another instance's sweep, is passed over. */
#define SWEEP(table, column) \
    "WITH gone AS (DELETE FROM " table " WHERE ctid = ANY (ARRAY(" \
    "  SELECT ctid FROM " table " WHERE " column " < $1 ORDER BY " column " LIMIT $2::bigint FOR UPDATE SKIP LOCKED" \
    " )) RETURNING 1) SELECT count(*) FROM gone"

const struct pg_statement session_repo_statements[SESSION_REPO_STATEMENT_COUNT] = {
    /* Of a user that there is: none, no row. The locks hold off until the end of the transaction whoever would delete
     * the user or take the address from it.
     * $1 now, $2 request id, $3 session, $4 address, $5 the message's chain, $6 the address's, $7 when it expires */
    [SESSION_REPO_BEGIN] = {"session_repo_begin", 7,
                            "WITH found AS ("
                            " SELECT u.id, u.role FROM users u JOIN addresses a ON a.user_id = u.id"
                            " WHERE a.address = $4 AND a.chain_id = $6 FOR KEY SHARE"
                            "), begun AS ("
                            " INSERT INTO sessions (id, user_id, address, chain_id, generation, created_at, expires_at)"
                            " SELECT $3, f.id, $4, $5, 1, $1, $7 FROM found f RETURNING id, user_id"
                            "), logged AS (" AUDIT_INSERT AUDIT_SIGN_IN " b.user_id, b.id" AUDIT_NO_MEMBERS
                            ", b.user_id, NULL::uuid, $2::text FROM begun b"
                            ") SELECT f.id, f.role = 'admin' FROM found f"},
    /* Where another sign-in of the address is making its user this waits for that, and makes none: no row. The rows
     * refer to each other, which PostgreSQL checks when all of them are there.
     * $1 now, $2 request id, $3 user, $4 address, $5 its chain, $6 whether it is an admin */
    [SESSION_REPO_CREATE_USER] = {"session_repo_create_user", 6,
                                  "WITH owned AS ("
                                  " INSERT INTO addresses (address, chain_id, user_id, proven_at)"
                                  " VALUES ($4, $5, $3, $1) ON CONFLICT DO NOTHING RETURNING user_id"
                                  "), made AS ("
                                  " INSERT INTO users (id, role, version, created_at, updated_at)"
                                  " SELECT o.user_id, CASE WHEN $6 THEN 'admin' ELSE 'user' END, 1, $1, $1"
                                  " FROM owned o RETURNING id"
                                  "), logged AS (" AUDIT_INSERT AUDIT_USER_CREATE " m.id" AUDIT_NO_SUBJECT
                                  ", CASE WHEN $6 THEN '{role,addresses}' ELSE '{addresses}' END::text[]"
                                  ", m.id, NULL::uuid, $2::text FROM made m"
                                  ") SELECT m.id FROM made m"},
    /* $5 user */
    [SESSION_REPO_MAKE_ADMIN] = {"session_repo_make_admin", 5,
                                 "WITH changed AS ("
                                 " UPDATE users SET role = 'admin', version = version + 1, updated_at = $1"
                                 " WHERE id = $5 AND role <> 'admin' RETURNING id"
                                 "), logged AS (" AUDIT_INSERT AUDIT_USER_UPDATE " c.id" AUDIT_NO_SUBJECT
                                 ", '{role}'" AUDIT_BY_ACTOR " FROM changed c"
                                 ") SELECT c.id FROM changed c"},
    /* $1 session, $2 now */
    [SESSION_REPO_GET] = {"session_repo_get", 2, "SELECT " SESSION_COLUMNS " WHERE s.id = $1 AND s.expires_at > $2"},
    /* Of two at a time that present the same generation, the second finds another one when the first has committed.
     * $1 session, $2 generation, $3 now, $4 when it expires from now on */
    [SESSION_REPO_ROTATE] = {"session_repo_rotate", 4,
                             "UPDATE sessions s SET generation = s.generation + 1, expires_at = $4 FROM users u"
                             " WHERE s.id = $1 AND s.generation = $2 AND s.expires_at > $3 AND u.id = s.user_id"
                             " RETURNING s.id, s.user_id, u.role = 'admin', s.address, s.chain_id, s.generation,"
                             "  s.expires_at"},
    /* $5 session, $6 the generation presented: an earlier one */
    [SESSION_REPO_END_REUSED] = {"session_repo_end_reused", 6,
                                 "WITH ended AS ("
                                 " DELETE FROM sessions WHERE id = $5 AND generation > $6 RETURNING id, user_id"
                                 "), logged AS (" AUDIT_INSERT AUDIT_SESSION_REUSED
                                 " e.user_id, e.id" AUDIT_NO_MEMBERS AUDIT_BY_ACTOR " FROM ended e"
                                 ") SELECT e.id FROM ended e"},
    /* $5 session */
    [SESSION_REPO_END] = {"session_repo_end", 5,
                          "WITH ended AS ("
                          " DELETE FROM sessions WHERE id = $5 RETURNING id, user_id"
                          "), logged AS (" AUDIT_INSERT AUDIT_SESSION_END
                          " e.user_id, e.id" AUDIT_NO_MEMBERS AUDIT_BY_ACTOR " FROM ended e"
                          ") SELECT e.id FROM ended e"},
    /* $1 what is older, $2 rows at most */
    [SESSION_REPO_SWEEP_NONCES] = {"session_repo_sweep_nonces", 2, SWEEP("spent_nonces", "expires_at")},
    [SESSION_REPO_SWEEP_SESSIONS] = {"session_repo_sweep_sessions", 2, SWEEP("sessions", "expires_at")},
    [SESSION_REPO_SWEEP_IDEMPOTENCY] = {"session_repo_sweep_idempotency", 2, SWEEP("idempotency_keys", "created_at")},
};
