/* Filling in a response: headers set, replaced and joined, bodies of every kind, and starting over.
 * Each response is made and freed by its test.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "death.h"
#include "http/answer.h"
#include "http/response.h"

static struct answer answer;

static int begin(void **state) {
    (void)state;
    answer_begin(&answer, HTTP_GET, "/");
    return 0;
}

static int end(void **state) {
    (void)state;
    answer_end(&answer);
    return 0;
}

static void test_headers_are_copied(void **state) {
    (void)state;
    char value[] = "one";
    response_header(&answer.res, "X-A", value);
    memcpy(value, "two", 3);
    assert_header(&answer, "X-A", "one");
    assert_header(&answer, "x-a", "one");
    assert_header(&answer, "X-", NULL);
    assert_header(&answer, "X-AB", NULL);
}

static void test_a_header_is_replaced_in_any_case(void **state) {
    (void)state;
    response_header(&answer.res, "X-A", "1");
    response_header(&answer.res, "X-B", "2");
    response_header(&answer.res, "x-a", "3");
    assert_int_equal(answer.res.n_headers, 2);
    assert_header(&answer, "X-A", "3");
    assert_header(&answer, "X-B", "2");
    response_header(&answer.res, "X-B", "");
    assert_header(&answer, "X-B", "");
}

static void test_formatted_headers(void **state) {
    (void)state;
    response_headerf(&answer.res, "X-A", "%d, %s", -5, "x");
    assert_header(&answer, "X-A", "-5, x");
    response_headerf(&answer.res, "X-A", "%511d", 1);
    assert_int_equal(strlen(response_get_header(&answer.res, "X-A")), 511);
}

/* Names live for ever. */
static const char *const numbered[] = {"H00", "H01", "H02", "H03", "H04", "H05", "H06", "H07", "H08", "H09", "H10",
                                       "H11", "H12", "H13", "H14", "H15", "H16", "H17", "H18", "H19", "H20", "H21",
                                       "H22", "H23", "H24", "H25", "H26", "H27", "H28", "H29", "H30", "H31", "H32"};

static void set_numbered(size_t n) {
    for (size_t i = 0; i < n; i++) response_header(&answer.res, numbered[i], numbered[i]);
}

static void set_one_too_many(void) {
    set_numbered(RESPONSE_MAX_HEADERS + 1);
}

static void test_as_many_headers_as_promised(void **state) {
    (void)state;
    set_numbered(RESPONSE_MAX_HEADERS);
    for (size_t i = 0; i < RESPONSE_MAX_HEADERS; i++) assert_header(&answer, numbered[i], numbered[i]);
    response_header(&answer.res, "H31", "again"); /* replacing needs no room */
    assert_header(&answer, "H31", "again");
    assert_aborts(set_one_too_many);
}

static void test_without_memory_a_header_is_left_out(void **state) {
    (void)state;
    struct answer poor;
    answer_begin_in(&poor, HTTP_GET, "/", 16);
    response_header(&poor.res, "X-A", "fits");
    response_header(&poor.res, "X-B", "does not fit any more");
    response_headerf(&poor.res, "X-C", "%s", "neither does this");
    assert_int_equal(poor.res.n_headers, 1);
    assert_header(&poor, "X-A", "fits");
    answer_end(&poor);
}

static void test_vary_takes_each_member_once(void **state) {
    (void)state;
    response_vary(&answer.res, "Accept-Encoding");
    assert_header(&answer, "Vary", "Accept-Encoding");
    response_vary(&answer.res, "Origin");
    response_vary(&answer.res, "accept-encoding");
    response_vary(&answer.res, "ORIGIN");
    assert_header(&answer, "Vary", "Accept-Encoding, Origin");
    /* A member that is part of another's name is another member. */
    response_vary(&answer.res, "Accept");
    response_vary(&answer.res, "Encoding");
    response_vary(&answer.res, "Accept-Encoding");
    assert_header(&answer, "Vary", "Accept-Encoding, Origin, Accept, Encoding");
    response_header(&answer.res, "Vary", "Accept");
    response_vary(&answer.res, "Accept-Encoding");
    assert_header(&answer, "Vary", "Accept, Accept-Encoding");
}

static void test_vary_reads_lists_as_others_write_them(void **state) {
    (void)state;
    static const char *const lists[] = {"Origin,Accept", "Accept ,\tOrigin", ",Origin", "Origin ", "X-Origin,origin"};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        response_header(&answer.res, "Vary", lists[i]);
        response_vary(&answer.res, "Origin");
        assert_header(&answer, "Vary", lists[i]);
    }
}

static int renders;

static void render_number(struct json_out *out, const void *view) {
    renders++;
    json_out_object_begin(out);
    json_out_key_u64(out, "n", *(const uint64_t *)view);
    json_out_object_end(out);
}

static void assert_body(const char *want) {
    size_t len;
    const char *body = response_body(&answer.res, &len);
    assert_int_equal(len, strlen(want));
    if (len > 0) assert_memory_equal(body, want, len);
}

static void test_json_is_rendered_late_and_once(void **state) {
    (void)state;
    uint64_t view = 1;
    renders = 0;
    response_json(&answer.res, render_number, &view);
    assert_string_equal(answer.res.content_type, "application/json");
    assert_body("");
    view = 2; /* rendered from what is there then */
    response_realize(&answer.res);
    response_realize(&answer.res);
    assert_int_equal(renders, 1);
    assert_body("{\"n\":2}\n");
}

static void test_static_bodies_are_not_copied(void **state) {
    (void)state;
    static const char body[] = "a\0b";
    size_t len;
    response_static(&answer.res, "text/plain", body, 3);
    response_realize(&answer.res);
    assert_ptr_equal(response_body(&answer.res, &len), body);
    assert_int_equal(len, 3);
    assert_string_equal(answer.res.content_type, "text/plain");
}

static void test_the_last_body_given_counts(void **state) {
    (void)state;
    uint64_t view = 3;
    response_static(&answer.res, "text/plain", "old", 3);
    response_json(&answer.res, render_number, &view);
    response_realize(&answer.res);
    assert_body("{\"n\":3}\n");
    renders = 0;
    response_json(&answer.res, render_number, &view);
    response_static(&answer.res, "text/plain", "new", 3);
    response_realize(&answer.res);
    assert_body("new");
    assert_int_equal(renders, 0);
}

static void test_starting_over(void **state) {
    (void)state;
    uint64_t view = 4;
    response_header(&answer.res, "Allow", "GET");
    response_header(&answer.res, "cache-control", "public");
    response_header(&answer.res, "X-A", "1");
    response_static(&answer.res, "text/plain", "old", 3);
    response_json(&answer.res, render_number, &view);
    buf_append_str(&answer.res.body, "half a bo");
    answer.res.etag = "W/\"x\"";
    response_reset_body(&answer.res, 404);
    response_realize(&answer.res);
    assert_body("");
    assert_int_equal(answer.res.status, 404);
    assert_null(answer.res.content_type);
    assert_null(answer.res.etag);
    assert_header(&answer, "Cache-Control", NULL);
    assert_header(&answer, "Allow", "GET");
    assert_header(&answer, "X-A", "1");
    assert_int_equal(answer.res.n_headers, 2);
}

/* A body that grew past its maximum is no body: what is put in its place must be whole. */
static void test_starting_over_after_a_body_too_large(void **state) {
    (void)state;
    uint64_t view = 5;
    answer.res.body.max = 20;
    buf_append_str(&answer.res.body, "more than twenty characters");
    assert_true(answer.res.body.failed);
    response_reset_body(&answer.res, 500);
    response_json(&answer.res, render_number, &view);
    response_realize(&answer.res);
    assert_false(answer.res.body.failed);
    assert_body("{\"n\":5}\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_headers_are_copied, begin, end),
        cmocka_unit_test_setup_teardown(test_a_header_is_replaced_in_any_case, begin, end),
        cmocka_unit_test_setup_teardown(test_formatted_headers, begin, end),
        cmocka_unit_test_setup_teardown(test_as_many_headers_as_promised, begin, end),
        cmocka_unit_test_setup_teardown(test_without_memory_a_header_is_left_out, begin, end),
        cmocka_unit_test_setup_teardown(test_vary_takes_each_member_once, begin, end),
        cmocka_unit_test_setup_teardown(test_vary_reads_lists_as_others_write_them, begin, end),
        cmocka_unit_test_setup_teardown(test_json_is_rendered_late_and_once, begin, end),
        cmocka_unit_test_setup_teardown(test_static_bodies_are_not_copied, begin, end),
        cmocka_unit_test_setup_teardown(test_the_last_body_given_counts, begin, end),
        cmocka_unit_test_setup_teardown(test_starting_over, begin, end),
        cmocka_unit_test_setup_teardown(test_starting_over_after_a_body_too_large, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
