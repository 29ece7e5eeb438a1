/* What the scanner passes over is what jansson takes, and nothing else; what it reads is what jansson reads.
 * Each test frees what it parsed.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "core/json_depth.h"
#include "rpc/json_scan.h"
#include "rpc/json_text.h"

static char *exact_copy(const char *text, size_t len) {
    char *copy = malloc(len > 0 ? len : 1); /* no longer than it is, so that ASan sees one byte too many */
    memcpy(copy, text, len);
    return copy;
}

static bool skips(const char *text, size_t len) {
    struct json_scan scan;
    char *copy = exact_copy(text, len);
    json_scan_init(&scan, copy, len);
    bool skipped = json_scan_skip(&scan) && json_scan_at_end(&scan);
    json_scan_free(&scan);
    free(copy);
    return skipped;
}

static bool jansson_takes(const char *text, size_t len) {
    json_t *root = json_loadb(text, len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    json_decref(root);
    return root != NULL;
}

static const char *const texts[] = {
    "",
    " ",
    "null",
    "true",
    "false",
    "nul",
    "nullx",
    "truefalse",
    "tru e",
    "True",
    "0",
    "-0",
    "-",
    "1",
    "01",
    "1.",
    ".5",
    "1.5",
    "1e5",
    "1E+5",
    "1e",
    "1e999",
    "-1e999",
    "+1",
    "1 2",
    "1,2",
    "0x1",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "-9223372036854775809",
    "1-2",
    "1.5.5",
    "\"\"",
    "\"a\"",
    "\"a",
    "a\"",
    "\"\\\"\"",
    "\"\\\\\"",
    "\"\\\"",
    "\"\\/\\b\\f\\n\\r\\t\"",
    "\"\\a\"",
    "\"\\",
    "\"\\u0041\"",
    "\"\\u004\"",
    "\"\\u00zz\"",
    "\"\\u0000\"",
    "\"\\ud83d\\ude00\"",
    "\"\\ud83d\"",
    "\"\\ude00\"",
    "\"\\ud83d\\u0041\"",
    "\"\\ud83dx\"",
    "\"\\uD83D\\uDE00\"",
    "\"\\U0041\"",
    "\"\t\"",
    "\"\n\"",
    "\"\x7f\"",
    "\"\xc3\xa9\"",
    "\"\xc3\"",
    "\"\xc3\"\xa9",
    "\"\xc0\xaf\"",
    "\"\xed\xa0\x80\"",
    "\"\xf0\x9f\x98\x80\"",
    "\"\xf4\x90\x80\x80\"",
    "\"\x80\"",
    "\xef\xbb\xbf[]",
    "[]",
    "[ ]",
    "[1]",
    "[1,]",
    "[,1]",
    "[1 2]",
    "[1,2",
    "[1,2]]",
    "[[],[]]",
    "[{}]",
    "]",
    "[}",
    "[\f]",
    "[\v1]",
    "{}",
    "{ }",
    "{\"a\":1}",
    "{\"a\":1,}",
    "{\"a\"}",
    "{\"a\":}",
    "{a:1}",
    "{1:1}",
    "{\"a\":1 \"b\":2}",
    "{\"a\":1",
    "{\"a\":1,\"a\":2}",
    "{\"\":1}",
    "{\"\\u0061\":1}",
    "{\"\\u0000\":1}",
    "{\"a\\u0000\":1}",
    "{\"a\" : 1 , \"b\" : [ ]}",
    "{\"a\":1}}",
    "{]",
    "{\"a\":[1,{\"b\":null}]}",
    "// no",
    "[1]/**/",
    "'a'",
};

static void test_takes_what_jansson_takes(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        size_t len = strlen(texts[i]);
        if (skips(texts[i], len) != jansson_takes(texts[i], len)) fail_msg("%s", texts[i]);
    }
}

static void test_a_nul_is_no_json(void **state) {
    (void)state;
    assert_false(skips("true\0", 5));
    assert_false(skips("\"\0\"", 3));
    assert_false(skips("[1,\0]", 5));
    assert_false(skips("\"\\\0\"", 4));
}

static void test_depth(void **state) {
    (void)state;
    char text[2 * JSON_MAX_DEPTH + 2];
    memset(text, '[', JSON_MAX_DEPTH + 1);
    memset(text + JSON_MAX_DEPTH + 1, ']', JSON_MAX_DEPTH + 1);
    assert_true(skips(text + 1, 2 * JSON_MAX_DEPTH));
    assert_false(skips(text, sizeof text));
}

static void test_strings_say_what_they_say_to_jansson(void **state) {
    (void)state;
    size_t n = 0;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        size_t len = strlen(texts[i]);
        json_t *root = json_loadb(texts[i], len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
        if (json_is_string(root)) {
            struct buf out;
            buf_init(&out, len);
            const char *end = json_text_end(texts[i] + 1, texts[i] + len);
            assert_ptr_equal(end, texts[i] + len - 1);
            assert_true(json_text_unescape(&out, texts[i] + 1, len - 2));
            assert_int_equal(out.len, json_string_length(root));
            if (out.len > 0) assert_memory_equal(out.data, json_string_value(root), out.len);
            buf_free(&out);
            n++;
        }
        json_decref(root);
    }
    assert_true(n > 10);
}

/* What a small object may hold. */
struct thing {
    uint64_t number;
    hash32 hash;
    uint8_t data[4];
    size_t data_len;
    bool flag;
    u256 amount;
};

static bool read_number(struct json_scan *scan, void *arg) {
    return json_scan_u64(scan, &((struct thing *)arg)->number);
}
static bool read_hash(struct json_scan *scan, void *arg) {
    return json_scan_hash(scan, &((struct thing *)arg)->hash);
}
static bool read_data(struct json_scan *scan, void *arg) {
    struct thing *thing = arg;
    return json_scan_data(scan, thing->data, sizeof thing->data, &thing->data_len);
}
static bool read_flag(struct json_scan *scan, void *arg) {
    return json_scan_bool(scan, &((struct thing *)arg)->flag);
}
static bool read_amount(struct json_scan *scan, void *arg) {
    return json_scan_null(scan) || json_scan_u256(scan, &((struct thing *)arg)->amount);
}

static const struct json_scan_field fields[] = {
    {"number", 6, true, read_number}, {"hash", 4, false, read_hash},     {"data", 4, false, read_data},
    {"flag", 4, false, read_flag},    {"amount", 6, false, read_amount},
};

static bool read_thing(struct thing *out, const char *text) {
    struct json_scan scan;
    char *copy = exact_copy(text, strlen(text));
    memset(out, 0, sizeof *out);
    json_scan_init(&scan, copy, strlen(text));
    bool read = json_scan_object(&scan, fields, sizeof fields / sizeof fields[0], out) && json_scan_at_end(&scan);
    json_scan_free(&scan);
    free(copy);
    return read;
}

static void test_reads_members(void **state) {
    (void)state;
    struct thing thing;
    assert_true(
        read_thing(&thing, "{\"x\":{\"number\":1},\"number\":\"0x1f\",\"flag\":true,\"data\":\"0x0102030405\"}"));
    assert_int_equal(thing.number, 31);
    assert_true(thing.flag);
    assert_int_equal(thing.data_len, 5);
    assert_memory_equal(thing.data, "\1\2\3\4", 4);
    assert_true(read_thing(&thing, "{\"n\\u0075mber\":\"\\u0030x1\\u0046\",\"amount\":null,\"data\":\"0x\"}"));
    assert_int_equal(thing.number, 31);
    assert_int_equal(thing.data_len, 0);
    assert_true(read_thing(&thing, "{\"number\":\"0x0\",\"amount\":\"0x100000000000000000000000000000000\"}"));
    assert_int_equal(thing.amount.limb[2], 1);
}

static void test_refuses_members(void **state) {
    (void)state;
    static const char *const refused[] = {
        "{}",
        "[]",
        "{\"flag\":true}",
        "{\"number\":1}",
        "{\"number\":null}",
        "{\"number\":\"0x\"}",
        "{\"number\":\"1\"}",
        "{\"number\":\"0x1\",\"number\":\"0x1\"}",
        "{\"number\":\"0x1\",\"n\\u0075mber\":\"0x1\"}",
        "{\"number\":\"0x1\",\"hash\":\"0x01\"}",
        "{\"number\":\"0x1\",\"data\":\"0x1\"}",
        "{\"number\":\"0x1\",\"data\":\"01\"}",
        "{\"number\":\"0x1\",\"data\":\"0x010203zz\"}",
        "{\"number\":\"0x1\",\"data\":\"0x01020304zz\"}",
        "{\"number\":\"0x1\",\"flag\":\"true\"}",
        "{\"number\":\"0x1\",\"flag\":null}",
        "{\"number\":\"0x\\ud800\"}",
        "{\"number\":\"\"}",
        "{\"number\":\"0x1}",
        "{\"number\":\"0x1\"} x",
        "{\"number\":\"0x10000000000000000\"}",
        "{\"number\":\"0x1\" \"flag\":true}",
        "{\"number\":\"0x1\",}",
    };
    struct thing thing;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        if (read_thing(&thing, refused[i])) fail_msg("%s", refused[i]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_takes_what_jansson_takes),
        cmocka_unit_test(test_a_nul_is_no_json),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_strings_say_what_they_say_to_jansson),
        cmocka_unit_test(test_reads_members),
        cmocka_unit_test(test_refuses_members),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
