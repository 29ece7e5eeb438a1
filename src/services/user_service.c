/* The rules of users. Owns nothing; the task's coroutine. */
#include "services/user_service.h"

#include <string.h>

#include "core/clock.h"
#include "email.h"
#include "label.h"
#include "services/key_service.h"
#include "services/sign_in_service.h"

/* Versions begin at 1. */
enum { ANY_VERSION = 0 };
static const uint64_t no_version = INT64_MAX; /* that anything will ever have */

enum err user_service_get(struct task *task, const struct caller *caller, struct user *out, const uuid *id) {
    enum err err = auth_check_user(task, caller->principal, id, SCOPE_ACCOUNT_READ, SCOPE_USERS_READ);
    return err == ERR_OK ? user_repo_get(task, out, id) : err;
}

enum err user_service_page(struct task *task, const struct caller *caller, struct user_page *out, const uuid *after,
                           size_t limit) {
    enum err err = auth_check_admin(task, caller->principal, SCOPE_USERS_READ);
    return err == ERR_OK ? user_repo_page(task, out, after, limit) : err;
}

/* Neither value is shown: they are personal, and what fails is logged. */
static enum err check_members(struct task *task, const struct user_change *what) {
    if (what->set_name && what->name != NULL && !label_is_valid(what->name, strlen(what->name))) {
        return task_fail(task, ERR_INVALID_PARAMETER, "name is not " LABEL_RULE);
    }
    if (what->set_email && what->email != NULL && !email_is_valid(what->email, strlen(what->email))) {
        return task_fail(task, ERR_INVALID_PARAMETER, "email is not " EMAIL_RULE);
    }
    return ERR_OK;
}

enum err user_service_create(struct task *task, const struct caller *caller, struct user *out, bool *replayed,
                             const struct user_change *what, const struct replay *replay) {
    const struct audit_actor actor = caller_actor(caller);
    enum err err = auth_check_admin(task, caller->principal, SCOPE_USERS_WRITE);
    if (err == ERR_OK) err = check_members(task, what);
    return err == ERR_OK ? user_repo_create(task, out, replayed, what, &actor, replay_idempotency(replay)) : err;
}

static enum err check_may_write(struct task *task, const struct caller *caller, const uuid *id) {
    return auth_check_user(task, caller->principal, id, SCOPE_ACCOUNT_WRITE, SCOPE_USERS_WRITE);
}

/* The repo compares one version. Of several, the one that the user has now is it, and it has to stay so. */
static enum err choose_version(struct task *task, uint64_t *out, const uuid *id,
                               const struct expected_versions *expected) {
    struct user user;
    *out = expected->any ? ANY_VERSION : expected->n == 1 ? expected->versions[0] : no_version;
    if (expected->any || expected->n < 2) return ERR_OK;
    enum err err = user_repo_get(task, &user, id);
    for (size_t i = 0; err == ERR_OK && i < expected->n; i++) {
        if (expected->versions[i] == user.version) *out = user.version;
    }
    return err;
}

enum err user_service_update(struct task *task, const struct caller *caller, struct user *out, const uuid *id,
                             const struct expected_versions *expected, const struct user_change *what) {
    const struct audit_actor actor = caller_actor(caller);
    uint64_t version;
    enum err err = check_may_write(task, caller, id);
    if (err == ERR_OK && what->set_role) err = auth_check_admin(task, caller->principal, SCOPE_USERS_WRITE);
    if (err == ERR_OK) err = check_members(task, what);
    if (err == ERR_OK) err = choose_version(task, &version, id, expected);
    return err == ERR_OK ? user_repo_update(task, out, id, version, what, &actor) : err;
}

enum err user_service_delete(struct task *task, const struct caller *caller, const uuid *id,
                             const struct expected_versions *expected) {
    const struct audit_actor actor = caller_actor(caller);
    struct api_key_page keys;
    uint64_t version;
    enum err err = check_may_write(task, caller, id);
    if (err == ERR_OK) err = choose_version(task, &version, id, expected);
    if (err == ERR_OK) err = key_repo_page(task, &keys, id, NULL, USER_MAX_KEYS);
    if (err == ERR_OK) err = user_repo_delete(task, id, version, &actor);
    for (size_t i = 0; err == ERR_OK && i < keys.n_rows; i++) auth_forget_key(caller->auth, &keys.rows[i].id);
    return err;
}

static enum err check_is_self(struct task *task, const struct caller *caller, const uuid *id) {
    enum err err = auth_check_user(task, caller->principal, id, SCOPE_SESSION, SCOPE_SESSION);
    if (err != ERR_OK || uuid_equal(&caller->principal->user, id)) return err;
    return task_fail(task, ERR_FORBIDDEN, "an address is added by the user whose it becomes");
}

/* Out: the address that the claim proves, and what proving it uses up. */
static enum err prove(struct task *task, const struct caller *caller, struct user_address *out,
                      struct spending *spending, const struct address_claim *claim) {
    struct proof proof;
    enum err err = sign_in_prove(task, caller->auth, &proof, claim->message, claim->message_len, claim->signature,
                                 claim->signature_len);
    if (err == ERR_OK) err = sign_in_spend(task, spending, &proof);
    if (err != ERR_OK) return err;
    *out = (struct user_address){
        .address = proof.address, .chain_id = proof.any_chain ? 0 : proof.chain_id, .proven_at_s = clock_wall_s()};
    return ERR_OK;
}

enum err user_service_add_address(struct task *task, const struct caller *caller, struct user *out, bool *replayed,
                                  const uuid *id, const struct address_claim *claim, const struct replay *replay) {
    const struct audit_actor actor = caller_actor(caller);
    const struct idempotency *idempotency = replay_idempotency(replay);
    struct user_address what;
    struct spending spending;
    enum err err = check_is_self(task, caller, id);
    if (err == ERR_OK) err = user_repo_find_added(task, out, replayed, &actor, idempotency);
    if (err != ERR_OK || *replayed) return err;
    err = prove(task, caller, &what, &spending, claim);
    if (err != ERR_OK) return err;
    return user_repo_add_address(task, out, replayed, id, &what, USER_MAX_ADDRESSES, &spending, &actor, idempotency);
}

enum err user_service_remove_address(struct task *task, const struct caller *caller, struct user *out, const uuid *id,
                                     const struct expected_versions *expected, const address *what, uint64_t chain_id) {
    const struct audit_actor actor = caller_actor(caller);
    uint64_t version;
    enum err err = check_may_write(task, caller, id);
    if (err == ERR_OK) err = choose_version(task, &version, id, expected);
    return err == ERR_OK ? user_repo_remove_address(task, out, id, version, what, chain_id, &actor) : err;
}
