/* What key_repo asks the database: keys by id, a user's keys by (user, id). Static data, any thread. */
#include "key_repo_sql.h"

#include "audit_sql.h"

#define KEYS \
    "SELECT k.id, k.user_id, u.role = 'admin', k.name, k.secret_hash, k.scopes, k.created_at, k.expires_at," \
    "  k.last_used_at FROM api_keys k JOIN users u ON u.id = k.user_id"

const struct pg_statement key_repo_statements[KEY_REPO_STATEMENT_COUNT] = {
    /* $1 key */
    [KEY_REPO_GET] = {"key_repo_get", 1, KEYS " WHERE k.id = $1"},
    /* $1 user, $2 the last key before, $3 rows */
    [KEY_REPO_PAGE] = {"key_repo_page", 3, KEYS " WHERE k.user_id = $1 AND k.id > $2 ORDER BY k.id LIMIT $3::bigint"},
    /* With the user's row locked: no row when it has as many as it may.
     * $5 key, $6 user, $7 name, $8 hash, $9 scopes, $10 when it expires or null, $11 how many there may be */
    [KEY_REPO_CREATE] = {"key_repo_create", 11,
                         "WITH made AS ("
                         " INSERT INTO api_keys (id, user_id, name, secret_hash, scopes, created_at, expires_at)"
                         " SELECT $5, $6, $7, $8, $9, $1, $10"
                         " WHERE (SELECT count(*) FROM api_keys WHERE user_id = $6) < $11 RETURNING id, user_id"
                         "), logged AS (" AUDIT_INSERT AUDIT_KEY_CREATE
                         " m.user_id, m.id" AUDIT_NO_MEMBERS AUDIT_BY_ACTOR " FROM made m"
                         ") SELECT m.id FROM made m"},
    /* $5 key, $6 user or null */
    [KEY_REPO_DELETE] = {"key_repo_delete", 6,
                         "WITH gone AS ("
                         " DELETE FROM api_keys WHERE id = $5 AND user_id = COALESCE($6, user_id) RETURNING id, user_id"
                         "), logged AS (" AUDIT_INSERT AUDIT_KEY_DELETE
                         " g.user_id, g.id" AUDIT_NO_MEMBERS AUDIT_BY_ACTOR " FROM gone g"
                         ") SELECT g.id FROM gone g"},
    /* Once a minute is enough: each writes the row anew. $1 key, $2 now */
    [KEY_REPO_TOUCH] = {"key_repo_touch", 2,
                        "UPDATE api_keys SET last_used_at = $2"
                        " WHERE id = $1 AND COALESCE(last_used_at, 0) <= $2::bigint - 60"},
};
