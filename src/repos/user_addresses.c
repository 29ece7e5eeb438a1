/* The addresses of a user: claimed by a signature, given up by the user. The user's row is locked first, so that it
 * never has more than it may, nor loses the last one twice. The task's coroutine. */
#include "account_db.h"
#include "idempotency.h"
#include "live_session.h"
#include "nonces.h"
#include "repos/user_repo.h"
#include "user_repo_sql.h"
#include "user_rows.h"

static bool has_address(const struct user *user, const address *what, uint64_t chain_id) {
    for (size_t i = 0; i < user->n_addresses; i++) {
        const struct user_address *own = &user->addresses[i];
        if (own->chain_id == chain_id && address_equal(&own->address, what)) return true;
    }
    return false;
}

/* Out: *done, false when the address was another's (add), or not the user's (remove). */
static enum err change(struct task *task, struct pg_session *session, bool *done, enum user_repo_statement statement,
                       const uuid *id, const address *what, uint64_t chain_id, const struct audit_actor *by) {
    struct pg_params params = {.n = 0};
    struct pg_rows rows;
    account_param_log(&params, by);
    pg_param_uuid(&params, id);
    pg_param_address(&params, what);
    pg_param_i64(&params, (int64_t)chain_id);
    enum err err = pg_session_query(task, session, &rows, &user_repo_statements[statement], &params);
    *done = err == ERR_OK && rows.n > 0;
    return err;
}

struct adding {
    struct user *out;
    bool *replayed;
    const uuid *id;
    const struct user_address *what;
    size_t max;
    const struct spending *spending;
    const struct audit_actor *by;
    const struct idempotency *idempotency;
};

/* In: adding->out, the user as it is. */
static enum err claim(struct task *task, struct pg_session *session, const struct adding *adding) {
    const struct user_address *what = adding->what;
    bool added = true;
    enum err err = nonces_spend(task, session, adding->spending);
    if (err != ERR_OK || has_address(adding->out, &what->address, what->chain_id)) return err;
    if (adding->out->n_addresses >= adding->max) {
        return task_fail(task, ERR_LIMIT_REACHED, "a user may have %zu addresses", adding->max);
    }
    err = change(task, session, &added, USER_REPO_ADD_ADDRESS, adding->id, &what->address, what->chain_id, adding->by);
    if (err != ERR_OK || added) return err;
    return task_fail(task, ERR_ADDRESS_TAKEN, "the address belongs to another user");
}

static enum err add(struct task *task, struct pg_session *session, void *arg) {
    const struct adding *adding = arg;
    struct idempotency_record record = {.resource = *adding->id};
    *adding->replayed = false;
    enum err err = user_rows_lock(task, session, adding->out, adding->id, 0, USER_LOCK_TO_CHANGE);
    if (err == ERR_OK) err = live_session_hold(task, session, adding->by);
    if (err != ERR_OK) return err;
    err = idempotency_begin(task, session, adding->replayed, &record, adding->by->user, adding->idempotency);
    if (err == ERR_OK && !*adding->replayed) err = claim(task, session, adding);
    return err == ERR_OK ? user_rows_get(task, session, adding->out, &record.resource) : err;
}

enum err user_repo_find_added(struct task *task, struct user *out, bool *replayed, const struct audit_actor *by,
                              const struct idempotency *idempotency) {
    struct idempotency_record record;
    enum err err = idempotency_find(task, replayed, &record, by->user, idempotency);
    return err == ERR_OK && *replayed ? user_repo_get(task, out, &record.resource) : err;
}

enum err user_repo_add_address(struct task *task, struct user *out, bool *replayed, const uuid *id,
                               const struct user_address *what, size_t max, const struct spending *spending,
                               const struct audit_actor *by, const struct idempotency *idempotency) {
    struct adding adding = {.out = out,
                            .replayed = replayed,
                            .id = id,
                            .what = what,
                            .max = max,
                            .spending = spending,
                            .by = by,
                            .idempotency = idempotency};
    return account_transaction(task, add, &adding);
}

struct removing {
    struct user *out;
    const uuid *id;
    uint64_t version;
    const address *what;
    uint64_t chain_id;
    const struct audit_actor *by;
};

static enum err remove_address(struct task *task, struct pg_session *session, void *arg) {
    const struct removing *removing = arg;
    struct user *user = removing->out;
    bool removed;
    enum err err = user_rows_lock(task, session, user, removing->id, removing->version, USER_LOCK_TO_DELETE);
    if (err != ERR_OK) return err;
    if (!has_address(user, removing->what, removing->chain_id)) {
        return task_fail(task, ERR_NOT_FOUND, "the address is none of the user's");
    }
    if (user->n_addresses == 1) return task_fail(task, ERR_LAST_ADDRESS, "it is the user's last address");
    err = change(task, session, &removed, USER_REPO_REMOVE_ADDRESS, removing->id, removing->what, removing->chain_id,
                 removing->by);
    return err == ERR_OK ? user_rows_get(task, session, user, removing->id) : err;
}

enum err user_repo_remove_address(struct task *task, struct user *out, const uuid *id, uint64_t version,
                                  const address *what, uint64_t chain_id, const struct audit_actor *by) {
    struct removing removing = {.out = out, .id = id, .version = version, .what = what, .chain_id = chain_id, .by = by};
    return account_transaction(task, remove_address, &removing);
}
