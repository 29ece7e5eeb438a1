/* Reads JSON bodies with jansson, which keeps what it parsed until the task's arena is released. The request's
 * coroutine. */
#include "body.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/json_depth.h"

enum { SHOWN_NAME_BYTES = 32 };

static enum err check_encoding(struct request *req) {
    const char *encoding = request_header(req, "Content-Encoding");
    if (encoding == NULL || strcasecmp(encoding, "identity") == 0) return ERR_OK;
    return task_fail(&req->task, ERR_UNSUPPORTED_MEDIA_TYPE, "Content-Encoding is \"%.64s\"; send the body as it is",
                     encoding);
}

enum err body_check_type(struct request *req, const char *other) {
    const char *const allowed[] = {"application/json", other};
    const char *type = request_header(req, "Content-Type");
    size_t len = type != NULL ? strcspn(type, "; \t") : 0;
    enum err err = check_encoding(req);
    if (err != ERR_OK) return err;
    for (size_t i = 0; i < 2 && allowed[i] != NULL; i++) {
        if (strlen(allowed[i]) == len && strncasecmp(type, allowed[i], len) == 0) return ERR_OK;
    }
    return task_fail(&req->task, ERR_UNSUPPORTED_MEDIA_TYPE, "Content-Type is \"%.64s\", not %s%s%s",
                     type != NULL ? type : "", allowed[0], other != NULL ? " or " : "", other != NULL ? other : "");
}

static void release_json(void *json) {
    json_decref(json);
}

static enum err fail_json(struct task *task, const json_error_t *error) {
    static const struct {
        enum json_error_code code;
        const char *what;
    } rows[] = {
        {json_error_numeric_overflow, "holds a number that is too large"},
        {json_error_duplicate_key, "has the same member twice"},
        {json_error_null_character, "holds a NUL"},
        {json_error_null_byte_in_key, "holds a NUL"},
        {json_error_invalid_utf8, "is no UTF-8"},
    };
    const char *what = "is no JSON";
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (json_error_code(error) == rows[i].code) what = rows[i].what;
    }
    return task_fail(task, ERR_INVALID_JSON, "the body %s at line %d, column %d", what, error->line, error->column);
}

enum err body_load(struct task *task, const json_t **root, struct slice text, unsigned max_depth) {
    json_error_t error;
    if (text.len == 0) return task_fail(task, ERR_INVALID_JSON, "the body is empty");
    if (!json_depth_within(text.p, text.len, max_depth)) {
        return task_fail(task, ERR_INVALID_JSON, "the body is nested deeper than %u levels", max_depth);
    }
    json_t *json = json_loadb(text.p, text.len, JSON_REJECT_DUPLICATES, &error);
    if (json == NULL) return fail_json(task, &error);
    if (!arena_defer(task->arena, release_json, json)) return task_fail_memory(task);
    *root = json;
    return json_is_object(json) ? ERR_OK : task_fail(task, ERR_INVALID_JSON, "the body is not an object");
}

/* What was meant as a name of a member, and not a text that got to be one by mistake. */
static bool is_name(const char *text) {
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
    return strlen(text) <= SHOWN_NAME_BYTES && strspn(text, plain) == strlen(text);
}

static enum err fail_unknown(struct task *task, const char *where, const char *name, const char *const *known) {
    char list[TASK_DETAIL_BYTES] = "";
    size_t len = 0;
    for (size_t i = 0; known[i] != NULL && len < sizeof list; i++) {
        len += (size_t)snprintf(list + len, sizeof list - len, "%s%s", i > 0 ? ", " : "", known[i]);
    }
    if (!is_name(name)) {
        return task_fail(task, ERR_INVALID_PARAMETER, "%s has an unknown member; known: %s", where, list);
    }
    return task_fail(task, ERR_INVALID_PARAMETER, "%s has an unknown member \"%s\"; known: %s", where, name, list);
}

enum err body_check_members(struct task *task, const json_t *object, const char *const *known, const char *where) {
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, name, value) {
        const char *const *one = known;
        while (*one != NULL && strcmp(*one, name) != 0) one++;
        if (*one == NULL) return fail_unknown(task, where, name, known);
    }
    return ERR_OK;
}

enum err body_parse_deep(struct task *task, struct body *out, struct slice text, const char *const *known,
                         unsigned max_depth) {
    *out = (struct body){.task = task};
    enum err err = body_load(task, &out->root, text, max_depth);
    return err == ERR_OK ? body_check_members(task, out->root, known, "the body") : err;
}

enum err body_parse(struct task *task, struct body *out, struct slice text, const char *const *known) {
    return body_parse_deep(task, out, text, known, BODY_MAX_DEPTH);
}

enum err body_read(struct request *req, struct body *out, const char *const *known) {
    enum err err = body_check_type(req, NULL);
    return err == ERR_OK ? body_parse(&req->task, out, req->body, known) : err;
}

static const json_t *member(const struct body *body, const char *name) {
    return json_object_get(body->root, name);
}

static struct slice text_of(const json_t *value) {
    return (struct slice){json_string_value(value), json_string_length(value)};
}

const json_t *body_value(const json_t *object, const char *name) {
    const json_t *value = json_object_get(object, name);
    return json_is_null(value) ? NULL : value;
}

enum err body_array(struct task *task, const json_t **out, const json_t *object, const char *name) {
    *out = body_value(object, name);
    if (*out == NULL || json_is_array(*out)) return ERR_OK;
    return task_fail(task, ERR_INVALID_PARAMETER, "%s is not an array", name);
}

bool body_has(const struct body *body, const char *name) {
    return member(body, name) != NULL;
}

enum err body_text(const struct body *body, struct slice *out, const char *name) {
    const json_t *value = member(body, name);
    *out = text_of(value);
    if (json_is_string(value)) return ERR_OK;
    return task_fail(body->task, ERR_INVALID_PARAMETER, "%s %s", name,
                     value == NULL ? "is missing: it is a string" : "is not a string");
}

enum err body_optional_text(const struct body *body, struct slice *out, const char *name) {
    const json_t *value = member(body, name);
    *out = text_of(value);
    if (value == NULL || json_is_string(value) || json_is_null(value)) return ERR_OK;
    return task_fail(body->task, ERR_INVALID_PARAMETER, "%s is not a string or null", name);
}

enum err body_optional_bool(const struct body *body, bool *out, const char *name) {
    const json_t *value = member(body, name);
    if (json_is_boolean(value)) *out = json_is_true(value);
    if (value == NULL || json_is_null(value) || json_is_boolean(value)) return ERR_OK;
    return task_fail(body->task, ERR_INVALID_PARAMETER, "%s is neither true nor false", name);
}

enum err body_optional_u64(const struct body *body, uint64_t *out, bool *given, const char *name) {
    const json_t *value = member(body, name);
    json_int_t number = json_integer_value(value);
    *given = json_is_integer(value);
    *out = (uint64_t)number;
    if (value == NULL || json_is_null(value)) return ERR_OK;
    if (*given && number >= 0 && number <= BODY_MAX_INTEGER) return ERR_OK;
    if (!*given) return task_fail(body->task, ERR_INVALID_PARAMETER, "%s is not an integer or null", name);
    return task_fail(body->task, ERR_INVALID_PARAMETER, "%s is %lld, not from 0 to %lld", name, (long long)number,
                     (long long)BODY_MAX_INTEGER);
}

enum err body_texts(const struct body *body, struct slice *out, size_t *n, const char *name, size_t min, size_t max) {
    const json_t *array = member(body, name);
    *n = json_array_size(array);
    if (!json_is_array(array) || *n < min || *n > max) {
        return task_fail(body->task, ERR_INVALID_PARAMETER, "%s must be an array of %zu to %zu strings", name, min,
                         max);
    }
    for (size_t i = 0; i < *n; i++) {
        const json_t *item = json_array_get(array, i);
        out[i] = text_of(item);
        if (!json_is_string(item)) {
            return task_fail(body->task, ERR_INVALID_PARAMETER, "%s[%zu] is not a string", name, i);
        }
    }
    return ERR_OK;
}
