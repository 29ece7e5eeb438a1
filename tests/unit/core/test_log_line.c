/* One log line: its time, its alignment, and values that are too long or not meant for a terminal.
 * Owns nothing.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <jansson.h>
#include <string.h>

#include "core/log_line.h"

static json_t *parse_line(const char *text) {
    json_error_t error;
    json_t *line = json_loadb(text, strcspn(text, "\n"), JSON_REJECT_DUPLICATES, &error);
    if (line == NULL) fail_msg("not JSON (%s): %s", error.text, text);
    return line;
}

static size_t format(char out[LOG_LINE_BYTES + 1], enum log_style style, uint64_t wall_us, const char *message,
                     const struct log_field *fields, size_t n) {
    struct log_event event = {wall_us, LOG_RPC, LOG_WARN, message, fields, n};
    size_t len = log_line_format(out, style, &event);
    out[len] = '\0';
    return len;
}

static void test_time_is_utc_with_microseconds(void **state) {
    (void)state;
    static const struct {
        uint64_t wall_us;
        const char *want;
    } rows[] = {
        /* date -u -d @SECONDS +%FT%T */
        {UINT64_C(0), "{\"time\":\"1970-01-01T00:00:00.000000Z\""},
        {UINT64_C(1767225599999999), "{\"time\":\"2025-12-31T23:59:59.999999Z\""},
        {UINT64_C(1767225600000007), "{\"time\":\"2026-01-01T00:00:00.000007Z\""},
        {UINT64_C(1767225600123456), "{\"time\":\"2026-01-01T00:00:00.123456Z\""},
        {UINT64_C(1709164800000000), "{\"time\":\"2024-02-29T00:00:00.000000Z\""},
    };
    static const struct log_field none[1];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char line[LOG_LINE_BYTES + 1];
        (void)format(line, LOG_STYLE_JSON, rows[i].wall_us, "m", none, 1);
        assert_memory_equal(line, rows[i].want, strlen(rows[i].want));
    }
}

static void test_text_line_is_compact_and_aligned(void **state) {
    (void)state;
    char line[LOG_LINE_BYTES + 1];
    const struct log_field fields[] = {{.key = NULL},         LOG_STR("upstream", "rpc1"), LOG_STR("why", "no route"),
                                       LOG_STR("none", NULL), LOG_STR("empty", ""),        LOG_U64("tries", 2),
                                       LOG_I64("delta", -3),  LOG_US_AS_MS("took", 1050)};
    (void)format(line, LOG_STYLE_TEXT, UINT64_C(1767225600123456), "upstream failed", fields, 8);
    assert_string_equal(line, "00:00:00.123 WARN  rpc    upstream failed              upstream=rpc1 why=\"no route\" "
                              "empty=\"\" tries=2 delta=-3 took=1.050ms\n");
    (void)format(line, LOG_STYLE_TEXT, UINT64_C(1767225600123456), "no fields", fields, 1);
    assert_string_equal(line, "00:00:00.123 WARN  rpc    no fields\n");
}

static void test_text_holds_no_control_characters(void **state) {
    (void)state;
    char line[LOG_LINE_BYTES + 1];
    /* Colour switch, newline, DEL and the one-character CSI (U+009B). */
    const struct log_field fields[] = {{.key = NULL},
                                       LOG_STR("ua", "a\033[31m\nb\x7f\xc2\x9b"
                                                     "c")};
    (void)format(line, LOG_STYLE_TEXT, 0, "m\033[0m\n", fields, 2);
    assert_string_equal(line, "00:00:00.000 WARN  rpc    m[0m                         ua=a[31mbc\n");
}

static void test_long_texts_are_cut_and_say_so(void **state) {
    (void)state;
    char huge[9000] = "x"; /* so that a limit falls into the middle of a character */
    for (size_t i = 1; i + 2 < sizeof huge; i += 2) memcpy(huge + i, "\xc3\xa9", 3);
    char controls[9000];
    memset(controls, 1, sizeof controls - 1); /* each becomes six bytes */
    controls[sizeof controls - 1] = '\0';
    const struct log_field fields[] = {{.key = NULL}, LOG_STR("a", huge), LOG_STR("b", controls), LOG_U64("last", 7)};

    char line[LOG_LINE_BYTES + 1];
    size_t len = format(line, LOG_STYLE_JSON, 0, huge, fields, 4);
    assert_true(len > 0 && len <= LOG_LINE_BYTES);
    assert_int_equal(line[len - 1], '\n');
    json_t *parsed = parse_line(line);
    assert_true(json_is_true(json_object_get(parsed, "cut")));
    assert_int_equal(json_integer_value(json_object_get(parsed, "last")), 7);
    const char *a = json_string_value(json_object_get(parsed, "a"));
    assert_null(strstr(a, "\xef\xbf\xbd")); /* never half a character */
    assert_memory_equal(a, huge, strlen(a));
    json_decref(parsed);

    len = format(line, LOG_STYLE_TEXT, 0, huge, fields, 4);
    assert_true(len > 0 && len <= LOG_LINE_BYTES);
    assert_string_equal(line + len - strlen(" last=7 (cut)\n"), " last=7 (cut)\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_time_is_utc_with_microseconds),
        cmocka_unit_test(test_text_line_is_compact_and_aligned),
        cmocka_unit_test(test_text_holds_no_control_characters),
        cmocka_unit_test(test_long_texts_are_cut_and_say_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
