/* The request target: every way to write one, well and badly. fuzz_target checks it against a second parser.
 * Each parse has an arena of its own.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "http/target.h"

enum { ARENA_BYTES = 64 * 1024 };

/* One parse, with the text in memory of exactly its size, so that ASan sees each overrun. */
struct parsed {
    struct target target;
    enum err err;
    char *text;
    struct arena *arena;
};

static void parse_in(struct parsed *parsed, const char *text, size_t len, size_t arena_bytes) {
    parsed->text = malloc(len > 0 ? len : 1);
    assert_non_null(parsed->text);
    memcpy(parsed->text, text, len);
    parsed->arena = arena_new(arena_bytes);
    parsed->err = target_parse(&parsed->target, parsed->arena, parsed->text, len);
    assert_int_equal(parsed->err == ERR_OK, parsed->target.problem == NULL);
}

static void parse(struct parsed *parsed, const char *text) {
    parse_in(parsed, text, strlen(text), ARENA_BYTES);
}

static void release(struct parsed *parsed) {
    arena_free(parsed->arena);
    free(parsed->text);
}

static void assert_slice(struct slice slice, const char *want) {
    assert_int_equal(slice.len, strlen(want));
    assert_memory_equal(slice.p, want, slice.len);
}

static void append(char *out, size_t cap, struct slice slice) {
    size_t len = strlen(out);
    assert_true(len + slice.len < cap);
    memcpy(out + len, slice.p, slice.len);
    out[len + slice.len] = '\0';
}

/* Out: the parts, each in brackets: "[balance][0x1]" and "[block=5][chain=1]". */
static void describe(char *path, char *query, size_t cap, const struct target *target) {
    const struct slice open = {"[", 1}, close = {"]", 1}, equals = {"=", 1};
    path[0] = query[0] = '\0';
    for (size_t i = 0; i < target->n_segments; i++) {
        append(path, cap, open);
        append(path, cap, target->segments[i]);
        append(path, cap, close);
    }
    for (size_t i = 0; i < target->n_query; i++) {
        append(query, cap, open);
        append(query, cap, target->query[i].name);
        append(query, cap, equals);
        append(query, cap, target->query[i].value);
        append(query, cap, close);
    }
}

static void test_what_parts_there_are(void **state) {
    (void)state;
    static const struct {
        const char *text, *path, *query;
    } rows[] = {
        {"/", "", ""},
        {"/a", "[a]", ""},
        {"/a/b/c", "[a][b][c]", ""},
        {"/?", "", ""},
        {"/?a", "", "[a=]"},
        {"/?a=", "", "[a=]"},
        {"/?=b", "", "[=b]"},
        {"/?=", "", "[=]"},
        {"/?a=b=c", "", "[a=b=c]"},
        {"/?a=1&b=2", "", "[a=1][b=2]"},
        {"/?a=1&a=2", "", "[a=1][a=2]"},
        {"/?&&a=1&&&b&", "", "[a=1][b=]"},
        {"/a?b?c=d?e", "[a]", "[b?c=d?e]"},
        {"/a?/b/c", "[a]", "[/b/c=]"},
        {"/a?x=//", "[a]", "[x=//]"},
        {"/a;v=1,2:3@x!$'()*~-._", "[a;v=1,2:3@x!$'()*~-._]", ""},
        {"/a=b&c", "[a=b&c]", ""},
        {"/..", "[..]", ""}, /* nothing is resolved: no route has such segments */
        {"/a/./../b", "[a][.][..][b]", ""},
        {"/ ", "[ ]", ""},
        {"/a#b?c#d", "[a#b]", "[c#d=]"},
        {"/\xc3\xa9\xff", "[\xc3\xa9\xff]", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct parsed parsed;
        char path[128], query[128];
        parse(&parsed, rows[i].text);
        assert_int_equal(parsed.err, ERR_OK);
        describe(path, query, sizeof path, &parsed.target);
        assert_string_equal(path, rows[i].path);
        assert_string_equal(query, rows[i].query);
        size_t path_len = strcspn(rows[i].text, "?");
        assert_ptr_equal(parsed.target.path.p, parsed.text);
        assert_int_equal(parsed.target.path.len, path_len);
        release(&parsed);
    }
}

static void test_percent_decoding(void **state) {
    (void)state;
    static const struct {
        const char *text, *path, *query;
    } rows[] = {
        {"/%41%62", "[Ab]", ""},
        {"/%2f", "[/]", ""}, /* a slash inside a segment, not between two */
        {"/a%2Fb/c", "[a/b][c]", ""},
        {"/%3f", "[?]", ""},
        {"/%25", "[%]", ""},
        {"/%2541", "[%41]", ""}, /* once, not twice */
        {"/%252F%2e%2E", "[%2F..]", ""},
        {"/%c3%A9", "[\xc3\xa9]", ""},
        {"/%ff%01%7f", "[\xff\x01\x7f]", ""},
        {"/a+b", "[a+b]", ""}, /* a plus is a space in queries only */
        {"/?a+b=c+d", "", "[a b=c d]"},
        {"/?a%2bb=c%2Bd", "", "[a+b=c+d]"},
        {"/?a%3Db=c%26d", "", "[a=b=c&d]"},
        {"/?%26=%3d", "", "[&==]"},
        {"/?+=+", "", "[ = ]"},
        {"/a?x=%41", "[a]", "[x=A]"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct parsed parsed;
        char path[128], query[128];
        parse(&parsed, rows[i].text);
        assert_int_equal(parsed.err, ERR_OK);
        describe(path, query, sizeof path, &parsed.target);
        assert_string_equal(path, rows[i].path);
        assert_string_equal(query, rows[i].query);
        release(&parsed);
    }
}

static void test_the_absolute_form_has_an_authority(void **state) {
    (void)state;
    static const struct {
        const char *text;
        const char *rest;
    } rows[] = {
        {"http://example.com/a?b", "/a?b"},
        {"HTTPS://[::1]:80/", "/"},
        {"http://example.com", ""},
        {"http://example.com?a", "?a"},
        {"/http://example.com", ""},
        {"ftp://example.com/a", ""},
        {"http:/a", ""},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t len = strlen(rows[i].text), skip = target_authority_len(rows[i].text, len);
        bool absolute = strncasecmp(rows[i].text, "http", 4) == 0 && strstr(rows[i].text, "://") != NULL;
        assert_int_equal(skip, absolute ? len - strlen(rows[i].rest) : 0);
    }
}

static void test_what_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *text;
        enum err err;
    } rows[] = {
        {"", ERR_BAD_REQUEST},
        {"?", ERR_BAD_REQUEST},
        {"?a=b", ERR_BAD_REQUEST},
        {"a", ERR_BAD_REQUEST},
        {"*", ERR_BAD_REQUEST},
        {"http://example.com/a", ERR_BAD_REQUEST},
        {"%2fa", ERR_BAD_REQUEST},
        {"//", ERR_NOT_FOUND},
        {"///", ERR_NOT_FOUND},
        {"//a", ERR_NOT_FOUND},
        {"/a/", ERR_NOT_FOUND},
        {"/a//b", ERR_NOT_FOUND},
        {"/a//?b=c", ERR_NOT_FOUND},
        {"//evil.example/a", ERR_NOT_FOUND},
        {"/%", ERR_BAD_REQUEST},
        {"/%4", ERR_BAD_REQUEST},
        {"/a%", ERR_BAD_REQUEST},
        {"/%/41", ERR_BAD_REQUEST}, /* the segment ends before the digits */
        {"/%4/1", ERR_BAD_REQUEST},
        {"/%?41", ERR_BAD_REQUEST},
        {"/%zz", ERR_BAD_REQUEST},
        {"/%4g", ERR_BAD_REQUEST},
        {"/%g4", ERR_BAD_REQUEST},
        {"/%%41", ERR_BAD_REQUEST},
        {"/%+1", ERR_BAD_REQUEST},
        {"/% 1", ERR_BAD_REQUEST},
        {"/%0x", ERR_BAD_REQUEST},
        {"/%u0041", ERR_BAD_REQUEST},
        {"/%00", ERR_BAD_REQUEST},
        {"/a%00b", ERR_BAD_REQUEST},
        {"/a?b=%00", ERR_BAD_REQUEST},
        {"/a?%00=b", ERR_BAD_REQUEST},
        {"/a?b=%", ERR_BAD_REQUEST},
        {"/a?b=%4", ERR_BAD_REQUEST},
        {"/a?b=%4&c=1", ERR_BAD_REQUEST},
        {"/a?b%=1", ERR_BAD_REQUEST},
        {"/a?%4=1", ERR_BAD_REQUEST},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct parsed parsed;
        parse(&parsed, rows[i].text);
        if (parsed.err != rows[i].err) fail_msg("%s: error %d", rows[i].text, (int)parsed.err);
        release(&parsed);
    }
}

/* "/a/a/a" or "/?a=1&a=1", n times. */
static void repeat(char *out, size_t cap, const char *begin, const char *piece, size_t n) {
    size_t len = (size_t)snprintf(out, cap, "%s", begin);
    for (size_t i = 0; i < n; i++) len += (size_t)snprintf(out + len, cap - len, "%s", piece);
    assert_true(len < cap);
}

static void test_most_segments_and_arguments(void **state) {
    (void)state;
    static const struct {
        const char *begin, *piece;
        size_t most;
        enum err beyond;
    } rows[] = {
        {"", "/a", TARGET_MAX_SEGMENTS, ERR_NOT_FOUND},
        {"", "/%41", TARGET_MAX_SEGMENTS, ERR_NOT_FOUND},
        {"/?", "a=1&", REQUEST_MAX_QUERY, ERR_INVALID_PARAMETER},
        {"/?", "&=", REQUEST_MAX_QUERY, ERR_INVALID_PARAMETER},
        {"/?", "&%41=+", REQUEST_MAX_QUERY, ERR_INVALID_PARAMETER},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (size_t n = rows[i].most - 1; n < rows[i].most + 3; n++) {
            struct parsed parsed;
            char text[256];
            repeat(text, sizeof text, rows[i].begin, rows[i].piece, n);
            parse(&parsed, text);
            assert_int_equal(parsed.err, n <= rows[i].most ? ERR_OK : rows[i].beyond);
            if (n <= rows[i].most) assert_int_equal(parsed.target.n_segments + parsed.target.n_query, n);
            release(&parsed);
        }
    }
}

static void test_empty_arguments_do_not_count(void **state) {
    (void)state;
    struct parsed parsed;
    char text[256];
    repeat(text, sizeof text, "/?a", "&", 100);
    parse(&parsed, text);
    assert_int_equal(parsed.err, ERR_OK);
    assert_int_equal(parsed.target.n_query, 1);
    release(&parsed);
}

static void test_raw_nul_is_just_a_byte(void **state) {
    (void)state;
    struct parsed parsed;
    parse_in(&parsed, "/a\0b?c\0=d", 9, ARENA_BYTES);
    assert_int_equal(parsed.err, ERR_OK);
    assert_int_equal(parsed.target.segments[0].len, 3);
    assert_int_equal(parsed.target.query[0].name.len, 2);
    release(&parsed);
}

static void test_plain_text_costs_no_memory(void **state) {
    (void)state;
    struct parsed parsed;
    parse_in(&parsed, "/balance/0x1?block=latest", 25, 0);
    assert_int_equal(parsed.err, ERR_OK);
    assert_slice(parsed.target.segments[1], "0x1");
    assert_slice(parsed.target.query[0].value, "latest");
    release(&parsed);
}

static void test_memory_runs_out(void **state) {
    (void)state;
    static const char *const rows[] = {"/%41", "/?%41", "/?a=%41", "/?a=b+c"};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct parsed parsed;
        parse_in(&parsed, rows[i], strlen(rows[i]), 0);
        assert_int_equal(parsed.err, ERR_OVERLOADED);
        release(&parsed);
    }
}

static void test_no_text_at_all(void **state) {
    (void)state;
    struct target target;
    struct arena *arena = arena_new(ARENA_BYTES);
    assert_int_equal(target_parse(&target, arena, NULL, 0), ERR_BAD_REQUEST);
    arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_parts_there_are),
        cmocka_unit_test(test_percent_decoding),
        cmocka_unit_test(test_the_absolute_form_has_an_authority),
        cmocka_unit_test(test_what_is_refused),
        cmocka_unit_test(test_most_segments_and_arguments),
        cmocka_unit_test(test_empty_arguments_do_not_count),
        cmocka_unit_test(test_raw_nul_is_just_a_byte),
        cmocka_unit_test(test_plain_text_costs_no_memory),
        cmocka_unit_test(test_memory_runs_out),
        cmocka_unit_test(test_no_text_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
