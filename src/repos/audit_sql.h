/* How a statement that changes something writes the log's row of it. Its first four parameters are those of
 * account_param_log. Constants; any thread. */
#ifndef DAPPD_REPOS_AUDIT_SQL_H
#define DAPPD_REPOS_AUDIT_SQL_H

/* Goes on with the action, whom it is about, the subject and the members; then who does it, and FROM what was changed,
 * so that without a change there is no row. */
#define AUDIT_INSERT \
    "INSERT INTO audit (at, action, user_id, subject, members, actor, actor_key, request_id)" \
    " SELECT $1::bigint, "
#define AUDIT_BY_ACTOR ", $2::uuid, $3::uuid, $4::text"
#define AUDIT_NO_SUBJECT ", NULL::uuid"
#define AUDIT_NO_MEMBERS ", '{}'::text[]"

#define AUDIT_SIGN_IN "'sign_in', "
#define AUDIT_USER_CREATE "'user.create', "
#define AUDIT_USER_UPDATE "'user.update', "
#define AUDIT_USER_DELETE "'user.delete', "
#define AUDIT_ADDRESS_ADD "'address.add', "
#define AUDIT_ADDRESS_REMOVE "'address.remove', "
#define AUDIT_SESSION_END "'session.end', "
#define AUDIT_SESSION_REUSED "'session.reused', "
#define AUDIT_KEY_CREATE "'key.create', "
#define AUDIT_KEY_DELETE "'key.delete', "

#endif
