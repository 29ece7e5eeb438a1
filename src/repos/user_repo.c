/* Users: read, made, changed and deleted. A change locks the user's row first, compares, and writes: whoever comes
 * meanwhile waits and sees what has become of it. The task's coroutine. */
#include "repos/user_repo.h"

#include <string.h>

#include "account_db.h"
#include "idempotency.h"
#include "user_repo_sql.h"
#include "user_rows.h"

enum { MEMBERS_BYTES = 32 };

enum err user_repo_get(struct task *task, struct user *out, const uuid *id) {
    struct pg_params params = {.n = 0};
    struct pg_rows rows;
    pg_param_uuid(&params, id);
    enum err err = account_read(task, &rows, &user_repo_statements[USER_REPO_GET], &params);
    return err == ERR_OK ? user_rows_take_one(task, out, &rows) : err;
}

enum err user_repo_page(struct task *task, struct user_page *out, const uuid *after, size_t limit) {
    static const uuid first = {{0}};
    struct pg_params params = {.n = 0};
    struct pg_rows rows;
    *out = (struct user_page){.n_rows = 0};
    pg_param_uuid(&params, after != NULL ? after : &first);
    pg_param_i64(&params, (int64_t)limit + 1);
    enum err err = account_read(task, &rows, &user_repo_statements[USER_REPO_PAGE], &params);
    if (err == ERR_OK) err = user_rows_take(task, &out->rows, &out->n_rows, &rows);
    out->more = out->n_rows > limit;
    if (out->more) out->n_rows = limit;
    return err;
}

/* A user as it is to be, and which of its members that changes. */
struct writing {
    const uuid *id;
    const char *name, *email;
    bool admin;
    char members[MEMBERS_BYTES]; /* comma-separated */
};

static void add_member(struct writing *writing, const char *member) {
    size_t len = strlen(writing->members);
    (void)snprintf(writing->members + len, sizeof writing->members - len, "%s%s", len > 0 ? "," : "", member);
}

static bool same_text(const char *a, const char *b) {
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* In: from, zeros for a new one. */
static struct writing writing_of(const struct user *from, const struct user_change *what) {
    struct writing writing = {.id = &from->id,
                              .name = what->set_name ? what->name : from->name,
                              .email = what->set_email ? what->email : from->email,
                              .admin = what->set_role ? what->admin : from->admin};
    if (!same_text(writing.name, from->name)) add_member(&writing, "name");
    if (!same_text(writing.email, from->email)) add_member(&writing, "email");
    if (writing.admin != from->admin) add_member(&writing, "role");
    return writing;
}

static enum err write_user(struct task *task, struct pg_session *session, enum user_repo_statement statement,
                           const struct writing *writing, const struct audit_actor *by) {
    struct pg_params params = {.n = 0};
    struct pg_rows rows;
    account_param_log(&params, by);
    pg_param_uuid(&params, writing->id);
    pg_param_text(&params, writing->name);
    pg_param_text(&params, writing->email);
    pg_param_bool(&params, writing->admin);
    pg_param_text(&params, writing->members);
    enum err err = pg_session_query(task, session, &rows, &user_repo_statements[statement], &params);
    bool taken =
        err == ERR_OK ? rows.n == 0 : err == ERR_INTERNAL && strcmp(pg_session_sqlstate(session), SQLSTATE_UNIQUE) == 0;
    return taken ? task_fail(task, ERR_EMAIL_TAKEN, "another user has this e-mail address") : err;
}

struct creation {
    struct user *out;
    bool *replayed;
    const struct user_change *what;
    const struct audit_actor *by;
    const struct idempotency *idempotency;
};

static enum err create_user(struct task *task, struct pg_session *session, void *arg) {
    const struct creation *creation = arg;
    const struct user nobody = {.id = uuid_new()};
    struct idempotency_record record = {.resource = nobody.id};
    enum err err =
        idempotency_begin(task, session, creation->replayed, &record, creation->by->user, creation->idempotency);
    if (err == ERR_OK && !*creation->replayed) {
        const struct writing writing = writing_of(&nobody, creation->what);
        err = write_user(task, session, USER_REPO_CREATE, &writing, creation->by);
    }
    return err == ERR_OK ? user_rows_get(task, session, creation->out, &record.resource) : err;
}

enum err user_repo_create(struct task *task, struct user *out, bool *replayed, const struct user_change *what,
                          const struct audit_actor *by, const struct idempotency *idempotency) {
    struct creation creation = {.out = out, .replayed = replayed, .what = what, .by = by, .idempotency = idempotency};
    return account_transaction(task, create_user, &creation);
}

struct changing {
    struct user *out;
    const uuid *id;
    uint64_t version;
    const struct user_change *what;
    const struct audit_actor *by;
};

static enum err update_user(struct task *task, struct pg_session *session, void *arg) {
    const struct changing *changing = arg;
    enum err err = user_rows_lock(task, session, changing->out, changing->id, changing->version, USER_LOCK_TO_CHANGE);
    if (err != ERR_OK) return err;
    const struct writing writing = writing_of(changing->out, changing->what);
    if (*writing.members == '\0') return ERR_OK;
    err = write_user(task, session, USER_REPO_UPDATE, &writing, changing->by);
    return err == ERR_OK ? user_rows_get(task, session, changing->out, changing->id) : err;
}

enum err user_repo_update(struct task *task, struct user *out, const uuid *id, uint64_t version,
                          const struct user_change *what, const struct audit_actor *by) {
    struct changing changing = {.out = out, .id = id, .version = version, .what = what, .by = by};
    return account_transaction(task, update_user, &changing);
}

static enum err delete_user(struct task *task, struct pg_session *session, void *arg) {
    const struct changing *changing = arg;
    struct pg_params params = {.n = 0};
    struct pg_rows rows;
    enum err err = user_rows_lock(task, session, changing->out, changing->id, changing->version, USER_LOCK_TO_DELETE);
    if (err != ERR_OK) return err;
    account_param_log(&params, changing->by);
    pg_param_uuid(&params, changing->id);
    return pg_session_query(task, session, &rows, &user_repo_statements[USER_REPO_DELETE], &params);
}

enum err user_repo_delete(struct task *task, const uuid *id, uint64_t version, const struct audit_actor *by) {
    struct user before;
    struct changing changing = {.out = &before, .id = id, .version = version, .by = by};
    return account_transaction(task, delete_user, &changing);
}
