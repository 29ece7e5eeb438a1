/* Shared by the routes of accounts. Owns nothing; the request's coroutine. */
#include "account.h"

#include <jansson.h>
#include <stdlib.h>

#include "app.h"
#include "body.h"
#include "core/buf.h"

struct caller account_caller(const struct request *req) {
    return (struct caller){.auth = req->app->auth, .principal = &req->principal, .request_id = req->id};
}

static enum err parse_user(struct request *req, uuid *out, struct slice text) {
    *out = req->principal.user;
    if (slice_is(text, "me")) return ERR_OK;
    if (uuid_parse(out, text.p, text.len) == ERR_OK) return ERR_OK;
    return task_fail(&req->task, ERR_INVALID_PARAMETER, "the user is neither a UUID nor me");
}

enum err account_user(struct request *req, uuid *out, size_t index) {
    return parse_user(req, out, req->params[index]);
}

enum err account_query_user(struct request *req, uuid *out, bool *given) {
    struct slice text;
    *given = request_query(req, &text, "user");
    return *given ? parse_user(req, out, text) : ERR_OK;
}

enum err account_id(struct request *req, uuid *out, size_t index, const char *name) {
    const struct slice text = req->params[index];
    if (uuid_parse(out, text.p, text.len) == ERR_OK) return ERR_OK;
    return task_fail(&req->task, ERR_INVALID_PARAMETER, "%s is not a UUID", name);
}

/* Method, path, and the body without what makes no difference in JSON. The caller frees it. */
static struct buf describe_request(const struct request *req, const json_t *body) {
    struct buf out;
    char *text = json_dumps(body, JSON_SORT_KEYS | JSON_COMPACT);
    if (text == NULL) abort(); /* no memory: it was parsed from less */
    buf_init(&out, SIZE_MAX);
    buf_append_str(&out, req->method_name);
    buf_append_char(&out, ' ');
    buf_append(&out, req->path.p, req->path.len);
    buf_append_char(&out, '\n');
    buf_append_str(&out, text);
    free(text);
    return out;
}

enum err account_replay(struct request *req, const struct replay **out) {
    const char *key = request_header_list(req, "Idempotency-Key");
    const json_t *body;
    *out = NULL;
    if (key == NULL) return ERR_OK;
    struct replay *replay = arena_alloc(req->task.arena, sizeof *replay);
    if (replay == NULL) return task_fail_memory(&req->task);
    enum err err = body_load(&req->task, &body, req->body, BODY_MAX_DEPTH);
    if (err != ERR_OK) return err;
    struct buf request = describe_request(req, body);
    bool valid = replay_make(replay, key, request.data, request.len);
    buf_free(&request);
    *out = replay;
    if (valid) return ERR_OK;
    return task_fail(&req->task, ERR_INVALID_PARAMETER, "Idempotency-Key is not 1 to %d visible characters of ASCII",
                     IDEMPOTENCY_KEY_MAX_BYTES);
}

void account_created(struct response *res, bool replayed) {
    res->status = 201;
    if (replayed) response_header(res, "Idempotency-Replayed", "true");
}

void account_view_id(struct json_out *out, const char *key, const uuid *id) {
    char text[UUID_TEXT_BYTES];
    json_out_key_str(out, key, id != NULL ? uuid_format(text, id) : NULL);
}

void account_view_time(struct json_out *out, const char *key, uint64_t at_s) {
    if (at_s == 0) {
        json_out_key_null(out, key);
    } else {
        json_out_key_u64(out, key, at_s);
    }
}
