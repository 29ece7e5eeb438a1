/* What audit_repo asks the database: pages by the primary key, a user's by (user, id). Static data, any thread. */
#include "audit_repo_sql.h"

/* No member's name holds a comma. */
#define ROWS \
    "SELECT id, at, actor, actor_key, action, user_id, subject, array_to_string(members, ','), request_id," \
    "  chain_id, contract FROM audit"

const struct pg_statement audit_repo_statements[AUDIT_REPO_STATEMENT_COUNT] = {
    /* $1 the last row before, $2 rows */
    [AUDIT_REPO_PAGE] = {"audit_repo_page", 2, ROWS " WHERE id < $1 ORDER BY id DESC LIMIT $2::bigint"},
    /* $3 user */
    [AUDIT_REPO_PAGE_OF_USER] = {"audit_repo_page_of_user", 3,
                                 ROWS " WHERE user_id = $3 AND id < $1 ORDER BY id DESC LIMIT $2::bigint"},
};
