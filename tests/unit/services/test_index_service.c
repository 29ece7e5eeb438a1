/* What /status says of an index.
 * Each test owns its status.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "services/index_service.h"

static void assert_renders(struct index_status *status, const char *expected) {
    struct buf buf;
    struct json_out json;
    buf_init(&buf, 4096);
    json_out_init(&json, &buf);
    index_service_render_status(status, &json);
    assert_int_equal(buf.len, strlen(expected));
    assert_memory_equal(buf.data, expected, buf.len);
    buf_free(&buf);
}

static void test_status(void **state) {
    (void)state;
    struct index_status *status = index_status_new();
    const struct index_report following = {.phase = INDEX_FOLLOWING,
                                           .indexing_here = true,
                                           .has_tip = true,
                                           .tip = 41,
                                           .next_block = 42,
                                           .target = 43,
                                           .logs = 44,
                                           .logs_per_s = 45,
                                           .eta_s = 46,
                                           .odd_logs = 47,
                                           .reorgs = 48};
    const struct index_report halted = {.phase = INDEX_HALTED, .halted = "It \"reaches\" too deep."};
    index_status_set(status, &following);
    assert_renders(status, "{\"phase\":\"following\",\"indexing_here\":true,\"tip\":41,\"next_block\":42,\"target\":43,"
                           "\"logs\":44,\"logs_per_s\":45,\"eta_s\":46,\"odd_logs\":47,\"reorgs\":48,\"halted\":null}");
    index_status_set(status, &halted);
    assert_renders(status, "{\"phase\":\"halted\",\"indexing_here\":false,\"tip\":null,\"next_block\":0,\"target\":0,"
                           "\"logs\":0,\"logs_per_s\":0,\"eta_s\":0,\"odd_logs\":0,\"reorgs\":0,"
                           "\"halted\":\"It \\\"reaches\\\" too deep.\"}");
    index_status_free(status);
}

static void test_no_database(void **state) {
    (void)state;
    assert_renders(NULL, "null");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_status),
        cmocka_unit_test(test_no_database),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
