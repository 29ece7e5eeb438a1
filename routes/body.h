/* JSON bodies of requests, read strictly: an object with known members, each of its type. What is read is borrowed and
 * lives as long as the task's arena. Reads untrusted bytes; the request's coroutine.
 *
 * Errors are ERR_INVALID_JSON and, for one member, ERR_INVALID_PARAMETER; they name the member and what it may be. They
 * never show a text, since it may be personal or a secret. */
#ifndef DAPPD_ROUTES_BODY_H
#define DAPPD_ROUTES_BODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/task.h"
#include "http/request.h"

enum { BODY_MAX_DEPTH = 16 };

/* The most that every reader of JSON takes for the same integer. Source: RFC 8259, section 6. */
#define BODY_MAX_INTEGER 9007199254740991

struct json_t;

struct body {
    struct task *task;
    const struct json_t *root; /* an object */
};

/* Content-Type is application/json or, unless NULL, the other one; parameters such as charset may follow. No
 * Content-Encoding. ERR_UNSUPPORTED_MEDIA_TYPE. */
enum err body_check_type(struct request *req, const char *other) MUST_CHECK;

/* The text is one JSON object without duplicate names, NUL or broken UTF-8. Out: *root. */
enum err body_load(struct task *task, const struct json_t **root, struct slice text, unsigned max_depth) MUST_CHECK;

/* The object has no members but these. In: known, NULL-terminated; where, what to call the object. */
enum err body_check_members(struct task *task, const struct json_t *object, const char *const *known,
                            const char *where) MUST_CHECK;

/* Both of the above, with BODY_MAX_DEPTH or another depth; then the same with the content type first. */
enum err body_parse_deep(struct task *task, struct body *out, struct slice text, const char *const *known,
                         unsigned max_depth) MUST_CHECK;
enum err body_parse(struct task *task, struct body *out, struct slice text, const char *const *known) MUST_CHECK;
enum err body_read(struct request *req, struct body *out, const char *const *known) MUST_CHECK;

/* The member of any object, or NULL where it is null or absent. */
const struct json_t *body_value(const struct json_t *object, const char *name);

/* An array, or null or absent: then *out is NULL. */
enum err body_array(struct task *task, const struct json_t **out, const struct json_t *object,
                    const char *name) MUST_CHECK;

/* Whether the member is there, null or not. */
bool body_has(const struct body *body, const char *name);

/* A string, with NUL behind it. */
enum err body_text(const struct body *body, struct slice *out, const char *name) MUST_CHECK;

/* A string, or null or absent: then out->p is NULL. */
enum err body_optional_text(const struct body *body, struct slice *out, const char *name) MUST_CHECK;

/* A boolean, or null or absent: then *out is what it was. */
enum err body_optional_bool(const struct body *body, bool *out, const char *name) MUST_CHECK;

/* An integer from 0 to 2^53 - 1, or null or absent: then *given is false. */
enum err body_optional_u64(const struct body *body, uint64_t *out, bool *given, const char *name) MUST_CHECK;

/* An array of min to max strings. Out: *n of them. In: out, room for max. */
enum err body_texts(const struct body *body, struct slice *out, size_t *n, const char *name, size_t min,
                    size_t max) MUST_CHECK;

#endif
