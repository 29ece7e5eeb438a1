/* Signing in and out: GET /auth/nonce, POST /auth/verify, POST /auth/refresh, POST /auth/logout, GET /auth/session. The
 * request's coroutine. */
#include <string.h>

#include "app.h"
#include "body.h"
#include "handlers.h"
#include "services/sign_in_service.h"
#include "signed_message.h"
#include "views.h"

struct nonce_answer {
    char nonce[NONCE_TEXT_BYTES];
    uint64_t expires_s;
};

static void render_nonce(struct json_out *out, const void *view) {
    const struct nonce_answer *answer = view;
    json_out_object_begin(out);
    json_out_key_str(out, "nonce", answer->nonce);
    json_out_key_u64(out, "expires_at", answer->expires_s);
    json_out_object_end(out);
}

enum err route_auth_nonce(struct request *req, struct response *res) {
    struct nonce_answer *answer = arena_alloc(req->task.arena, sizeof *answer);
    if (answer == NULL) return task_fail_memory(&req->task);
    enum err err = sign_in_nonce(&req->task, req->app->auth, answer->nonce, &answer->expires_s);
    if (err != ERR_OK) return err;
    response_json(res, render_nonce, answer);
    return ERR_OK;
}

struct grant_answer {
    struct grant grant;
    bool tells_created; /* a refresh creates nobody */
};

static void view_user_id(struct json_out *out, const char *key, bool has_user, const uuid *user) {
    char text[UUID_TEXT_BYTES];
    json_out_key_str(out, key, has_user ? uuid_format(text, user) : NULL);
}

static void render_grant(struct json_out *out, const void *view) {
    const struct grant_answer *answer = view;
    const struct grant *grant = &answer->grant;
    const struct access_claims *claims = &grant->claims;
    json_out_object_begin(out);
    json_out_key_str(out, "access_token", grant->access_token);
    json_out_key_str(out, "token_type", "Bearer");
    json_out_key_u64(out, "expires_in", claims->expires_s - claims->issued_s);
    json_out_key_u64(out, "expires_at", claims->expires_s);
    if (grant->refresh_token[0] != '\0') {
        json_out_key_str(out, "refresh_token", grant->refresh_token);
        json_out_key_u64(out, "refresh_expires_at", grant->refresh_expires_s);
    } else {
        json_out_key_null(out, "refresh_token");
        json_out_key_null(out, "refresh_expires_at");
    }
    json_out_key(out, "user");
    json_out_object_begin(out);
    view_user_id(out, "id", claims->has_user, &claims->user);
    view_address(out, "address", &claims->address);
    json_out_key_u64(out, "chain_id", claims->chain_id);
    if (answer->tells_created) json_out_key_bool(out, "created", grant->created);
    json_out_object_end(out);
    json_out_object_end(out);
}

enum err route_auth_verify(struct request *req, struct response *res) {
    struct task *task = &req->task;
    struct auth *auth = req->app->auth;
    struct signed_message body;
    struct proof proof;
    struct grant_answer *answer = arena_alloc(task->arena, sizeof *answer);
    if (answer == NULL) return task_fail_memory(task);
    enum err err = signed_message_read(req, &body);
    if (err == ERR_OK) {
        err = sign_in_prove(task, auth, &proof, body.message.p, body.message.len, body.signature, body.signature_len);
    }
    if (err == ERR_OK) err = sign_in_begin(task, auth, &answer->grant, &proof, req->id);
    if (err != ERR_OK) return err;
    answer->tells_created = true;
    response_json(res, render_grant, answer);
    return ERR_OK;
}

enum err route_auth_refresh(struct request *req, struct response *res) {
    static const char *const members[] = {"refresh_token", NULL};
    struct task *task = &req->task;
    struct body body;
    struct slice token;
    struct grant_answer *answer = arena_alloc(task->arena, sizeof *answer);
    if (answer == NULL) return task_fail_memory(task);
    enum err err = body_read(req, &body, members);
    if (err == ERR_OK) err = body_text(&body, &token, "refresh_token");
    if (err == ERR_OK) err = sign_in_refresh(task, req->app->auth, &answer->grant, token.p, token.len, req->id);
    if (err != ERR_OK) return err;
    response_json(res, render_grant, answer);
    return ERR_OK;
}

enum err route_auth_logout(struct request *req, struct response *res) {
    res->status = 204;
    return sign_in_end(&req->task, req->app->auth, &req->principal, req->id);
}

static void render_session(struct json_out *out, const void *view) {
    const struct principal *principal = view;
    char session[UUID_TEXT_BYTES];
    address signer;
    memcpy(signer.bytes, principal->address, sizeof signer.bytes);
    json_out_object_begin(out);
    json_out_key_str(out, "session_id", uuid_format(session, &principal->id));
    view_user_id(out, "user_id", principal->has_user, &principal->user);
    view_address(out, "address", &signer);
    json_out_key_u64(out, "chain_id", principal->chain_id);
    json_out_key_bool(out, "admin", principal->admin);
    json_out_key_u64(out, "issued_at", principal->issued_s);
    json_out_key_u64(out, "expires_at", principal->expires_s);
    json_out_object_end(out);
}

enum err route_auth_session(struct request *req, struct response *res) {
    response_json(res, render_session, &req->principal);
    return ERR_OK;
}
