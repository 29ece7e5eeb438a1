/* The statuses that metrics count: each that an error can have has a value of its own.
 * Owns nothing.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "core/metrics.h"
#include "http/status.h"

static void test_each_status_is_its_own_label(void **state) {
    (void)state;
    struct buf out;
    char want[64];
    bool known[600] = {[200] = true, [204] = true, [304] = true};
    for (int err = ERR_OK + 1; err < ERR_COUNT; err++) known[err_info((enum err)err)->status] = true;
    static const char *const routes[] = {"/"};
    metrics_set_label_values(METRIC_LABEL_ROUTE, routes, 1);
    status_set_metric_labels();
    metrics_start(1);
    for (int status = 100; status < 600; status++) {
        if (known[status]) metrics_add(METRIC_HTTP_REQUESTS, 0, status_metric_index(status), status);
    }
    metrics_add(METRIC_HTTP_REQUESTS, 0, status_metric_index(299), 7);
    metrics_add(METRIC_HTTP_REQUESTS, 0, status_metric_index(-1), 7);
    buf_init(&out, 1024 * 1024);
    metrics_render(&out);
    buf_append_char(&out, '\0');
    for (int status = 100; status < 600; status++) {
        (void)snprintf(want, sizeof want, "status=\"%d\"} %d\n", status, status);
        if (known[status] && strstr(out.data, want) == NULL) fail_msg("%s is not in\n%s", want, out.data);
    }
    assert_non_null(strstr(out.data, "status=\"other\"} 14\n"));
    buf_free(&out);
    metrics_stop();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_status_is_its_own_label),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
