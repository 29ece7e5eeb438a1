/* Changes to users out of bodies. Owns nothing; the request's coroutine. */
#include "user_change.h"

#include <string.h>

#include "body.h"

static enum err read_text(const struct body *body, const char **out, bool *set, const char *name) {
    struct slice text;
    enum err err = body_optional_text(body, &text, name);
    *set = body_has(body, name);
    *out = text.p;
    return err;
}

static enum err read_role(const struct body *body, struct user_change *out) {
    struct slice text;
    if (!body_has(body, "role")) return ERR_OK;
    enum err err = body_text(body, &text, "role");
    if (err != ERR_OK) return err;
    out->set_role = true;
    out->admin = strcmp(text.p, "admin") == 0;
    if (out->admin || strcmp(text.p, "user") == 0) return ERR_OK;
    return task_fail(body->task, ERR_INVALID_PARAMETER, "role is neither user nor admin");
}

enum err user_change_parse(struct task *task, struct user_change *out, struct slice text) {
    static const char *const members[] = {"name", "email", "role", NULL};
    struct body body;
    *out = (struct user_change){.set_name = false};
    enum err err = body_parse(task, &body, text, members);
    if (err == ERR_OK) err = read_text(&body, &out->name, &out->set_name, "name");
    if (err == ERR_OK) err = read_text(&body, &out->email, &out->set_email, "email");
    return err == ERR_OK ? read_role(&body, out) : err;
}

enum err user_change_read(struct request *req, struct user_change *out) {
    enum err err = body_check_type(req, req->method == HTTP_PATCH ? "application/merge-patch+json" : NULL);
    return err == ERR_OK ? user_change_parse(&req->task, out, req->body) : err;
}
