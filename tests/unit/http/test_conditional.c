/* ETag and Cache-Control: what changes a validator and what must not.
 * Each request is made and freed by its test.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "http/answer.h"
#include "http/conditional.h"

enum { ETAG_BYTES = 64 };

/* Out: the ETag of an answer to target with that state. */
static void make_etag(char out[ETAG_BYTES], const char *target, const char *text, size_t len) {
    struct answer answer;
    answer_begin(&answer, HTTP_GET, target);
    conditional_set(&answer.req, &answer.res, text, len, 5, false);
    assert_true(strlen(answer.res.etag) < ETAG_BYTES);
    memcpy(out, answer.res.etag, strlen(answer.res.etag) + 1);
    answer_end(&answer);
}

static void test_an_etag_is_weak_and_quoted(void **state) {
    (void)state;
    char etag[ETAG_BYTES];
    make_etag(etag, "/a", "state", 5);
    size_t len = strlen(etag);
    assert_memory_equal(etag, "W/\"", 3);
    assert_int_equal(etag[len - 1], '"');
    assert_true(len - 4 >= 16);
    for (size_t i = 3; i < len - 1; i++) assert_true(isxdigit((unsigned char)etag[i]));
}

static void test_etags_differ_exactly_when_the_answer_does(void **state) {
    (void)state;
    static const struct {
        const char *target, *state;
        size_t len;
    } rows[] = {{"/a", "x", 1},   {"/a", "y", 1}, {"/a", "x", 0}, {"/a", "x\0", 2}, {"/b", "x", 1},
                {"/a?q", "x", 1}, {"/x", "a", 1}, {"", "", 0},    {"/a/", "x", 1}};
    enum { N = sizeof rows / sizeof *rows };
    char etags[N][ETAG_BYTES], again[ETAG_BYTES];
    for (size_t i = 0; i < N; i++) {
        make_etag(etags[i], rows[i].target, rows[i].state, rows[i].len);
        make_etag(again, rows[i].target, rows[i].state, rows[i].len);
        assert_string_equal(etags[i], again);
        for (size_t j = 0; j < i; j++) assert_string_not_equal(etags[i], etags[j]);
    }
}

static void test_cache_control(void **state) {
    (void)state;
    struct answer answer;
    answer_begin(&answer, HTTP_GET, "/a");
    conditional_set(&answer.req, &answer.res, "x", 1, 12, false);
    assert_header(&answer, "Cache-Control", "public, max-age=12");
    conditional_set(&answer.req, &answer.res, "x", 1, 12, true);
    assert_header(&answer, "Cache-Control", "public, max-age=31536000, immutable");
    conditional_no_store(&answer.res);
    assert_header(&answer, "Cache-Control", "no-store");
    answer_end(&answer);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_etag_is_weak_and_quoted),
        cmocka_unit_test(test_etags_differ_exactly_when_the_answer_does),
        cmocka_unit_test(test_cache_control),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
