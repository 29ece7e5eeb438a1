/* Long results are taken out of replies for those who read them themselves; everything else stays as it was.
 * Each test frees what it was given.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/json_depth.h"
#include "rpc/codec.h"
#include "rpc/envelope.h"

enum { FIRST_ID = 40, N = 3, MAX_TEXT = 1024 };

/* In: wanted, a letter for each call: y or n. rest: what is left; results: what was taken out, or "-", one after the
 * other with blanks between. */
static void check(const char *wanted, const char *text, const char *rest, const char *results) {
    bool wants[N] = {false};
    struct envelope_result out[N];
    struct envelope_calls calls = {.first_id = FIRST_ID, .wanted = wants, .n = strlen(wanted)};
    struct buf left;
    char got[MAX_TEXT] = "";
    for (size_t i = 0; i < calls.n; i++) wants[i] = wanted[i] == 'y';
    char *copy = malloc(strlen(text) + 1); /* no longer than it is, so that ASan sees one byte too many */
    memcpy(copy, text, strlen(text));
    buf_init(&left, MAX_TEXT);
    envelope_open(&left, out, &calls, copy, strlen(text));
    for (size_t i = 0; i < calls.n; i++) {
        size_t at = strlen(got);
        (void)snprintf(got + at, sizeof got - at, "%s%.*s", i > 0 ? " " : "", out[i].text != NULL ? (int)out[i].len : 1,
                       out[i].text != NULL ? out[i].text : "-");
    }
    assert_string_equal(got, results);
    assert_int_equal(left.len, strlen(rest));
    assert_memory_equal(left.data, rest, left.len);
    buf_free(&left);
    free(copy);
}

static void check_untouched(const char *wanted, const char *text) {
    check(wanted, text, text, strlen(wanted) == 1 ? "-" : "- -");
}

static void test_takes_results_out(void **state) {
    (void)state;
    check("y", "{\"id\":40,\"result\":[1,2]}", "{\"id\":40,\"result\":true}", "[1,2]");
    check("y", "{\"result\":{\"a\":[]},\"id\":40}", "{\"result\":true,\"id\":40}", "{\"a\":[]}");
    check("y", " { \"id\" : 40 , \"result\" : [ ] } ", " { \"id\" : 40 , \"result\" : true } ", "[ ]");
    check("yy", "[{\"id\":41,\"result\":[1]},{\"id\":40,\"result\":[0]}]",
          "[{\"id\":41,\"result\":true},{\"id\":40,\"result\":true}]", "[0] [1]");
    check("ny", "[{\"id\":41,\"result\":[1]},{\"id\":40,\"result\":[0]}]",
          "[{\"id\":41,\"result\":true},{\"id\":40,\"result\":[0]}]", "- [1]");
}

static void test_brackets_and_quotes_in_strings(void **state) {
    (void)state;
    check("y", "{\"id\":40,\"result\":[\"]\",\"\\\"]\",\"\\\\\"]}", "{\"id\":40,\"result\":true}",
          "[\"]\",\"\\\"]\",\"\\\\\"]");
    check("y", "{\"x\":\"\\\"result\\\":[1]\",\"id\":40,\"result\":[2]}",
          "{\"x\":\"\\\"result\\\":[1]\",\"id\":40,\"result\":true}", "[2]");
}

static void test_what_stays(void **state) {
    (void)state;
    check_untouched("n", "{\"id\":40,\"result\":[1]}");
    check_untouched("y", "{\"id\":41,\"result\":[1]}");
    check_untouched("y", "{\"id\":39,\"result\":[1]}");
    check_untouched("y", "{\"id\":\"40\",\"result\":[1]}");
    check_untouched("y", "{\"id\":40.0,\"result\":[1]}");
    check_untouched("y", "{\"result\":[1]}");
    check_untouched("y", "{\"id\":40,\"result\":null}");
    check_untouched("y", "{\"id\":40,\"result\":\"[1]\"}");
    check_untouched("y", "{\"id\":40,\"error\":{\"data\":[1]}}");
    check_untouched("y", "{\"id\":40,\"x\":{\"id\":40,\"result\":[1]}}");
    check_untouched("yy", "[[{\"id\":40,\"result\":[1]}]]");
}

static void test_what_is_no_json_is_left_to_the_parser(void **state) {
    (void)state;
    check_untouched("y", "{\"id\":40,\"result\":[1}");
    check_untouched("y", "{\"id\":40,\"result\":[1]");
    check_untouched("y", "{\"id\":40 \"result\":[1]}");
    check_untouched("y", "{\"id\":40,\"result\":[\"1]}");
    check_untouched("y", "<html>[{\"id\":40,\"result\":[1]}]</html>");
    check("yy", "[{\"id\":40,\"result\":[0]},{\"id\":41,\"result\":[1}",
          "[{\"id\":40,\"result\":true},{\"id\":41,\"result\":[1}", "[0] -");
}

/* As for a parser, the last one of a name counts. */
static void test_members_that_come_twice(void **state) {
    (void)state;
    check("y", "{\"id\":40,\"result\":[1],\"result\":[2]}", "{\"id\":40,\"result\":[1],\"result\":true}", "[2]");
    check_untouched("y", "{\"id\":40,\"result\":[1],\"result\":null}");
    check_untouched("y", "{\"id\":40,\"result\":[1],\"id\":41}");
}

static char *nested(unsigned levels) {
    char *text = calloc(1, 2 * levels + 32);
    memcpy(text, "{\"id\":40,\"result\":", 18);
    memset(text + 18, '[', levels);
    memset(text + 18 + levels, ']', levels);
    text[18 + 2 * levels] = '}';
    return text;
}

static void test_what_lies_too_deep_stays(void **state) {
    (void)state;
    char *deep = nested(JSON_MAX_DEPTH - 1), *too_deep = nested(JSON_MAX_DEPTH);
    bool wanted = true;
    struct envelope_result result;
    struct envelope_calls calls = {.first_id = FIRST_ID, .wanted = &wanted, .n = 1};
    struct buf left;
    buf_init(&left, MAX_TEXT);
    envelope_open(&left, &result, &calls, deep, strlen(deep));
    assert_int_equal(result.len, 2 * (JSON_MAX_DEPTH - 1));
    buf_clear(&left);
    envelope_open(&left, &result, &calls, too_deep, strlen(too_deep));
    assert_null(result.text);
    assert_int_equal(left.len, strlen(too_deep));
    buf_free(&left);
    free(deep);
    free(too_deep);
}

/* The codec says whose results are to be read, and leaves the reading to others. */
static enum rpc_outcome never_read(const struct rpc_call *call, const char *text, size_t len) {
    (void)call;
    (void)text;
    (void)len;
    abort();
}

/* Through the codec: a long result costs no tree, and the other call of the batch has its own. */
static void test_the_codec_hands_results_over(void **state) {
    (void)state;
    static const char text[] = "[{\"id\":41,\"result\":[{\"a\":1}]},{\"id\":40,\"result\":{\"b\":2}}]";
    static const struct rpc_reader reader = {.result = never_read};
    struct rpc_call first = {.method = "a"}, second = {.method = "b", .reader = &reader};
    struct rpc_call *calls[] = {&first, &second};
    struct codec_reply reply;
    struct codec_item items[2];
    codec_parse_calls(&reply, items, calls, 2, FIRST_ID, text, strlen(text));
    assert_int_equal(reply.kind, CODEC_ITEMS);
    assert_int_equal(reply.root_len, strlen(text) - strlen("[{\"a\":1}]") + strlen("true"));
    assert_int_equal(items[0].kind, CODEC_RESULT);
    assert_null(items[0].raw);
    assert_int_equal(json_integer_value(json_object_get(items[0].value, "b")), 2);
    assert_int_equal(items[1].kind, CODEC_RESULT);
    assert_int_equal(items[1].raw_len, strlen("[{\"a\":1}]"));
    assert_memory_equal(items[1].raw, "[{\"a\":1}]", items[1].raw_len);
    json_decref(reply.root);
}

static void test_an_error_beside_a_result_is_malformed(void **state) {
    (void)state;
    static const char text[] = "{\"id\":40,\"result\":[1],\"error\":{\"code\":1}}";
    static const struct rpc_reader reader = {.result = never_read};
    struct rpc_call call = {.method = "a", .reader = &reader};
    struct rpc_call *calls[] = {&call};
    struct codec_reply reply;
    struct codec_item item;
    codec_parse_calls(&reply, &item, calls, 1, FIRST_ID, text, strlen(text));
    assert_int_equal(reply.kind, CODEC_ITEMS);
    assert_int_equal(item.kind, CODEC_MALFORMED);
    assert_null(item.raw);
    json_decref(reply.root);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_takes_results_out),
        cmocka_unit_test(test_brackets_and_quotes_in_strings),
        cmocka_unit_test(test_what_stays),
        cmocka_unit_test(test_what_is_no_json_is_left_to_the_parser),
        cmocka_unit_test(test_members_that_come_twice),
        cmocka_unit_test(test_what_lies_too_deep_stays),
        cmocka_unit_test(test_the_codec_hands_results_over),
        cmocka_unit_test(test_an_error_beside_a_result_is_malformed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
