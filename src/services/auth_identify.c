/* Credentials become a principal: an access token by its MAC, an API key by its secret's hash, and where what has been
 * revoked must count at once, both by asking the database.
 * Owns nothing.
 * The task's coroutine. */
#include <string.h>

#include "core/clock.h"
#include "core/digest.h"
#include "known_key.h"
#include "repos/session_repo.h"
#include "services/access_token.h"
#include "services/auth.h"
#include "services/secrets.h"
#include "verified_token.h"

static const uint32_t key_scopes = 0
#define SCOPE(id, bit, name, admins_only, help) | SCOPE_##id
#include "core/scopes.def"
#undef SCOPE
    ;

static enum err fail_token(struct task *task, enum err err) {
    if (err == ERR_TOKEN_EXPIRED) return task_fail(task, err, "the access token has expired; refresh the session");
    return task_fail(task, err, "this is neither an access token nor an API key that was made here");
}

/* The same words for a key that does not exist and for a wrong secret: who guesses learns nothing of either. */
static enum err fail_key(struct task *task) {
    return task_fail(task, ERR_UNAUTHENTICATED, "there is no such API key");
}

static void set_session(struct principal *out, const struct access_claims *claims) {
    *out = (struct principal){.kind = PRINCIPAL_SESSION,
                              .id = claims->session,
                              .has_user = claims->has_user,
                              .user = claims->user,
                              .chain_id = claims->chain_id,
                              .issued_s = claims->issued_s,
                              .expires_s = claims->expires_s};
    memcpy(out->address, claims->address.bytes, sizeof out->address);
}

/* Without a database the sessions that have ended are in memory, and of those from before the start nobody knows. */
static enum err verify_here(struct task *task, const struct auth *auth, const struct principal *principal,
                            uint64_t now_s) {
    if (principal->has_user) {
        return task_fail(task, ERR_ACCOUNTS_UNAVAILABLE, "the session is one of a user, and users need the database");
    }
    if (principal->issued_s <= auth->started_s || spent_has(auth->spent, principal->id.bytes, now_s)) {
        return task_fail(task, ERR_UNAUTHENTICATED, "the session has ended");
    }
    return ERR_OK;
}

static enum err verify_session(struct task *task, struct principal *principal) {
    struct session session;
    enum err err = session_repo_get(task, &session, &principal->id);
    if (err != ERR_OK) return err;
    principal->has_user = true;
    principal->user = session.user;
    principal->admin = session.admin;
    return ERR_OK;
}

static enum err identify_session(struct task *task, struct auth *auth, struct principal *out, const char *text,
                                 size_t len, bool verify) {
    struct access_claims claims;
    uint64_t now_s = clock_wall_s();
    enum err err = verified_token_read(&claims, auth, text, len, now_s, reactor_now_ms(task->reactor));
    if (err != ERR_OK) return fail_token(task, err);
    set_session(out, &claims);
    if (!verify) return ERR_OK;
    out->verified = true;
    return auth->has_database ? verify_session(task, out) : verify_here(task, auth, out, now_s);
}

static bool secret_is_right(const struct known_key *key, const struct api_key_text *text) {
    uint8_t hash[SHA256_BYTES];
    sha256(hash, text->secret, sizeof text->secret);
    return digest_equal(hash, key->secret_hash, sizeof hash);
}

static enum err check_key(struct task *task, const struct known_key *key, const struct api_key_text *text,
                          uint64_t now_s) {
    if (!key->exists || !secret_is_right(key, text)) return fail_key(task);
    if (key->expires_at_s == 0 || key->expires_at_s > now_s) return ERR_OK;
    return task_fail(task, ERR_UNAUTHENTICATED, "the API key has expired");
}

static enum err identify_key(struct task *task, struct auth *auth, struct principal *out,
                             const struct api_key_text *text, bool verify) {
    struct known_key key;
    uint64_t now_s = clock_wall_s();
    if (!auth->has_database) return task_fail(task, ERR_ACCOUNTS_UNAVAILABLE, "API keys need the database");
    enum err err = known_key_get(task, auth, &key, &text->id, verify);
    if (err == ERR_OK) err = check_key(task, &key, text, now_s);
    if (err != ERR_OK) return err;
    known_key_note_use(task, auth, &key, &text->id, now_s);
    *out = (struct principal){.kind = PRINCIPAL_KEY,
                              .id = text->id,
                              .has_user = true,
                              .user = key.user,
                              .issued_s = key.created_at_s,
                              .expires_s = key.expires_at_s,
                              .scopes = key.scopes & key_scopes,
                              .verified = verify,
                              .admin = verify && key.admin};
    return ERR_OK;
}

enum err auth_identify(struct task *task, struct auth *auth, struct principal *out, const char *credentials, size_t len,
                       bool verify) {
    struct api_key_text key;
    if (api_key_read(&key, credentials, len) == ERR_OK) return identify_key(task, auth, out, &key, verify);
    return identify_session(task, auth, out, credentials, len, verify);
}
