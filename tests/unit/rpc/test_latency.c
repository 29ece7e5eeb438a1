/* The average and the 95th percentile of made-up times, against the times sorted.
 * Each test owns what it measures.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "rpc/latency.h"

static void test_nothing_measured(void **state) {
    (void)state;
    struct latency latency = {0};
    assert_int_equal(latency.average_us, 0);
    assert_int_equal(latency_p95_us(&latency), 0);
}

/* Never too low, and at most a quarter too high. */
static void test_single_times(void **state) {
    (void)state;
    for (uint64_t us = 1; us < UINT64_C(1) << 27; us += us / 7 + 1) {
        struct latency latency = {0};
        latency_add(&latency, us);
        uint64_t p95_us = latency_p95_us(&latency);
        assert_int_equal(latency.average_us, us);
        assert_true(p95_us > us);
        assert_true(us < 64 ? p95_us == 80 : p95_us <= us + us / 4);
    }
    struct latency latency = {0};
    latency_add(&latency, UINT64_MAX / 16);
    assert_true(latency_p95_us(&latency) > 0);
    latency_add(&latency, 0);
}

static int compare(const void *a, const void *b) {
    const uint64_t *x = a;
    const uint64_t *y = b;
    return (*x > *y) - (*x < *y);
}

static void test_p95_of_many(void **state) {
    (void)state;
    enum { N = 400 };
    uint64_t times_us[N];
    uint64_t seed = 12345;
    for (int round = 0; round < 50; round++) {
        struct latency latency = {0};
        for (size_t i = 0; i < N; i++) {
            seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            times_us[i] = 100 + (seed >> 33) % (UINT64_C(1) << (8 + round % 16));
            latency_add(&latency, times_us[i]);
        }
        qsort(times_us, N, sizeof times_us[0], compare);
        uint64_t p95_us = latency_p95_us(&latency);
        assert_true(p95_us > times_us[N * 95 / 100 - 1]);
        assert_true(p95_us <= times_us[N * 95 / 100 - 1] * 5 / 4 + 1);
    }
}

static void test_old_times_fade(void **state) {
    (void)state;
    struct latency latency = {0};
    for (int i = 0; i < 1000; i++) latency_add(&latency, 1000 * 1000);
    for (int i = 0; i < 5000; i++) latency_add(&latency, 1000);
    assert_in_range(latency.average_us, 1000, 1010);
    assert_in_range(latency_p95_us(&latency), 1000, 1250);
    for (int i = 0; i < 100; i++) latency_add(&latency, 1000 * 1000);
    assert_true(latency_p95_us(&latency) >= 1000 * 1000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_measured),
        cmocka_unit_test(test_single_times),
        cmocka_unit_test(test_p95_of_many),
        cmocka_unit_test(test_old_times_fade),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
