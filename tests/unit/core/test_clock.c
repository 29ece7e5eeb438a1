/* Clocks that move the right way and random bytes that differ, on every thread.
 * Owns the threads of one test.
 * Runs on one thread, but for that test. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/clock.h"

static void test_monotonic_clock_never_goes_back(void **state) {
    (void)state;
    uint64_t last = clock_now_us();
    for (int i = 0; i < 10000; i++) {
        uint64_t now = clock_now_us();
        assert_true(now >= last);
        last = now;
    }
}

static uint64_t system_us(clockid_t id) {
    struct timespec now;
    assert_int_equal(clock_gettime(id, &now), 0);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void test_clocks_are_the_system_s(void **state) {
    (void)state;
    uint64_t before = system_us(CLOCK_MONOTONIC);
    uint64_t now = clock_now_us();
    assert_in_range(now, before, system_us(CLOCK_MONOTONIC));
    before = system_us(CLOCK_REALTIME);
    now = clock_wall_us();
    assert_in_range(now + 1000000, before, system_us(CLOCK_REALTIME) + 2000000); /* it may be set meanwhile, a bit */
    assert_in_range(clock_wall_s() + 1, now / 1000000, now / 1000000 + 2 + 60);
}

static void test_random_fills_exactly_what_it_is_given(void **state) {
    (void)state;
    for (size_t len = 0; len <= 40; len++) {
        uint8_t seen[40] = {0}, *bytes = malloc(len + 1);
        assert_non_null(bytes);
        bytes[len] = 0x5a;
        for (int round = 0; round < 64; round++) {
            clock_random(bytes, len);
            assert_int_equal(bytes[len], 0x5a);
            for (size_t i = 0; i < len; i++) seen[i] |= bytes[i];
        }
        for (size_t i = 0; i < len; i++) assert_int_equal(seen[i], 0xff); /* fails once in 10^15 */
        free(bytes);
    }
}

static int compare_words(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

enum { THREADS = 8, WORDS = 2000 };

static void *draw(void *words) {
    for (size_t i = 0; i < WORDS; i++) clock_random((uint64_t *)words + i, sizeof(uint64_t));
    return NULL;
}

/* A generator that was copied or seeded alike would repeat what another thread has drawn. */
static void test_no_two_threads_draw_the_same(void **state) {
    (void)state;
    static uint64_t words[THREADS * WORDS];
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, draw, words + i * WORDS), 0);
    for (size_t i = 0; i < THREADS; i++) assert_int_equal(pthread_join(threads[i], NULL), 0);
    qsort(words, THREADS * WORDS, sizeof *words, compare_words);
    for (size_t i = 1; i < THREADS * WORDS; i++) assert_true(words[i] != words[i - 1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_monotonic_clock_never_goes_back),
        cmocka_unit_test(test_clocks_are_the_system_s),
        cmocka_unit_test(test_random_fills_exactly_what_it_is_given),
        cmocka_unit_test(test_no_two_threads_draw_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
