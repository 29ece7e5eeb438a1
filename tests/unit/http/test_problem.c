/* Problems (RFC 9457): every row of the error table as an answer, read back by jansson.
 * Each request is made and freed by its test.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "http/answer.h"
#include "http/problem.h"

static void test_every_error_becomes_its_problem(void **state) {
    (void)state;
    for (int code = ERR_OK + 1; code < ERR_COUNT; code++) {
        struct answer answer;
        const struct err_info *info = err_info((enum err)code);
        answer_begin(&answer, HTTP_GET, "/");
        (void)task_fail(&answer.req.task, (enum err)code, "detail %d", code);
        problem_from_fault(&answer.req, &answer.res);
        assert_problem(&answer, info->status, info->code);
        json_t *json = answer_json(&answer);
        assert_string_equal(json_string_value(json_object_get(json, "title")), info->title);
        assert_string_equal(json_string_value(json_object_get(json, "detail")), answer.req.task.fault.detail);
        json_decref(json);
        answer_end(&answer);
    }
}

/* Retry-After is the header's word for it, retry_after the body's: both or neither. */
static void test_retry_after(void **state) {
    (void)state;
    static const struct {
        enum err code;
        int given_s;
        const char *want;
    } rows[] = {
        {ERR_UPSTREAM_UNAVAILABLE, 0, "1"}, {ERR_UPSTREAM_UNAVAILABLE, 30, "30"},
        {ERR_OVERLOADED, 0, "1"},           {ERR_SHUTTING_DOWN, -5, "1"},
        {ERR_NOT_FOUND, 0, NULL},           {ERR_TIMEOUT, 0, NULL},
        {ERR_UPSTREAM_ERROR, 0, NULL},      {ERR_RATE_LIMITED, 42, "42"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct answer answer;
        answer_begin(&answer, HTTP_GET, "/");
        (void)task_fail(&answer.req.task, rows[i].code, "x");
        answer.req.task.fault.retry_after_s = rows[i].given_s;
        problem_from_fault(&answer.req, &answer.res);
        assert_header(&answer, "Retry-After", rows[i].want);
        json_t *json = answer_json(&answer);
        json_int_t in_body = json_integer_value(json_object_get(json, "retry_after"));
        assert_int_equal(in_body, rows[i].want != NULL ? strtol(rows[i].want, NULL, 10) : 0);
        json_decref(json);
        answer_end(&answer);
    }
}

/* RFC 9110, 15.5.2: a 401 says how to authenticate; who knows more has said it already. */
static void test_what_a_contract_reverted_with_is_a_member(void **state) {
    (void)state;
    static const char revert[] = "{\"data\":\"0x12345678\"}";
    struct answer answer;
    answer_begin(&answer, HTTP_GET, "/");
    (void)task_fail(&answer.req.task, ERR_EXECUTION_REVERTED, "execution reverted");
    answer.req.task.fault.revert = revert;
    answer.req.task.fault.revert_len = sizeof revert - 1;
    problem_from_fault(&answer.req, &answer.res);
    json_t *json = answer_json(&answer);
    const json_t *data = json_object_get(json_object_get(json, "revert"), "data");
    assert_string_equal(json_string_value(data), "0x12345678");
    json_decref(json);
    answer_end(&answer);
}

static void test_a_challenge_goes_with_401(void **state) {
    (void)state;
    for (int code = ERR_OK + 1; code < ERR_COUNT; code++) {
        struct answer answer;
        answer_begin(&answer, HTTP_GET, "/");
        (void)task_fail(&answer.req.task, (enum err)code, "x");
        problem_from_fault(&answer.req, &answer.res);
        assert_header(&answer, "WWW-Authenticate", err_info((enum err)code)->status == 401 ? "Bearer" : NULL);
        answer_end(&answer);
    }
    struct answer answer;
    answer_begin(&answer, HTTP_GET, "/");
    response_header(&answer.res, "WWW-Authenticate", "Bearer error=\"invalid_token\"");
    (void)task_fail(&answer.req.task, ERR_UNAUTHENTICATED, "x");
    problem_from_fault(&answer.req, &answer.res);
    assert_header(&answer, "WWW-Authenticate", "Bearer error=\"invalid_token\"");
    answer_end(&answer);
}

static void test_without_a_fault_it_is_internal(void **state) {
    (void)state;
    struct answer answer;
    answer_begin(&answer, HTTP_GET, "/");
    problem_from_fault(&answer.req, &answer.res);
    assert_problem(&answer, 500, "internal");
    answer_end(&answer);
}

/* Where in our code it happened is for the log. */
static void test_nothing_of_the_inside_is_shown(void **state) {
    (void)state;
    struct answer answer;
    size_t len;
    answer_begin(&answer, HTTP_GET, "/");
    (void)task_fail_at(&answer.req.task, ERR_INTERNAL, "secret/file.c", 4711, "public");
    problem_from_fault(&answer.req, &answer.res);
    const char *body = response_body(&answer.res, &len);
    assert_null(memmem(body, len, "secret", 6));
    assert_null(memmem(body, len, "4711", 4));
    assert_int_equal(body[len - 1], '\n');
    answer_end(&answer);
}

static void test_hostile_details_stay_one_json_string(void **state) {
    (void)state;
    struct answer answer;
    answer_begin(&answer, HTTP_GET, "/");
    (void)task_fail(&answer.req.task, ERR_INVALID_PARAMETER, "\"%s\"", "\",\"status\":200,\"\\\xff\xf0\x9f\x92\xa9\n");
    problem_from_fault(&answer.req, &answer.res);
    assert_problem(&answer, 400, "invalid_parameter");
    json_t *json = answer_json(&answer);
    assert_string_equal(json_string_value(json_object_get(json, "detail")),
                        "\"\",\"status\":200,\"\\\xf0\x9f\x92\xa9\"");
    json_decref(json);
    answer_end(&answer);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_error_becomes_its_problem),
        cmocka_unit_test(test_retry_after),
        cmocka_unit_test(test_what_a_contract_reverted_with_is_a_member),
        cmocka_unit_test(test_a_challenge_goes_with_401),
        cmocka_unit_test(test_without_a_fault_it_is_internal),
        cmocka_unit_test(test_nothing_of_the_inside_is_shown),
        cmocka_unit_test(test_hostile_details_stay_one_json_string),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
