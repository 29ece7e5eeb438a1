/* A request and its response as http/server makes them, without a connection: for tests of what lies behind it.
 * Owned by the test that makes it; answer_begin and answer_end are a pair.
 * Tests only, one thread. */
#ifndef DAPPD_TESTS_HTTP_ANSWER_H
#define DAPPD_TESTS_HTTP_ANSWER_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "http/request.h"
#include "http/response.h"

enum { ANSWER_ARENA_BYTES = 1024 * 1024, ANSWER_MAX_BODY_BYTES = 1024 * 1024 };

struct answer {
    struct request req;
    struct response res;
};

static inline void answer_begin_in(struct answer *answer, enum http_method method, const char *target,
                                   size_t arena_bytes) {
    memset(answer, 0, sizeof *answer);
    struct arena *arena = arena_new(arena_bytes);
    answer->req.task = (struct task){.arena = arena, .deadline_ms = UINT64_MAX, .name = "request"};
    answer->req.method = method;
    answer->req.method_name = "METHOD";
    answer->req.target = (struct slice){target, strlen(target)};
    memcpy(answer->req.id, "test-id", sizeof "test-id");
    answer->res = (struct response){.arena = arena, .status = 200};
    buf_init(&answer->res.body, ANSWER_MAX_BODY_BYTES);
}

static inline void answer_begin(struct answer *answer, enum http_method method, const char *target) {
    answer_begin_in(answer, method, target, ANSWER_ARENA_BYTES);
}

static inline void answer_end(struct answer *answer) {
    buf_free(&answer->res.body);
    arena_free(answer->req.task.arena);
}

static inline void assert_header(const struct answer *answer, const char *name, const char *want) {
    const char *value = response_get_header(&answer->res, name);
    if (want == NULL) {
        assert_null(value);
    } else {
        if (value == NULL) fail_msg("no %s", name);
        assert_string_equal(value, want);
    }
}

/* The body as JSON; the caller frees it. */
static inline json_t *answer_json(struct answer *answer) {
    size_t len;
    json_error_t error;
    response_realize(&answer->res);
    const char *body = response_body(&answer->res, &len);
    json_t *json = json_loadb(body, len, JSON_REJECT_DUPLICATES, &error);
    if (json == NULL) fail_msg("%.*s: %s", (int)len, body, error.text);
    return json;
}

/* Every answer that is an error looks like this (RFC 9457). */
static inline void assert_problem(struct answer *answer, int status, const char *code) {
    json_t *json = answer_json(answer);
    assert_int_equal(answer->res.status, status);
    assert_string_equal(answer->res.content_type, "application/problem+json");
    assert_header(answer, "Cache-Control", "no-store");
    assert_null(answer->res.etag);
    assert_int_equal(json_integer_value(json_object_get(json, "status")), status);
    assert_string_equal(json_string_value(json_object_get(json, "code")), code);
    assert_string_equal(json_string_value(json_object_get(json, "type")), "about:blank");
    assert_string_equal(json_string_value(json_object_get(json, "request_id")), "test-id");
    assert_true(json_string_length(json_object_get(json, "title")) > 0);
    assert_true(json_is_string(json_object_get(json, "detail")));
    json_decref(json);
}

#endif
