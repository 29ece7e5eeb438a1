/* CSV: quoting as RFC 4180 has it, and texts that a spreadsheet would run. Each test has a buffer of its own.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "core/csv_out.h"

static struct buf buf;
static struct csv_out out;

static int begin(void **state) {
    (void)state;
    buf_init(&buf, 4096);
    csv_out_init(&out, &buf);
    return 0;
}

static int end(void **state) {
    (void)state;
    buf_free(&buf);
    return 0;
}

static void assert_written(const char *want) {
    assert_false(buf.failed);
    assert_int_equal(buf.len, strlen(want));
    if (buf.len > 0) assert_memory_equal(buf.data, want, buf.len);
    buf_clear(&buf);
    csv_out_init(&out, &buf);
}

static void test_fields_and_rows(void **state) {
    (void)state;
    csv_out_text(&out, "a");
    csv_out_plain(&out, "0x12", 4);
    csv_out_u64(&out, UINT64_MAX);
    csv_out_text(&out, NULL);
    csv_out_end_row(&out);
    csv_out_text(&out, "");
    csv_out_text(&out, "b c");
    csv_out_end_row(&out);
    assert_written("a,0x12,18446744073709551615,\r\n,b c\r\n");
}

/* Rows of RFC 4180, section 2: 5 to 7. */
static void test_quotes(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"aaa", "aaa"},           {"b\r\nbb", "\"b\r\nbb\""},
        {"b\"bb", "\"b\"\"bb\""}, {"a,b", "\"a,b\""},
        {"\"", "\"\"\"\""},       {"a\nb", "\"a\nb\""},
        {"a\rb", "\"a\rb\""},     {"a;b", "a;b"},
        {"\xc3\xa9", "\xc3\xa9"}, {" a ", " a "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        csv_out_text(&out, cases[i][0]);
        assert_written(cases[i][1]);
    }
}

static void test_formulas_are_texts(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"=1+1", "\"'=1+1\""},
        {"+1", "\"'+1\""},
        {"-1", "\"'-1\""},
        {"@SUM(A1)", "\"'@SUM(A1)\""},
        {"\t=1", "\"'\t=1\""},
        {"=HYPERLINK(\"x\",\"y\")", "\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\""},
        {"a=1", "a=1"},
        {"'", "'"},
        {" \n=1", "\"' \n=1\""},
        {"\xef\xbb\xbf=1", "\"'\xef\xbb\xbf=1\""},
        {"\xef\xbc\x9d"
         "1",
         "\"'\xef\xbc\x9d"
         "1\""},
        {"\xe3\x80\x80\xef\xbc\xa0x", "\"'\xe3\x80\x80\xef\xbc\xa0x\""},
        {"\xef\xbc\xa1", "\xef\xbc\xa1"},
        {"  ", "  "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        csv_out_text(&out, cases[i][0]);
        assert_written(cases[i][1]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_fields_and_rows, begin, end),
        cmocka_unit_test_setup_teardown(test_quotes, begin, end),
        cmocka_unit_test_setup_teardown(test_formulas_are_texts, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
