/* The W3C traceparent header: what level 1 of the standard takes and what it refuses.
 * Owns nothing.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "middleware/traceparent.h"

#define TRACE_ID "0af7651916cd43dd8448eb211c80319c"
#define SPAN_ID "b7ad6b7169203331"

/* In memory of exactly its size, so that ASan sees each overrun. */
static bool parse(struct trace *out, const char *text, size_t len) {
    char *copy = malloc(len > 0 ? len : 1);
    assert_non_null(copy);
    memcpy(copy, text, len);
    bool ok = traceparent_parse(out, copy, len);
    free(copy);
    return ok;
}

/* The example of the standard. */
static void test_the_parts(void **state) {
    (void)state;
    static const uint8_t trace_id[16] = {0x0a, 0xf7, 0x65, 0x19, 0x16, 0xcd, 0x43, 0xdd,
                                         0x84, 0x48, 0xeb, 0x21, 0x1c, 0x80, 0x31, 0x9c};
    static const uint8_t span_id[8] = {0xb7, 0xad, 0x6b, 0x71, 0x69, 0x20, 0x33, 0x31};
    static const char text[] = "00-" TRACE_ID "-" SPAN_ID "-01";
    struct trace trace;
    assert_true(parse(&trace, text, sizeof text - 1));
    assert_memory_equal(trace.trace_id, trace_id, sizeof trace_id);
    assert_memory_equal(trace.span_id, span_id, sizeof span_id);
    assert_int_equal(trace.flags, 1);
}

static void test_taken(void **state) {
    (void)state;
    static const char *const rows[] = {
        "00-" TRACE_ID "-" SPAN_ID "-00",
        "00-" TRACE_ID "-" SPAN_ID "-ff",
        "00-00000000000000000000000000000001-0000000000000001-01",
        "00-10000000000000000000000000000000-1000000000000000-01",
        /* a later version may be longer */
        "01-" TRACE_ID "-" SPAN_ID "-01",
        "cc-" TRACE_ID "-" SPAN_ID "-01-what-the-future-brings",
        "cc-" TRACE_ID "-" SPAN_ID "-01-",
        "fe-" TRACE_ID "-" SPAN_ID "-01",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct trace trace;
        if (!parse(&trace, rows[i], strlen(rows[i]))) fail_msg("%s", rows[i]);
    }
}

static void test_refused(void **state) {
    (void)state;
    static const char *const rows[] = {
        "",
        "00",
        "00-" TRACE_ID,
        "00-" TRACE_ID "-" SPAN_ID,
        "00-" TRACE_ID "-" SPAN_ID "-",
        "00-" TRACE_ID "-" SPAN_ID "-0",
        "00-" TRACE_ID "-" SPAN_ID "-01-", /* version 0 has a length */
        "00-" TRACE_ID "-" SPAN_ID "-01-more",
        "00-" TRACE_ID "-" SPAN_ID "-01.",
        "00-" TRACE_ID "-" SPAN_ID "-011",
        "cc-" TRACE_ID "-" SPAN_ID "-01.what", /* later versions go on behind a dash */
        "cc-" TRACE_ID "-" SPAN_ID "-011",
        "cc-" TRACE_ID "-" SPAN_ID "-0",
        "ff-" TRACE_ID "-" SPAN_ID "-01", /* no version */
        ".0-" TRACE_ID "-" SPAN_ID "-01",
        "0.-" TRACE_ID "-" SPAN_ID "-01",
        "0 -" TRACE_ID "-" SPAN_ID "-01",
        " 00-" TRACE_ID "-" SPAN_ID "-01",
        "CC-" TRACE_ID "-" SPAN_ID "-01", /* lower case only */
        "00-0AF7651916CD43DD8448EB211C80319C-" SPAN_ID "-01",
        "00-" TRACE_ID "-B7AD6B7169203331-01",
        "00-" TRACE_ID "-" SPAN_ID "-0A",
        "00-00000000000000000000000000000000-" SPAN_ID "-01", /* all zero */
        "00-" TRACE_ID "-0000000000000000-01",
        "00-0af7651916cd43dd8448eb211c80319g-" SPAN_ID "-01",
        "00-" TRACE_ID "-b7ad6b716920333.-01",
        "00-" TRACE_ID "-" SPAN_ID "-0x",
        "00_" TRACE_ID "-" SPAN_ID "-01",
        "00-" TRACE_ID "_" SPAN_ID "-01",
        "00-" TRACE_ID "-" SPAN_ID "_01",
        "00-0af7651916cd43dd8448eb211c80319-c" SPAN_ID "-01", /* the dash elsewhere */
        "00--" TRACE_ID SPAN_ID "-01",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct trace trace, before;
        memset(&trace, 0x5a, sizeof trace);
        before = trace;
        if (parse(&trace, rows[i], strlen(rows[i]))) fail_msg("%s", rows[i]);
        assert_memory_equal(&trace, &before, sizeof trace); /* left alone */
    }
}

static void test_nul_bytes(void **state) {
    (void)state;
    struct trace trace;
    char text[] = "cc-" TRACE_ID "-" SPAN_ID "-01-x";
    size_t len = sizeof text - 1;
    text[len - 1] = '\0';
    assert_true(parse(&trace, text, len)); /* in what the future brings */
    for (size_t i = 0; i < 56; i++) {
        char kept = text[i];
        text[i] = '\0';
        assert_false(parse(&trace, text, len));
        text[i] = kept;
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_parts),
        cmocka_unit_test(test_taken),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_nul_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
