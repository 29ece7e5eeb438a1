/* Moments as clients write them: Python's datetime knows which seconds they are, and what is malformed touches nothing.
 * Runs on one thread. */
#include "core/timestamp.h"
#include "vectors.h"

static void assert_parsed(const char *text, uint64_t want, bool want_cut) {
    uint64_t seconds = 99;
    bool is_cut = !want_cut;
    if (!timestamp_parse(&seconds, &is_cut, text, strlen(text))) fail_msg("%s is refused", text);
    if (seconds != want || is_cut != want_cut) fail_msg("%s is %llu", text, (unsigned long long)seconds);
}

static void assert_refused(const char *text, size_t len) {
    uint64_t seconds = 99;
    bool is_cut = true;
    if (timestamp_parse(&seconds, &is_cut, text, len)) fail_msg("%.*s is taken", (int)len, text);
    assert_true(seconds == 99 && is_cut);
}

static void test_vectors(void **state) {
    struct vectors v;
    (void)state;
    vectors_open(&v, "timestamps.tsv");
    while (vectors_next(&v, 3)) {
        const char *text = v.fields[0];
        size_t len = strlen(text);
        if (strcmp(v.fields[1], "none") == 0) {
            assert_refused(text, len);
            continue;
        }
        assert_parsed(text, strtoull(v.fields[1], NULL, 10), v.fields[2][0] == '1');
        for (size_t n = 5; n < len; n++) assert_refused(text, n); /* a year alone is a number of seconds */
    }
    vectors_close(&v, 300);
}

static void test_unix_seconds(void **state) {
    (void)state;
    assert_parsed("0", 0, false);
    assert_parsed("1700000000", 1700000000, false);
    assert_parsed("18446744073709551615", UINT64_MAX, false);
    assert_refused("1700000000.5", 12);
}

static void test_offsets(void **state) {
    (void)state;
    assert_parsed("1970-01-01T01:00:00+01:00", 0, false);
    assert_parsed("1970-01-01T01:00:00 01:00", 0, false); /* + in a query */
    assert_parsed("1969-12-31T23:00:00-01:00", 0, false);
    assert_refused("1970-01-01T00:59:59+01:00", 25);
    assert_parsed("2016-12-31T23:59:60Z", 1483228800, false);
}

static void test_what_is_malformed_is_refused(void **state) {
    (void)state;
    static const char *const rows[] = {
        "now",
        "-1",
        "2024-01-01",
        "2024-01-01T00:00Z",
        "2024-01-01T00:00:00",
        "2024-1-01T00:00:00Z",
        "2024-13-01T00:00:00Z",
        "2024-00-01T00:00:00Z",
        "2024-01-00T00:00:00Z",
        "2024-04-31T00:00:00Z",
        "2024-01-01T24:00:00Z",
        "2024-01-01T00:60:00Z",
        "2024-01-01T00:00:61Z",
        "2024-01-01T00:00:00.Z",
        "2024-01-01T00:00:00+0100",
        "2024-01-01T00:00:00+24:00",
        "2024-01-01T00:00:00+01:60",
        "2024-01-01T00:00:00Z ",
        " 2024-01-01T00:00:00Z",
        "1969-12-31T23:59:59Z",
        "12024-01-01T00:00:00Z",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) assert_refused(rows[i], strlen(rows[i]));
    assert_refused("2024-01-01T00:00:00\0", 20);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_unix_seconds),
        cmocka_unit_test(test_offsets),
        cmocka_unit_test(test_what_is_malformed_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
