/* JSON bodies: what is taken from them, and what each mistake is called.
 * Each parse has a task with an arena of its own.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "body.h"

enum { ARENA_BYTES = 1024 * 1024, MAX_TEXTS = 3 };

static const char *const known[] = {"text", "maybe", "number", "list", NULL};

struct parsed {
    struct task task;
    struct body body;
    enum err err;
};

/* From memory of exactly its size, so that ASan sees each overrun. */
static void parse_bytes(struct parsed *parsed, const char *text, size_t len) {
    char *copy = malloc(len > 0 ? len : 1);
    assert_non_null(copy);
    memcpy(copy, text, len);
    memset(parsed, 0, sizeof *parsed);
    parsed->task.arena = arena_new(ARENA_BYTES);
    parsed->err = body_parse(&parsed->task, &parsed->body, (struct slice){copy, len}, known);
    assert_int_equal(parsed->task.fault.code, parsed->err);
    free(copy); /* nothing may point into it */
}

static void parse(struct parsed *parsed, const char *text) {
    parse_bytes(parsed, text, strlen(text));
}

static void release(struct parsed *parsed) {
    arena_free(parsed->task.arena);
}

static void test_members_of_each_type(void **state) {
    struct parsed parsed;
    struct slice text, texts[MAX_TEXTS];
    uint64_t number;
    bool given;
    size_t n;
    (void)state;
    parse(&parsed, "{\"text\":\"h\\u00e9\",\"maybe\":null,\"number\":9007199254740991,\"list\":[\"a\",\"\"]}");
    assert_int_equal(parsed.err, ERR_OK);
    assert_int_equal(body_text(&parsed.body, &text, "text"), ERR_OK);
    assert_int_equal(text.len, 3);
    assert_string_equal(text.p, "h\xc3\xa9");
    assert_true(body_has(&parsed.body, "maybe"));
    assert_int_equal(body_optional_text(&parsed.body, &text, "maybe"), ERR_OK);
    assert_null(text.p);
    assert_int_equal(body_optional_text(&parsed.body, &text, "text"), ERR_OK);
    assert_string_equal(text.p, "h\xc3\xa9");
    assert_int_equal(body_optional_u64(&parsed.body, &number, &given, "number"), ERR_OK);
    assert_true(given);
    assert_true(number == UINT64_C(9007199254740991));
    assert_int_equal(body_texts(&parsed.body, texts, &n, "list", 0, MAX_TEXTS), ERR_OK);
    assert_int_equal(n, 2);
    assert_string_equal(texts[0].p, "a");
    assert_string_equal(texts[1].p, "");
    release(&parsed);
}

static void test_what_is_absent(void **state) {
    struct parsed parsed;
    struct slice text, texts[MAX_TEXTS];
    uint64_t number;
    bool given = true;
    size_t n;
    (void)state;
    parse(&parsed, " {} ");
    assert_int_equal(parsed.err, ERR_OK);
    assert_false(body_has(&parsed.body, "text"));
    assert_int_equal(body_optional_text(&parsed.body, &text, "text"), ERR_OK);
    assert_null(text.p);
    assert_int_equal(body_optional_u64(&parsed.body, &number, &given, "number"), ERR_OK);
    assert_false(given);
    assert_int_equal(body_text(&parsed.body, &text, "text"), ERR_INVALID_PARAMETER);
    assert_string_equal(parsed.task.fault.detail, "text is missing: it is a string");
    assert_int_equal(body_texts(&parsed.body, texts, &n, "list", 1, MAX_TEXTS), ERR_INVALID_PARAMETER);
    release(&parsed);
}

static const struct {
    const char *text;
    enum err err;
    const char *detail; /* part of it */
} mistakes[] = {
    {"", ERR_INVALID_JSON, "the body is empty"},
    {"{", ERR_INVALID_JSON, "is no JSON at line 1"},
    {"null", ERR_INVALID_JSON, "line 1"},
    {"[]", ERR_INVALID_JSON, "is not an object"},
    {"\"text\"", ERR_INVALID_JSON, "line 1"},
    {"{}{}", ERR_INVALID_JSON, "line 1"},
    {"{} x", ERR_INVALID_JSON, "line 1"},
    {"{\n\"text\":}", ERR_INVALID_JSON, "line 2"},
    {"\xef\xbb\xbf{}", ERR_INVALID_JSON, "line 1"},
    {"{\"text\":\"a\",\"text\":\"a\"}", ERR_INVALID_JSON, "the same member twice at line 1"},
    {"{\"text\":\"a\",\"t\\u0065xt\":\"a\"}", ERR_INVALID_JSON, "the same member twice at line 1"},
    {"{\"list\":[{\"a\":1,\"a\":1}]}", ERR_INVALID_JSON, "the same member twice at line 1"},
    {"{\"text\":\"\\u0000\"}", ERR_INVALID_JSON, "a NUL at line 1"},
    {"{\"te\\u0000xt\":1}", ERR_INVALID_JSON, "a NUL at line 1"},
    {"{\"text\":\"\xff\"}", ERR_INVALID_JSON, "no UTF-8 at line 1"},
    {"{\"text\":\"\xed\xa0\x80\"}", ERR_INVALID_JSON, "no UTF-8 at line 1"},
    {"{\"text\":\"\xc0\x80\"}", ERR_INVALID_JSON, "no UTF-8 at line 1"},
    {"{\"text\":\"\\ud800\"}", ERR_INVALID_JSON, "line 1"},
    {"{\"text\":\"a\nb\"}", ERR_INVALID_JSON, "line 1"},
    {"{\"number\":9223372036854775808}", ERR_INVALID_JSON, "a number that is too large at line 1"},
    {"{\"number\":1e999}", ERR_INVALID_JSON, "a number that is too large at line 1"},
    {"{\"number\":NaN}", ERR_INVALID_JSON, "line 1"},
    {"{\"number\":01}", ERR_INVALID_JSON, "line 1"},
    {"{\"Text\":1}", ERR_INVALID_PARAMETER, "an unknown member \"Text\"; known: text, maybe, number, list"},
    {"{\"\":1}", ERR_INVALID_PARAMETER, "an unknown member \"\""},
    /* what is no name may be personal, or a secret */
    {"{\"a@example.org\":1}", ERR_INVALID_PARAMETER, "an unknown member; known"},
    {"{\"a_word_of_thirty_three_characters\":1}", ERR_INVALID_PARAMETER, "an unknown member; known"},
};

static void test_mistakes(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        struct parsed parsed;
        parse(&parsed, mistakes[i].text);
        if (parsed.err != mistakes[i].err || strstr(parsed.task.fault.detail, mistakes[i].detail) == NULL) {
            fail_msg("%s: %d, %s", mistakes[i].text, (int)parsed.err, parsed.task.fault.detail);
        }
        release(&parsed);
    }
}

static void test_a_raw_nul(void **state) {
    static const char text[] = "{\"text\":\"a\0b\"}";
    struct parsed parsed;
    (void)state;
    parse_bytes(&parsed, text, sizeof text - 1);
    assert_int_equal(parsed.err, ERR_INVALID_JSON);
    release(&parsed);
    parse_bytes(&parsed, "{}", 3);
    assert_int_equal(parsed.err, ERR_INVALID_JSON);
    release(&parsed);
}

static enum err read_text(const struct body *body) {
    struct slice text;
    return body_text(body, &text, "text");
}

static enum err read_maybe(const struct body *body) {
    struct slice text;
    return body_optional_text(body, &text, "maybe");
}

static enum err read_number(const struct body *body) {
    uint64_t number;
    bool given;
    return body_optional_u64(body, &number, &given, "number");
}

static enum err read_list(const struct body *body) {
    struct slice texts[MAX_TEXTS];
    size_t n;
    return body_texts(body, texts, &n, "list", 1, MAX_TEXTS);
}

static const struct {
    const char *text;
    enum err (*read)(const struct body *body);
    const char *detail;
} wrong_types[] = {
    {"{\"text\":null}", read_text, "text is not a string"},
    {"{\"text\":1}", read_text, "text is not a string"},
    {"{\"text\":[\"a\"]}", read_text, "text is not a string"},
    {"{\"maybe\":false}", read_maybe, "maybe is not a string or null"},
    {"{\"maybe\":{}}", read_maybe, "maybe is not a string or null"},
    {"{\"number\":\"1\"}", read_number, "number is not an integer or null"},
    {"{\"number\":1.0}", read_number, "number is not an integer or null"},
    {"{\"number\":1e3}", read_number, "number is not an integer or null"},
    {"{\"number\":true}", read_number, "number is not an integer or null"},
    {"{\"number\":-1}", read_number, "number is -1, not from 0 to 9007199254740991"},
    {"{\"number\":9007199254740992}", read_number, "number is 9007199254740992, not from 0 to 9007199254740991"},
    {"{\"number\":-9223372036854775808}", read_number,
     "number is -9223372036854775808, not from 0 to 9007199254740991"},
    {"{\"list\":[]}", read_list, "list must be an array of 1 to 3 strings"},
    {"{\"list\":[\"\",\"\",\"\",\"\"]}", read_list, "list must be an array of 1 to 3 strings"},
    {"{\"list\":\"a\"}", read_list, "list must be an array of 1 to 3 strings"},
    {"{\"list\":{\"a\":\"b\"}}", read_list, "list must be an array of 1 to 3 strings"},
    {"{\"list\":null}", read_list, "list must be an array of 1 to 3 strings"},
    {"{\"list\":[\"a\",null]}", read_list, "list[1] is not a string"},
    {"{\"list\":[[]]}", read_list, "list[0] is not a string"},
};

static void test_wrong_types(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof wrong_types / sizeof *wrong_types; i++) {
        struct parsed parsed;
        parse(&parsed, wrong_types[i].text);
        assert_int_equal(parsed.err, ERR_OK);
        assert_int_equal(wrong_types[i].read(&parsed.body), ERR_INVALID_PARAMETER);
        assert_string_equal(parsed.task.fault.detail, wrong_types[i].detail);
        release(&parsed);
    }
}

static void test_depth(void **state) {
    enum { DEEP = 10000 };
    char *text = malloc(DEEP);
    (void)state;
    assert_non_null(text);
    memset(text, '[', DEEP);
    for (size_t i = 0; i < 3; i++) {
        const size_t lengths[] = {BODY_MAX_DEPTH, BODY_MAX_DEPTH + 1, DEEP};
        struct parsed parsed;
        parse_bytes(&parsed, text, lengths[i]);
        assert_int_equal(parsed.err, ERR_INVALID_JSON);
        assert_int_equal(strstr(parsed.task.fault.detail, "deeper than 16") != NULL, lengths[i] > BODY_MAX_DEPTH);
        release(&parsed);
    }
    free(text);
}

static void test_memory_runs_out(void **state) {
    struct task task = {.arena = arena_new(0)};
    struct body body;
    (void)state;
    assert_int_equal(body_parse(&task, &body, (struct slice){"{}", 2}, known), ERR_OVERLOADED);
    arena_free(task.arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_members_of_each_type),
        cmocka_unit_test(test_what_is_absent),
        cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_a_raw_nul),
        cmocka_unit_test(test_wrong_types),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
