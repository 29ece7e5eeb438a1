/* Token buckets: exact against a count by hand, bounded in memory, and fair about whom to forget.
 * Each table is made and freed by its test; the clock is the test's own.
 * Runs on one thread, but for the test of several. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/buckets.h"
#include "sanitizer.h"

#define SECOND UINT64_C(1000000)
#define START (UINT64_C(5) * SECOND) /* the clock may have begun with the machine */
#define BYTES (UINT64_C(1) << 20)

static struct bucket_verdict take(struct buckets *buckets, const char *key, struct bucket_rate rate, uint64_t cost,
                                  uint64_t now_us) {
    struct bucket_verdict verdict;
    buckets_take(buckets, &verdict, key, strlen(key), &rate, cost, now_us);
    return verdict;
}

static void test_a_full_bucket_and_its_refill(void **state) {
    (void)state;
    struct buckets *buckets = buckets_new(BYTES);
    const struct bucket_rate rate = {60, 10}; /* one a second */
    for (uint64_t i = 0; i < 10; i++) {
        struct bucket_verdict verdict = take(buckets, "a", rate, 1, START);
        assert_true(verdict.allowed);
        assert_int_equal(verdict.remaining, 9 - i);
        assert_int_equal(verdict.reset_s, i + 1);
    }
    struct bucket_verdict no = take(buckets, "a", rate, 1, START);
    assert_false(no.allowed);
    assert_int_equal(no.remaining, 0);
    assert_int_equal(no.reset_s, 10);
    assert_int_equal(no.retry_s, 1);
    assert_true(take(buckets, "b", rate, 1, START).allowed); /* another client */

    assert_false(take(buckets, "a", rate, 1, START + SECOND - 1).allowed);
    assert_true(take(buckets, "a", rate, 1, START + SECOND).allowed);
    assert_false(take(buckets, "a", rate, 1, START + SECOND).allowed);
    struct bucket_verdict later = take(buckets, "a", rate, 1, START + 100 * SECOND); /* never more than full */
    assert_int_equal(later.remaining, 9);
    buckets_free(buckets);
}

static void test_costs(void **state) {
    (void)state;
    struct buckets *buckets = buckets_new(BYTES);
    const struct bucket_rate rate = {120, 5};
    assert_int_equal(take(buckets, "a", rate, 0, START).remaining, 5); /* only looks */
    assert_int_equal(take(buckets, "a", rate, 3, START).remaining, 2);
    struct bucket_verdict no = take(buckets, "a", rate, 4, START);
    assert_false(no.allowed);
    assert_int_equal(no.remaining, 2); /* and they are still there */
    assert_int_equal(no.retry_s, 1);
    assert_int_equal(take(buckets, "a", rate, 0, START).remaining, 2);
    assert_true(take(buckets, "a", rate, 2, START).allowed);

    struct bucket_verdict beyond = take(buckets, "a", rate, 1000, START); /* asks for all there can be */
    assert_false(beyond.allowed);
    assert_int_equal(beyond.retry_s, 3);
    assert_false(take(buckets, "a", rate, 1000, START + 5 * SECOND / 2 - 1).allowed);
    struct bucket_verdict all = take(buckets, "a", rate, 1000, START + 5 * SECOND / 2);
    assert_true(all.allowed);
    assert_int_equal(all.remaining, 0);
    assert_true(take(buckets, "b", rate, UINT64_MAX, START).allowed);
    buckets_free(buckets);
}

/* The same, counted by hand: a level in units of which a token has as many as a minute has microseconds. */
struct by_hand {
    unsigned __int128 level, full;
    uint64_t at_us;
};

static bool take_by_hand(struct by_hand *bucket, struct bucket_rate rate, uint64_t cost, uint64_t now_us) {
    const unsigned __int128 token = 60 * SECOND;
    bucket->level += (unsigned __int128)(now_us - bucket->at_us) * rate.per_min;
    if (bucket->level > bucket->full) bucket->level = bucket->full;
    bucket->at_us = now_us;
    unsigned __int128 asked = (cost < rate.size ? cost : rate.size) * token;
    if (asked > bucket->level) return false;
    bucket->level -= asked;
    return true;
}

static uint64_t next_random(uint64_t *state) {
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 33;
}

static void test_nothing_is_rounded_away(void **state) {
    (void)state;
    static const struct bucket_rate rates[] = {
        {1, 1},      {7, 3},      {59, 10},        {60, 1},
        {1200, 200}, {6000, 999}, {999999937, 16}, {BUCKET_MAX_TOKENS, BUCKET_MAX_TOKENS},
    };
    struct buckets *buckets = buckets_new(BYTES);
    uint64_t random = 1;
    for (size_t r = 0; r < sizeof rates / sizeof *rates; r++) {
        struct bucket_rate rate = rates[r];
        char key[32];
        (void)snprintf(key, sizeof key, "key %zu", r);
        const unsigned __int128 token = 60 * SECOND;
        struct by_hand by_hand = {.level = rate.size * token, .full = rate.size * token, .at_us = START};
        uint64_t now_us = START, mean_us = 60 * SECOND / rate.per_min + 1;
        for (unsigned i = 0; i < 20000; i++) {
            now_us += next_random(&random) % (2 * mean_us + 1);
            uint64_t cost = next_random(&random) % 16 == 0 ? next_random(&random) % (2 * rate.size + 1) : 1;
            bool want = take_by_hand(&by_hand, rate, cost, now_us);
            struct bucket_verdict verdict = take(buckets, key, rate, cost, now_us);
            if (verdict.allowed != want) fail_msg("rate %zu, take %u", r, i);
            assert_true(verdict.remaining == (uint64_t)(by_hand.level / token));
        }
    }
    buckets_free(buckets);
}

/* Whoever asks all the time gets the size and then the rate, to the token. */
static void test_the_rate_is_kept_over_an_hour(void **state) {
    (void)state;
    const struct bucket_rate rate = {700, 116};
    struct buckets *buckets = buckets_new(BYTES);
    uint64_t allowed = 0;
    for (uint64_t us = 0; us <= 3600 * SECOND; us += 10000) allowed += take(buckets, "a", rate, 1, START + us).allowed;
    assert_int_equal(allowed, 116 + 700 * 60);
    buckets_free(buckets);
}

static void test_retry_is_true_to_the_second(void **state) {
    (void)state;
    static const struct bucket_rate rates[] = {{1, 2}, {7, 3}, {60, 10}, {6000, 1000}};
    for (size_t r = 0; r < sizeof rates / sizeof *rates; r++) {
        struct buckets *buckets = buckets_new(BYTES);
        for (uint64_t cost = 1; cost <= rates[r].size; cost++) {
            uint64_t now_us = START + cost * 600 * SECOND * rates[r].size;
            assert_true(take(buckets, "a", rates[r], rates[r].size, now_us).allowed);
            struct bucket_verdict no = take(buckets, "a", rates[r], cost, now_us);
            assert_false(no.allowed);
            assert_true(no.retry_s >= 1);
            assert_false(take(buckets, "a", rates[r], cost, now_us + (no.retry_s - 1) * SECOND).allowed);
            assert_true(take(buckets, "a", rates[r], cost, now_us + no.retry_s * SECOND).allowed);
        }
        buckets_free(buckets);
    }
}

/* Threads read the clock before they wait for the lock, so to the bucket it may seem to go backwards. */
static void test_a_clock_that_goes_backwards_leaves_a_bucket_empty(void **state) {
    (void)state;
    for (uint64_t per_min = 1; per_min <= 50; per_min++) {
        struct buckets *buckets = buckets_new(BUCKETS_MIN_BYTES);
        const struct bucket_rate rate = {per_min, 2};
        assert_true(take(buckets, "a", rate, 2, START).allowed);
        for (uint64_t n = 1; n <= 10; n++) {
            uint64_t now_us = START + (n * 60 * SECOND + per_min - 1) / per_min; /* as soon as it has the next one */
            assert_true(take(buckets, "a", rate, 1, now_us).allowed);
            for (uint64_t back = 1; back <= 3; back++) {
                struct bucket_verdict no = take(buckets, "a", rate, 1, now_us - back);
                assert_false(no.allowed);
                assert_int_equal(no.remaining, 0);
                assert_true(no.retry_s <= 60 / per_min + 1 && no.reset_s <= 2 * 60 / per_min + 1);
            }
        }
        buckets_free(buckets);
    }
}

static void test_keys_are_bytes(void **state) {
    (void)state;
    struct buckets *buckets = buckets_new(BYTES);
    const struct bucket_rate rate = {1, 1};
    static const struct {
        const char *key;
        size_t len;
    } keys[] = {{"", 0}, {"\0", 1}, {"\0\0", 2}, {"\0a", 2}, {"\0b", 2}, {"a", 1}};
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
            struct bucket_verdict verdict;
            buckets_take(buckets, &verdict, keys[i].key, keys[i].len, &rate, 1, START);
            assert_int_equal(verdict.allowed, round == 0);
        }
    }
    buckets_free(buckets);
}

static uint64_t resident_bytes(void) {
    unsigned long total, resident;
    FILE *file = fopen("/proc/self/statm", "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%lu %lu", &total, &resident), 2);
    (void)fclose(file);
    return (uint64_t)resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* A flood from a million addresses costs what it was given, and whoever had used up a limit before it still has. */
static void test_a_flood_of_addresses(void **state) {
    (void)state;
    enum { ADDRESSES = 1000000, DRAINED = 1000 };
    const uint64_t max_bytes = 4 * BYTES; /* for an eighth of them */
    const struct bucket_rate rate = {60, 10};
    struct buckets *buckets = buckets_new(max_bytes);
    uint64_t before = resident_bytes();
    for (uint32_t i = 0; i < DRAINED; i++) {
        struct bucket_verdict verdict;
        uint32_t key = i + ADDRESSES;
        buckets_take(buckets, &verdict, &key, sizeof key, &rate, 10, START);
        assert_true(verdict.allowed);
    }
    for (uint32_t i = 0; i < ADDRESSES; i++) {
        struct bucket_verdict verdict;
        buckets_take(buckets, &verdict, &i, sizeof i, &rate, 1, START);
        assert_true(verdict.allowed);
    }
    for (uint32_t i = 0; i < DRAINED; i++) {
        struct bucket_verdict verdict;
        uint32_t key = i + ADDRESSES;
        buckets_take(buckets, &verdict, &key, sizeof key, &rate, 1, START);
        assert_false(verdict.allowed);
    }
#ifndef TEST_TSAN /* which keeps several bytes of each, as valgrind does; ASan keeps an eighth of one */
    if (!RUNNING_ON_VALGRIND) assert_true(resident_bytes() - before <= 3 * max_bytes / 2);
#else
    (void)before;
#endif
    buckets_free(buckets);
}

/* Several threads at once, each with a clock that was read a moment before or after the others': not one token more. */
struct crowd {
    struct buckets *buckets;
    atomic_uint allowed[3];
};

static void *ask_often(void *arg) {
    static const char *const keys[3] = {"one", "two", "three"};
    struct crowd *crowd = arg;
    const struct bucket_rate rate = {1, 20000};
    for (uint64_t i = 0; i < 60000; i++) {
        struct bucket_verdict verdict = take(crowd->buckets, keys[i % 3], rate, 1, START + i % 7);
        if (verdict.allowed) atomic_fetch_add(&crowd->allowed[i % 3], 1);
    }
    return NULL;
}

static void test_threads(void **state) {
    (void)state;
    enum { THREADS = 4 };
    struct crowd crowd = {.buckets = buckets_new(BUCKETS_MIN_BYTES)};
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++) assert_int_equal(pthread_create(&threads[i], NULL, ask_often, &crowd), 0);
    for (size_t i = 0; i < THREADS; i++) assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (size_t i = 0; i < 3; i++) assert_int_equal(atomic_load(&crowd.allowed[i]), 20000);
    buckets_free(crowd.buckets);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_full_bucket_and_its_refill),
        cmocka_unit_test(test_costs),
        cmocka_unit_test(test_nothing_is_rounded_away),
        cmocka_unit_test(test_the_rate_is_kept_over_an_hour),
        cmocka_unit_test(test_retry_is_true_to_the_second),
        cmocka_unit_test(test_a_clock_that_goes_backwards_leaves_a_bucket_empty),
        cmocka_unit_test(test_keys_are_bytes),
        cmocka_unit_test(test_a_flood_of_addresses),
        cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
