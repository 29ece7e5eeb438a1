/* New keys out of bodies. Owns nothing; the request's coroutine. */
#include "key_body.h"

#include <stdio.h>
#include <string.h>

#include "body.h"
#include "core/scope_table.h"

enum { MAX_SCOPES = 32, LIST_BYTES = 160 };

static const char *list_scopes(char out[LIST_BYTES]) {
    size_t len = 0;
    out[0] = '\0';
    for (size_t i = 0; i < scope_count && len < LIST_BYTES; i++) {
        len += (size_t)snprintf(out + len, LIST_BYTES - len, "%s%s", i > 0 ? ", " : "", scope_table[i].name);
    }
    return out;
}

static enum err read_scopes(const struct body *body, uint32_t *out) {
    struct slice names[MAX_SCOPES];
    char list[LIST_BYTES];
    size_t n;
    *out = SCOPE_NONE;
    enum err err = body_texts(body, names, &n, "scopes", 1, scope_count);
    for (size_t i = 0; err == ERR_OK && i < n; i++) {
        const struct scope_row *row = scope_find(names[i].p, names[i].len);
        if (row == NULL) {
            err = task_fail(body->task, ERR_INVALID_PARAMETER, "scopes[%zu] is not one of %s", i, list_scopes(list));
        } else if ((*out & row->scope) != 0) {
            err = task_fail(body->task, ERR_INVALID_PARAMETER, "scopes[%zu], %s, is there twice", i, row->name);
        } else {
            *out |= row->scope;
        }
    }
    return err;
}

static enum err read_expiry(const struct body *body, uint64_t *out) {
    bool given;
    enum err err = body_optional_u64(body, out, &given, "expires_at");
    if (err != ERR_OK || !given || *out > 0) return err;
    return task_fail(body->task, ERR_INVALID_PARAMETER, "expires_at is 0, which is past; null: never");
}

enum err key_body_parse(struct task *task, struct key_wish *out, struct slice text) {
    static const char *const members[] = {"name", "scopes", "expires_at", NULL};
    struct body body;
    struct slice name;
    *out = (struct key_wish){.name = NULL};
    enum err err = body_parse(task, &body, text, members);
    if (err == ERR_OK) err = body_text(&body, &name, "name");
    if (err == ERR_OK) err = read_scopes(&body, &out->scopes);
    if (err == ERR_OK) err = read_expiry(&body, &out->expires_at_s);
    if (err == ERR_OK) out->name = name.p;
    return err;
}
