/* Nonces given, sessions begun, kept up and ended. Owns nothing; the task's coroutine. */
#include "services/sign_in_service.h"

#include <string.h>

#include "core/clock.h"
#include "repos/session_repo.h"
#include "sign_in_rules.h"

enum { START_POLL_MS = 20 };

enum err sign_in_nonce(struct task *task, struct auth *auth, char out[NONCE_TEXT_BYTES], uint64_t *expires_s) {
    enum err err = sign_in_check_configured(task, auth->domains);
    if (err != ERR_OK) return err;
    uint64_t now_s = clock_wall_s();
    nonce_make(out, auth->ring, now_s, auth->nonce_ttl_s);
    *expires_s = now_s + auth->nonce_ttl_s;
    return ERR_OK;
}

static bool is_admin(const struct auth *auth, const struct proof *proof) {
    bool named = false;
    for (size_t i = 0; i < auth->n_admins && !named; i++) named = address_equal(&auth->admins[i], &proof->address);
    return named && (proof->any_chain || proof->chain_id == chain_id(auth->chains[0]));
}

/* In: claims without times; session_expires_s, which no access token outlives. */
static void write_access_token(const struct auth *auth, struct grant *out, const struct access_claims *claims,
                               uint64_t now_s, uint64_t session_expires_s) {
    out->claims = *claims;
    out->claims.issued_s = now_s;
    out->claims.expires_s = now_s + auth->access_ttl_s;
    if (out->claims.expires_s > session_expires_s) out->claims.expires_s = session_expires_s;
    (void)access_token_write(out->access_token, auth->ring, &out->claims);
}

static void write_grant(const struct auth *auth, struct grant *out, const struct session *session, uint64_t now_s) {
    const struct access_claims claims = {.session = session->id,
                                         .has_user = true,
                                         .user = session->user,
                                         .address = session->address,
                                         .chain_id = session->chain_id};
    const struct refresh_token token = {.session = session->id, .generation = session->generation};
    *out = (struct grant){.refresh_expires_s = session->expires_at_s};
    write_access_token(auth, out, &claims, now_s, session->expires_at_s);
    refresh_token_write(out->refresh_token, auth->ring, &token);
}

static enum err begin_kept(struct task *task, const struct auth *auth, struct grant *out, const struct proof *proof,
                           const struct spending *spending, const char *request_id) {
    uint64_t now_s = clock_wall_s();
    const struct sign_in what = {.spending = *spending,
                                 .address = proof->address,
                                 .chain_id = proof->chain_id,
                                 .any_chain = proof->any_chain,
                                 .admin = is_admin(auth, proof),
                                 .session = uuid_new(),
                                 .expires_at_s = now_s + auth->refresh_ttl_s};
    struct session session;
    bool created;
    enum err err = session_repo_sign_in(task, &session, &created, &what, request_id);
    if (err != ERR_OK) return err;
    write_grant(auth, out, &session, now_s);
    out->created = created;
    return ERR_OK;
}

/* An id that may be used once, kept in memory. ERR_INVALID_NONCE when it was. */
static enum err spend_here(struct task *task, const struct auth *auth, const uint8_t id[16], uint64_t expires_s) {
    enum err err = spent_add(auth->spent, id, expires_s, clock_wall_s());
    if (err == ERR_OK) return ERR_OK;
    return task_fail(task, err, "%s",
                     err == ERR_INVALID_NONCE ? "the nonce has been used; GET /auth/nonce gives a new one"
                                              : "as many have come and gone as can be remembered without a database");
}

/* Without a database nobody remembers which sessions had ended before the start, so none as old as that goes on. Tokens
 * count seconds: one of the second of the start would be as old. */
static enum err wait_past_start(struct task *task, const struct auth *auth) {
    while (clock_wall_s() <= auth->started_s) {
        if (reactor_now_ms(task->reactor) >= task->deadline_ms) {
            return task_fail(task, ERR_TIMEOUT, "the deadline passed in the second in which the server was started");
        }
        reactor_sleep_ms(task->reactor, START_POLL_MS);
    }
    return ERR_OK;
}

static enum err begin_here(struct task *task, const struct auth *auth, struct grant *out, const struct proof *proof,
                           const struct spending *spending) {
    enum err err = wait_past_start(task, auth);
    if (err == ERR_OK) err = spend_here(task, auth, spending->nonce, spending->expires_at_s);
    if (err != ERR_OK) return err;
    const struct access_claims claims = {.session = uuid_new(), .address = proof->address, .chain_id = proof->chain_id};
    *out = (struct grant){.created = false};
    write_access_token(auth, out, &claims, clock_wall_s(), UINT64_MAX);
    return ERR_OK;
}

enum err sign_in_begin(struct task *task, struct auth *auth, struct grant *out, const struct proof *proof,
                       const char *request_id) {
    struct spending spending;
    enum err err = sign_in_spend(task, &spending, proof);
    if (err != ERR_OK) return err;
    if (!auth->has_database) return begin_here(task, auth, out, proof, &spending);
    return begin_kept(task, auth, out, proof, &spending, request_id);
}

enum err sign_in_refresh(struct task *task, struct auth *auth, struct grant *out, const char *token, size_t len,
                         const char *request_id) {
    struct refresh_token read;
    struct session session;
    if (!auth->has_database) {
        return task_fail(task, ERR_ACCOUNTS_UNAVAILABLE, "without a database a session ends with its access token");
    }
    enum err err = refresh_token_read(&read, auth->ring, token, len);
    if (err != ERR_OK) return task_fail(task, err, "the refresh token was not made here");
    uint64_t now_s = clock_wall_s();
    err = session_repo_rotate(task, &session, &read.session, read.generation, now_s + auth->refresh_ttl_s, request_id);
    if (err != ERR_OK) return err;
    write_grant(auth, out, &session, now_s);
    return ERR_OK;
}

enum err sign_in_end(struct task *task, struct auth *auth, const struct principal *principal, const char *request_id) {
    if (auth->has_database) {
        const struct audit_actor by = {.user = &principal->user, .request_id = request_id};
        return session_repo_end(task, &principal->id, &by);
    }
    enum err err = spend_here(task, auth, principal->id.bytes, principal->expires_s);
    return err == ERR_INVALID_NONCE ? ERR_OK : err; /* it had ended already */
}
