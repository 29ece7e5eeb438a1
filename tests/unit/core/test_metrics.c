/* The metrics as Prometheus reads them: the exact text for what was counted, from one thread and from many.
 * Each test starts and stops the module itself.
 * Runs on the main thread, plus counting threads where a test says so. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <glob.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/metrics.h"
#include "sanitizer.h"

static void start(unsigned shards) {
    static const char *const routes[] = {"/a", "/b"};
    static const char *const statuses[] = {"200", "404", "500"};
    static const char *const chains[] = {"mainnet"};
    metrics_set_label_values(METRIC_LABEL_ROUTE, routes, 2);
    metrics_start(shards);
    metrics_set_label_values(METRIC_LABEL_STATUS, statuses, 3);
    metrics_set_label_values(METRIC_LABEL_CHAIN, chains, 1);
}

/* The caller frees the text. */
static char *render(void) {
    struct buf out;
    buf_init(&out, 1024 * 1024);
    metrics_render(&out);
    buf_append_char(&out, '\0');
    assert_false(out.failed);
    size_t len;
    return buf_take(&out, &len);
}

static void assert_rendered(const char *want) {
    char *text = render();
    if (strstr(text, want) == NULL) fail_msg("%s\nis not in\n%s", want, text);
    free(text);
}

static void test_untouched_families_have_help_and_type_only(void **state) {
    (void)state;
    start(2);
    char *text = render();
    const char *want = "# HELP dappd_http_requests_total Requests answered, by route and status.\n"
                       "# TYPE dappd_http_requests_total counter\n"
                       "# HELP dappd_http_request_duration_seconds Time from the first byte read of a request to its "
                       "response being queued.\n"
                       "# TYPE dappd_http_request_duration_seconds histogram\n"
                       "# HELP dappd_http_requests_in_flight Requests being worked on.\n"
                       "# TYPE dappd_http_requests_in_flight gauge\n";
    assert_memory_equal(text, want, strlen(want));
    for (const char *at = text; *at != '\0'; at += strcspn(at, "\n") + 1) {
        assert_true(*at == '#' || strncmp(at, "process_", 8) == 0);
    }
    free(text);
    metrics_stop();
}

static void test_counters_show_touched_series_only(void **state) {
    (void)state;
    start(2);
    metrics_add(METRIC_HTTP_REQUESTS, 0, 0, 2);
    metrics_add(METRIC_HTTP_REQUESTS, 0, 0, 1);
    metrics_add(METRIC_HTTP_REQUESTS, 1, 2, 5);
    metrics_add(METRIC_CACHE_EVICTIONS, 0, 0, 4);
    assert_rendered("# TYPE dappd_http_requests_total counter\n"
                    "dappd_http_requests_total{route=\"/a\",status=\"200\"} 3\n"
                    "dappd_http_requests_total{route=\"/b\",status=\"500\"} 5\n"
                    "# HELP ");
    assert_rendered("\ndappd_cache_evictions_total 4\n");
    assert_int_equal(metrics_value(METRIC_HTTP_REQUESTS, 0, 0), 3);
    assert_int_equal(metrics_value(METRIC_HTTP_REQUESTS, 1, 1), 0);
    metrics_stop();
}

static void test_a_gauge_back_at_zero_stays_visible(void **state) {
    (void)state;
    start(1);
    metrics_add(METRIC_HTTP_IN_FLIGHT, 0, 0, 1);
    metrics_add(METRIC_HTTP_IN_FLIGHT, 0, 0, -1);
    assert_rendered("\ndappd_http_requests_in_flight 0\n");
    metrics_stop();
}

static void test_set_replaces_the_value(void **state) {
    (void)state;
    start(3);
    metrics_use_shard(1);
    metrics_set(METRIC_HEAD_BLOCK, 0, 0, 19000000);
    metrics_use_shard(2);
    metrics_set(METRIC_HEAD_BLOCK, 0, 0, 18999999);
    assert_rendered("\ndappd_head_block{chain=\"mainnet\"} 18999999\n");
    metrics_stop();
}

static void test_histogram_is_cumulative_in_seconds(void **state) {
    (void)state;
    start(2);
    static const uint64_t observed_us[] = {0, 100, 101, 1000, 2000000, 10000000, 10000001, 60000000};
    for (size_t i = 0; i < sizeof observed_us / sizeof observed_us[0]; i++) {
        metrics_use_shard(i % 2);
        metrics_observe_us(METRIC_HTTP_DURATION, 1, observed_us[i]);
    }
    assert_rendered("# TYPE dappd_http_request_duration_seconds histogram\n"
                    "dappd_http_request_duration_seconds_bucket{route=\"/b\",le=\"0.0001\"} 2\n"
                    "dappd_http_request_duration_seconds_bucket{route=\"/b\",le=\"0.00025\"} 3\n"
                    "dappd_http_request_duration_seconds_bucket{route=\"/b\",le=\"0.0005\"} 3\n"
                    "dappd_http_request_duration_seconds_bucket{route=\"/b\",le=\"0.001\"} 4\n"
                    "dappd_http_request_duration_seconds_bucket{route=\"/b\",le=\"0.0025\"} 4\n"
                    "dappd_http_request_duration_seconds_bucket{route=\"/b\",le=\"0.005\"} 4\n"
                    "dappd_http_request_duration_seconds_bucket{route=\"/b\",le=\"0.01\"} 4\n"
                    "dappd_http_request_duration_seconds_bucket{route=\"/b\",le=\"0.025\"} 4\n"
                    "dappd_http_request_duration_seconds_bucket{route=\"/b\",le=\"0.05\"} 4\n"
                    "dappd_http_request_duration_seconds_bucket{route=\"/b\",le=\"0.1\"} 4\n"
                    "dappd_http_request_duration_seconds_bucket{route=\"/b\",le=\"0.25\"} 4\n"
                    "dappd_http_request_duration_seconds_bucket{route=\"/b\",le=\"0.5\"} 4\n"
                    "dappd_http_request_duration_seconds_bucket{route=\"/b\",le=\"1\"} 4\n"
                    "dappd_http_request_duration_seconds_bucket{route=\"/b\",le=\"2.5\"} 5\n"
                    "dappd_http_request_duration_seconds_bucket{route=\"/b\",le=\"5\"} 5\n"
                    "dappd_http_request_duration_seconds_bucket{route=\"/b\",le=\"10\"} 6\n"
                    "dappd_http_request_duration_seconds_bucket{route=\"/b\",le=\"+Inf\"} 8\n"
                    "dappd_http_request_duration_seconds_sum{route=\"/b\"} 82.001202\n"
                    "dappd_http_request_duration_seconds_count{route=\"/b\"} 8\n"
                    "# HELP ");
    metrics_stop();
}

static void test_label_values_are_escaped(void **state) {
    (void)state;
    static const char *const chains[] = {"a\"b\\c\nd"};
    start(1);
    metrics_set_label_values(METRIC_LABEL_CHAIN, chains, 1);
    metrics_set(METRIC_HEAD_BLOCK, 0, 0, 1);
    assert_rendered("\ndappd_head_block{chain=\"a\\\"b\\\\c\\nd\"} 1\n");
    metrics_stop();
}

enum { THREADS = 6, ADDS = 20000 };

static void *count(void *arg) {
    const unsigned *shard = arg;
    if (*shard < 3) metrics_use_shard(*shard); /* the others share the last one */
    for (int i = 0; i < ADDS; i++) {
        metrics_add(METRIC_HTTP_REQUESTS, 1, 0, 1);
        metrics_observe_us(METRIC_HTTP_DURATION, 0, 300);
        if (i % 4096 == 0) free(render());
    }
    return NULL;
}

static void test_threads_lose_no_count(void **state) {
    (void)state;
    start(4);
    pthread_t threads[THREADS];
    unsigned shards[THREADS];
    for (unsigned t = 0; t < THREADS; t++) {
        shards[t] = t;
        assert_int_equal(pthread_create(&threads[t], NULL, count, &shards[t]), 0);
    }
    for (unsigned t = 0; t < THREADS; t++) pthread_join(threads[t], NULL);
    assert_int_equal(metrics_value(METRIC_HTTP_REQUESTS, 1, 0), THREADS * ADDS);
    assert_rendered("\ndappd_http_request_duration_seconds_sum{route=\"/a\"} 36.000000\n"
                    "dappd_http_request_duration_seconds_count{route=\"/a\"} 120000\n");
    metrics_stop();
}

static void test_counts_nothing_before_start_or_without_values(void **state) {
    (void)state;
    metrics_add(METRIC_CACHE_EVICTIONS, 0, 0, 1);
    assert_int_equal(metrics_value(METRIC_CACHE_EVICTIONS, 0, 0), 0);
    start(1);
    metrics_add(METRIC_CACHE_HITS, 7, 0, 1); /* its dimension was given no values */
    assert_int_equal(metrics_value(METRIC_CACHE_HITS, 7, 0), 0);
    metrics_stop();
}

static unsigned long rendered_number(const char *line_start) {
    char *text = render();
    const char *at = strstr(text, line_start);
    assert_non_null(at);
    unsigned long value = strtoul(at + strlen(line_start), NULL, 10);
    free(text);
    return value;
}

static void test_process_metrics(void **state) {
    (void)state;
    uint64_t now_s = clock_wall_us() / 1000000;
    start(1);
    unsigned long started_s = rendered_number("\nprocess_start_time_seconds ");
    assert_true(started_s >= now_s && started_s <= now_s + 60);
    assert_true(rendered_number("\nprocess_resident_memory_bytes ") >= 100000);
    assert_rendered("# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total ");
    glob_t found;
    assert_int_equal(glob("/proc/self/fd/*", 0, NULL, &found), 0);
    unsigned long fds = found.gl_pathc - 1; /* glob's own */
    globfree(&found);
    assert_int_equal(rendered_number("\nprocess_open_fds "), fds);
    metrics_stop();
}

static void test_untouched_shards_cost_no_memory(void **state) {
    (void)state;
#ifdef TEST_TSAN
    skip(); /* its shadow memory is resident even for what is only read */
#endif
    unsigned long before = rendered_number("\nprocess_resident_memory_bytes ");
    start(4096); /* 4 KB and more each */
    metrics_add(METRIC_HTTP_REQUESTS, 0, 0, 1);
    unsigned long after = rendered_number("\nprocess_resident_memory_bytes ");
    assert_true(after < before + 4 * 1024 * 1024);
    metrics_stop();
}

static void test_render_stops_at_the_buffers_maximum(void **state) {
    (void)state;
    start(1);
    struct buf out;
    buf_init(&out, 1000);
    metrics_render(&out);
    assert_true(out.failed);
    buf_free(&out);
    metrics_stop();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_untouched_families_have_help_and_type_only),
        cmocka_unit_test(test_counters_show_touched_series_only),
        cmocka_unit_test(test_a_gauge_back_at_zero_stays_visible),
        cmocka_unit_test(test_set_replaces_the_value),
        cmocka_unit_test(test_histogram_is_cumulative_in_seconds),
        cmocka_unit_test(test_label_values_are_escaped),
        cmocka_unit_test(test_threads_lose_no_count),
        cmocka_unit_test(test_counts_nothing_before_start_or_without_values),
        cmocka_unit_test(test_process_metrics),
        cmocka_unit_test(test_untouched_shards_cost_no_memory),
        cmocka_unit_test(test_render_stops_at_the_buffers_maximum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
