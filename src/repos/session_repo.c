/* Sessions and the sign-ins that begin them. What is killed or loses its connection leaves either all of a change or
 * nothing of it; a client that was never told of it signs in again. The task's coroutine. */
#include "repos/session_repo.h"

#include "account_db.h"
#include "core/clock.h"
#include "nonces.h"
#include "session_repo_sql.h"

/* Another's sign-in may make the user meanwhile, and somebody delete it before it is found; not for ever. */
enum { MAX_ROUNDS = 50 };

static void read_session(struct session *out, struct pg_rows *rows) {
    *out = (struct session){.id = pg_uuid(rows, 0, 0),
                            .user = pg_uuid(rows, 0, 1),
                            .admin = pg_bool(rows, 0, 2),
                            .address = pg_address(rows, 0, 3),
                            .chain_id = (uint64_t)pg_i64(rows, 0, 4),
                            .generation = (uint32_t)pg_i32(rows, 0, 5),
                            .expires_at_s = (uint64_t)pg_i64(rows, 0, 6)};
}

struct signing_in {
    const struct sign_in *what;
    const char *request_id;
    struct session *out;
    bool *created;
};

static uint64_t address_chain(const struct sign_in *what) {
    return what->any_chain ? 0 : what->chain_id;
}

/* Out: *begun, false when there is no such user. */
static enum err begin_session(struct task *task, struct pg_session *session, const struct signing_in *in, bool *begun) {
    const struct sign_in *what = in->what;
    struct pg_params params = {.n = 0};
    struct pg_rows rows;
    pg_param_i64(&params, (int64_t)clock_wall_s());
    pg_param_text(&params, in->request_id);
    pg_param_uuid(&params, &what->session);
    pg_param_address(&params, &what->address);
    pg_param_i64(&params, (int64_t)what->chain_id);
    pg_param_i64(&params, (int64_t)address_chain(what));
    pg_param_i64(&params, (int64_t)what->expires_at_s);
    enum err err = pg_session_query(task, session, &rows, &session_repo_statements[SESSION_REPO_BEGIN], &params);
    *begun = err == ERR_OK && rows.n > 0;
    if (!*begun) return err;
    *in->out = (struct session){.id = what->session,
                                .user = pg_uuid(&rows, 0, 0),
                                .admin = pg_bool(&rows, 0, 1),
                                .address = what->address,
                                .chain_id = what->chain_id,
                                .generation = 1,
                                .expires_at_s = what->expires_at_s};
    return pg_rows_check(task, &rows);
}

static enum err create_user(struct task *task, struct pg_session *session, const struct signing_in *in) {
    const struct sign_in *what = in->what;
    const uuid id = uuid_new();
    struct pg_params params = {.n = 0};
    struct pg_rows rows;
    pg_param_i64(&params, (int64_t)clock_wall_s());
    pg_param_text(&params, in->request_id);
    pg_param_uuid(&params, &id);
    pg_param_address(&params, &what->address);
    pg_param_i64(&params, (int64_t)address_chain(what));
    pg_param_bool(&params, what->admin);
    enum err err = pg_session_query(task, session, &rows, &session_repo_statements[SESSION_REPO_CREATE_USER], &params);
    *in->created = err == ERR_OK && rows.n > 0;
    return err;
}

static enum err make_admin(struct task *task, struct pg_session *session, const struct signing_in *in) {
    const struct audit_actor dappd = {.request_id = in->request_id};
    struct pg_params params = {.n = 0};
    struct pg_rows rows;
    if (!in->what->admin || in->out->admin) return ERR_OK;
    account_param_log(&params, &dappd);
    pg_param_uuid(&params, &in->out->user);
    in->out->admin = true;
    return pg_session_query(task, session, &rows, &session_repo_statements[SESSION_REPO_MAKE_ADMIN], &params);
}

static enum err sign_in(struct task *task, struct pg_session *session, void *arg) {
    const struct signing_in *in = arg;
    bool begun = false;
    *in->created = false;
    enum err err = nonces_spend(task, session, &in->what->spending);
    for (int round = 0; err == ERR_OK && !begun && round < MAX_ROUNDS; round++) {
        err = begin_session(task, session, in, &begun);
        if (err == ERR_OK && !begun) err = create_user(task, session, in);
    }
    if (err != ERR_OK) return err;
    if (!begun) return task_fail(task, ERR_ACCOUNTS_UNAVAILABLE, "the user is being changed by others");
    return make_admin(task, session, in);
}

enum err session_repo_sign_in(struct task *task, struct session *out, bool *created, const struct sign_in *what,
                              const char *request_id) {
    struct signing_in in = {.what = what, .request_id = request_id, .out = out, .created = created};
    return account_transaction(task, sign_in, &in);
}

/* A session whose token was used twice has two owners, one of whom must not be. Where dappd is killed before this, the
 * next use of the earlier token ends it. */
static enum err end_reused(struct task *task, const uuid *id, uint32_t generation, const char *request_id) {
    const struct audit_actor dappd = {.request_id = request_id};
    struct pg_params params = {.n = 0};
    struct pg_rows rows;
    account_param_log(&params, &dappd);
    pg_param_uuid(&params, id);
    pg_param_i32(&params, (int32_t)generation);
    enum err err = account_change(task, &rows, &session_repo_statements[SESSION_REPO_END_REUSED], &params);
    if (err != ERR_OK) return err;
    if (rows.n > 0) return task_fail(task, ERR_REFRESH_TOKEN_REUSED, "the session has ended: sign in again");
    return task_fail(task, ERR_INVALID_REFRESH_TOKEN, "the session has ended");
}

enum err session_repo_rotate(struct task *task, struct session *out, const uuid *id, uint32_t generation,
                             uint64_t expires_at_s, const char *request_id) {
    struct pg_params params = {.n = 0};
    struct pg_rows rows;
    pg_param_uuid(&params, id);
    pg_param_i32(&params, (int32_t)generation);
    pg_param_i64(&params, (int64_t)clock_wall_s());
    pg_param_i64(&params, (int64_t)expires_at_s);
    enum err err = account_change(task, &rows, &session_repo_statements[SESSION_REPO_ROTATE], &params);
    if (err != ERR_OK) return err;
    if (rows.n == 0) return end_reused(task, id, generation, request_id);
    read_session(out, &rows);
    return pg_rows_check(task, &rows);
}

enum err session_repo_get(struct task *task, struct session *out, const uuid *id) {
    struct pg_params params = {.n = 0};
    struct pg_rows rows;
    pg_param_uuid(&params, id);
    pg_param_i64(&params, (int64_t)clock_wall_s());
    enum err err = account_read(task, &rows, &session_repo_statements[SESSION_REPO_GET], &params);
    if (err != ERR_OK) return err;
    if (rows.n == 0) return task_fail(task, ERR_UNAUTHENTICATED, "the session has ended");
    read_session(out, &rows);
    return pg_rows_check(task, &rows);
}

enum err session_repo_end(struct task *task, const uuid *id, const struct audit_actor *by) {
    struct pg_params params = {.n = 0};
    struct pg_rows rows;
    account_param_log(&params, by);
    pg_param_uuid(&params, id);
    return account_change(task, &rows, &session_repo_statements[SESSION_REPO_END], &params);
}
