/* The rules of API keys. Owns nothing; the task's coroutine. */
#include "services/key_service.h"

#include <string.h>

#include "core/clock.h"
#include "core/scope_table.h"
#include "label.h"
#include "sealed_secret.h"

static enum err check_scopes(struct task *task, const struct caller *caller, uint32_t scopes) {
    if (scopes == SCOPE_NONE) return task_fail(task, ERR_INVALID_PARAMETER, "a key needs one scope at least");
    for (size_t i = 0; i < scope_count; i++) {
        const struct scope_row *row = &scope_table[i];
        if ((scopes & row->scope) == 0 || !row->admins_only || caller->principal->admin) continue;
        return task_fail(task, ERR_FORBIDDEN, "the scope %s is for keys of admins", row->name);
    }
    return ERR_OK;
}

static enum err check_wish(struct task *task, const struct caller *caller, const struct key_wish *wish) {
    uint64_t now_s = clock_wall_s();
    if (!label_is_valid(wish->name, strlen(wish->name))) {
        return task_fail(task, ERR_INVALID_PARAMETER, "name is not " LABEL_RULE);
    }
    if (wish->expires_at_s != 0 && (wish->expires_at_s <= now_s || wish->expires_at_s > now_s + KEY_MAX_LIFE_S)) {
        return task_fail(task, ERR_INVALID_PARAMETER,
                         "expires_at is %llu, not a moment of the next five years in unix seconds; null: never",
                         (unsigned long long)wish->expires_at_s);
    }
    return check_scopes(task, caller, wish->scopes);
}

static struct api_key new_key(const struct caller *caller, const struct key_wish *wish,
                              uint8_t secret[API_SECRET_BYTES]) {
    struct api_key key = {.id = uuid_new(),
                          .user = caller->principal->user,
                          .name = wish->name,
                          .scopes = wish->scopes,
                          .expires_at_s = wish->expires_at_s};
    secure_random(secret, API_SECRET_BYTES);
    sha256(key.secret_hash, secret, API_SECRET_BYTES);
    return key;
}

/* What was made then is told again. */
static enum err reopen(struct task *task, const struct seal *seal, uint8_t secret[API_SECRET_BYTES],
                       const uint8_t sealed[API_SECRET_BYTES]) {
    if (sealed_secret_open(seal, secret, sealed)) return ERR_OK;
    return task_fail(task, ERR_KEY_NOT_FOUND,
                     "the key was made, but what it was sealed with is gone: delete it and make another");
}

enum err key_service_create(struct task *task, const struct caller *caller, struct api_key *out,
                            char text[API_KEY_TEXT_BYTES], bool *replayed, const struct key_wish *wish,
                            const struct replay *replay) {
    const struct audit_actor actor = caller_actor(caller);
    const uuid *user = &caller->principal->user;
    struct api_key_text key;
    uint8_t sealed[API_SECRET_BYTES];
    enum err err = auth_check_user(task, caller->principal, user, SCOPE_SESSION, SCOPE_SESSION);
    if (err == ERR_OK) err = check_wish(task, caller, wish);
    if (err != ERR_OK) return err;
    *out = new_key(caller, wish, key.secret);
    const struct seal seal = {.ring = caller->auth->ring,
                              .user = user,
                              .secret_hash = out->secret_hash,
                              .idempotency_key = replay != NULL ? replay->text : ""};
    sealed_secret_close(&seal, sealed, key.secret);
    err = key_repo_create(task, out, replayed, sealed, USER_MAX_KEYS, replay != NULL ? sealed : NULL, &actor,
                          replay_idempotency(replay));
    if (err == ERR_OK && *replayed) err = reopen(task, &seal, key.secret, sealed);
    key.id = out->id;
    if (err == ERR_OK) api_key_write(text, &key);
    secure_wipe(&key, sizeof key);
    return err;
}

enum err key_service_page(struct task *task, const struct caller *caller, struct api_key_page *out, const uuid *user,
                          const uuid *after, size_t limit) {
    enum err err = auth_check_user(task, caller->principal, user, SCOPE_ACCOUNT_READ, SCOPE_USERS_READ);
    return err == ERR_OK ? key_repo_page(task, out, user, after, limit) : err;
}

enum err key_service_delete(struct task *task, const struct caller *caller, const uuid *id) {
    const struct principal *principal = caller->principal;
    const struct audit_actor actor = caller_actor(caller);
    enum err err = auth_check_user(task, principal, &principal->user, SCOPE_SESSION, SCOPE_SESSION);
    if (err == ERR_OK) err = key_repo_delete(task, id, principal->admin ? NULL : &principal->user, &actor);
    if (err == ERR_OK) auth_forget_key(caller->auth, id);
    return err;
}
