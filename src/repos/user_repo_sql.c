/* What user_repo asks the database. Users are found by id, addresses by their user or themselves, e-mails by the
 * expression of their index. Static data, any thread. */
#include "user_repo_sql.h"

#include "audit_sql.h"

/* As user_rows_take reads them. */
#define USER_COLUMNS \
    "u.id, u.role = 'admin', u.name, u.email, u.version, u.created_at, u.updated_at, a.address, a.chain_id, " \
    "a.proven_at"
#define USER_ORDER " ORDER BY u.id, a.proven_at, a.address, a.chain_id"
#define ROLE(admin) "CASE WHEN " admin " THEN 'admin' ELSE 'user' END"

const struct pg_statement user_repo_statements[USER_REPO_STATEMENT_COUNT] = {
    /* $1 user */
    [USER_REPO_GET] = {"user_repo_get", 1,
                       "SELECT " USER_COLUMNS " FROM users u LEFT JOIN addresses a ON a.user_id = u.id"
                       " WHERE u.id = $1" USER_ORDER},
    /* The OFFSET has the planner look each user's addresses up: else it may read those of all.
     * $1 the last user before, $2 users */
    [USER_REPO_PAGE] =
        {"user_repo_page", 2,
         "SELECT " USER_COLUMNS " FROM (SELECT * FROM users WHERE id > $1 ORDER BY id LIMIT $2::bigint) u"
         " LEFT JOIN LATERAL (SELECT * FROM addresses b WHERE b.user_id = u.id OFFSET 0) a ON true" USER_ORDER},
    /* $1 user */
    [USER_REPO_LOCK_TO_CHANGE] = {"user_repo_lock_to_change", 1, "SELECT FROM users WHERE id = $1 FOR NO KEY UPDATE"},
    [USER_REPO_LOCK_TO_DELETE] = {"user_repo_lock_to_delete", 1, "SELECT FROM users WHERE id = $1 FOR UPDATE"},
    /* No row when the e-mail is another's. $5 user, $6 name, $7 e-mail, $8 whether it is an admin, $9 members set */
    [USER_REPO_CREATE] = {"user_repo_create", 9,
                          "WITH made AS ("
                          " INSERT INTO users (id, role, name, email, version, created_at, updated_at)"
                          " VALUES ($5, " ROLE("$8") ", $6, $7, 1, $1, $1)"
                                                     " ON CONFLICT (lower(email COLLATE \"C\")) DO NOTHING RETURNING id"
                                                     "), logged AS (" AUDIT_INSERT AUDIT_USER_CREATE
                                                     " m.id" AUDIT_NO_SUBJECT
                                                     ", string_to_array($9, ',')" AUDIT_BY_ACTOR " FROM made m"
                                                     ") SELECT m.id FROM made m"},
    /* No row when the e-mail is another's; one that becomes so meanwhile is an error of the index.
     * $5 user, $6 name, $7 e-mail, $8 whether it is an admin, $9 members changed */
    [USER_REPO_UPDATE] =
        {"user_repo_update", 9,
         "WITH changed AS ("
         " UPDATE users SET role = " ROLE(
             "$8") ", name = $6, email = $7, version = version + 1,"
                   "  updated_at = $1"
                   " WHERE id = $5 AND NOT EXISTS (SELECT FROM users o"
                   "  WHERE lower(o.email COLLATE \"C\") = lower($7 COLLATE \"C\") AND o.id <> $5) RETURNING id"
                   "), logged AS (" AUDIT_INSERT AUDIT_USER_UPDATE " c.id" AUDIT_NO_SUBJECT
                   ", string_to_array($9, ',')" AUDIT_BY_ACTOR " FROM changed c"
                   ") SELECT c.id FROM changed c"},
    /* All that is the user's goes with it. $5 user */
    [USER_REPO_DELETE] = {"user_repo_delete", 5,
                          "WITH gone AS (DELETE FROM users WHERE id = $5 RETURNING id"
                          "), logged AS (" AUDIT_INSERT AUDIT_USER_DELETE
                          " g.id" AUDIT_NO_SUBJECT AUDIT_NO_MEMBERS AUDIT_BY_ACTOR " FROM gone g"
                          ") SELECT g.id FROM gone g"},
    /* No row when the address is another's. $5 user, $6 address, $7 its chain */
    [USER_REPO_ADD_ADDRESS] = {"user_repo_add_address", 7,
                               "WITH added AS ("
                               " INSERT INTO addresses (address, chain_id, user_id, proven_at)"
                               " VALUES ($6, $7, $5, $1) ON CONFLICT DO NOTHING RETURNING user_id"
                               "), changed AS ("
                               " UPDATE users u SET version = version + 1, updated_at = $1"
                               " FROM added WHERE u.id = added.user_id"
                               "), logged AS (" AUDIT_INSERT AUDIT_ADDRESS_ADD " d.user_id" AUDIT_NO_SUBJECT
                               ", '{addresses}'" AUDIT_BY_ACTOR " FROM added d"
                               ") SELECT d.user_id FROM added d"},
    /* Its sessions end: of what every chain knows those on every chain. $5 user, $6 address, $7 its chain */
    [USER_REPO_REMOVE_ADDRESS] = {"user_repo_remove_address", 7,
                                  "WITH removed AS ("
                                  " DELETE FROM addresses WHERE address = $6 AND chain_id = $7 AND user_id = $5"
                                  " RETURNING user_id"
                                  "), changed AS ("
                                  " UPDATE users u SET version = version + 1, updated_at = $1"
                                  " FROM removed WHERE u.id = removed.user_id"
                                  "), ended AS ("
                                  " DELETE FROM sessions s USING removed WHERE s.user_id = removed.user_id"
                                  "  AND s.address = $6 AND ($7 = 0 OR s.chain_id = $7) RETURNING s.id, s.user_id"
                                  "), logged AS (" AUDIT_INSERT AUDIT_ADDRESS_REMOVE " r.user_id" AUDIT_NO_SUBJECT
                                  ", '{addresses}'" AUDIT_BY_ACTOR " FROM removed r"
                                  "), logged_too AS (" AUDIT_INSERT AUDIT_SESSION_END
                                  " e.user_id, e.id" AUDIT_NO_MEMBERS AUDIT_BY_ACTOR " FROM ended e"
                                  ") SELECT r.user_id FROM removed r"},
};
