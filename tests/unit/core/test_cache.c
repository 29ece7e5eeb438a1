/* The cache keeps what it was given, drops what expired or was least used, and never passes its bound.
 * Each test makes and frees its own cache.
 * Runs on the main thread, plus readers and writers where a test says so. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <string.h>

#include "core/cache.h"
#include "core/metrics.h"

enum { MEGABYTE = 1024 * 1024 };

static void put_u64(struct cache *cache, enum cache_kind kind, uint64_t key, uint64_t value) {
    cache_put(cache, kind, &key, sizeof key, &value, sizeof value, UINT64_MAX);
}

static bool get_u64(struct cache *cache, enum cache_kind kind, uint64_t key, uint64_t *value) {
    return cache_get(cache, kind, value, sizeof *value, &key, sizeof key, 1000);
}

static void test_gets_what_was_put(void **state) {
    (void)state;
    struct cache *cache = cache_new(MEGABYTE);
    uint64_t value = 0;
    assert_false(get_u64(cache, CACHE_AMOUNT, 1, &value));
    put_u64(cache, CACHE_AMOUNT, 1, 11);
    put_u64(cache, CACHE_AMOUNT, 2, 22);
    assert_true(get_u64(cache, CACHE_AMOUNT, 1, &value));
    assert_int_equal(value, 11);
    assert_true(get_u64(cache, CACHE_AMOUNT, 2, &value));
    assert_int_equal(value, 22);
    cache_free(cache);
}

static void test_put_replaces(void **state) {
    (void)state;
    struct cache *cache = cache_new(MEGABYTE);
    put_u64(cache, CACHE_AMOUNT, 1, 11);
    put_u64(cache, CACHE_AMOUNT, 1, 12);
    uint64_t value = 0;
    assert_true(get_u64(cache, CACHE_AMOUNT, 1, &value));
    assert_int_equal(value, 12);
    assert_int_equal(cache_stats(cache).entries, 1);
    cache_free(cache);
}

static void test_kinds_are_apart(void **state) {
    (void)state;
    struct cache *cache = cache_new(MEGABYTE);
    put_u64(cache, CACHE_AMOUNT, 1, 11);
    put_u64(cache, CACHE_BLOCK, 1, 33);
    uint64_t value = 0;
    assert_false(get_u64(cache, CACHE_TOKEN, 1, &value));
    assert_true(get_u64(cache, CACHE_AMOUNT, 1, &value));
    assert_int_equal(value, 11);
    cache_free(cache);
}

static void test_a_key_is_all_its_bytes(void **state) {
    (void)state;
    struct cache *cache = cache_new(MEGABYTE);
    cache_put(cache, CACHE_TOKEN, "ab\0c", 4, "x", 1, UINT64_MAX);
    char value = 0;
    assert_false(cache_get(cache, CACHE_TOKEN, &value, 1, "ab\0d", 4, 0));
    assert_false(cache_get(cache, CACHE_TOKEN, &value, 1, "ab", 2, 0));
    assert_false(cache_get(cache, CACHE_TOKEN, &value, 1, "ab\0cx", 5, 0));
    assert_true(cache_get(cache, CACHE_TOKEN, &value, 1, "ab\0c", 4, 0));
    assert_int_equal(value, 'x');
    cache_free(cache);
}

static void test_a_value_of_another_size_is_a_miss(void **state) {
    (void)state;
    struct cache *cache = cache_new(MEGABYTE);
    cache_put(cache, CACHE_TOKEN, "k", 1, "abc", 3, UINT64_MAX);
    char value[4] = "";
    assert_false(cache_get(cache, CACHE_TOKEN, value, 2, "k", 1, 0));
    assert_false(cache_get(cache, CACHE_TOKEN, value, 4, "k", 1, 0));
    assert_true(cache_get(cache, CACHE_TOKEN, value, 3, "k", 1, 0));
    assert_string_equal(value, "abc");
    cache_free(cache);
}

/* Takes a value that begins as `want` does, whatever its length. */
struct wanted {
    char want;
    char rest[8];
    size_t calls;
};

static bool take_if_wanted(void *out, const void *value, size_t value_len) {
    struct wanted *wanted = out;
    const char *text = value;
    wanted->calls++;
    if (value_len == 0 || value_len > sizeof wanted->rest || text[0] != wanted->want) return false;
    memcpy(wanted->rest, text + 1, value_len - 1);
    return true;
}

static void test_the_reader_judges_the_value(void **state) {
    (void)state;
    struct cache *cache = cache_new(MEGABYTE);
    struct wanted a = {.want = 'a'}, b = {.want = 'b'};
    assert_false(cache_take(cache, CACHE_CODE, &a, take_if_wanted, "k", 1, 0));
    assert_int_equal(a.calls, 0);
    cache_put(cache, CACHE_CODE, "k", 1, "a12", 3, 500);
    assert_true(cache_take(cache, CACHE_CODE, &a, take_if_wanted, "k", 1, 0));
    assert_string_equal(a.rest, "12");
    assert_false(cache_take(cache, CACHE_CODE, &b, take_if_wanted, "k", 1, 0));
    assert_int_equal(b.calls, 1);
    assert_int_equal(cache_stats(cache).entries, 1); /* refused is not gone */
    cache_put(cache, CACHE_CODE, "k", 1, "b3456", 5, 500);
    assert_false(cache_take(cache, CACHE_CODE, &a, take_if_wanted, "k", 1, 0));
    assert_true(cache_take(cache, CACHE_CODE, &b, take_if_wanted, "k", 1, 499));
    assert_string_equal(b.rest, "3456");
    assert_false(cache_take(cache, CACHE_CODE, &b, take_if_wanted, "k", 1, 500));
    assert_int_equal(b.calls, 2); /* expired values are not shown */
    cache_free(cache);
}

/* A value replaces one of the same length in its place, and one of another length; either way the time is the new
 * one's, and what is not there any more is not counted. */
static void test_a_replacement_counts_once(void **state) {
    (void)state;
    struct cache *cache = cache_new(MEGABYTE);
    char value[300];
    for (size_t round = 0; round < 4; round++) {
        for (size_t len = 1; len < sizeof value; len += len < 40 ? 1 : 37) {
            memset(value, (int)len, sizeof value);
            cache_put(cache, CACHE_TOKEN, "k", 1, value, len, 100 * len);
            cache_put(cache, CACHE_TOKEN, "k", 1, value, len, 100 * len + 1);
            char got[300];
            assert_true(cache_get(cache, CACHE_TOKEN, got, len, "k", 1, 100 * len));
            assert_memory_equal(got, value, len);
            assert_false(cache_get(cache, CACHE_TOKEN, got, len, "k", 1, 100 * len + 1));
            cache_put(cache, CACHE_TOKEN, "k", 1, value, len, UINT64_MAX);
            assert_int_equal(cache_stats(cache).entries, 1);
            assert_in_range(cache_stats(cache).bytes, len, len + 400);
        }
    }
    cache_free(cache);
}

/* What an entry costs beyond its key and value: memory for 100,000 balances is a promise. */
static void test_entries_cost_little_more_than_their_bytes(void **state) {
    (void)state;
    enum { ENTRIES = 100000, KEY = 43, VALUE = 41 };
    struct cache *cache = cache_new((size_t)64 * MEGABYTE);
    char key[KEY] = "", value[VALUE] = "";
    for (uint32_t i = 0; i < ENTRIES; i++) {
        memcpy(key, &i, sizeof i);
        cache_put(cache, CACHE_AMOUNT, key, sizeof key, value, sizeof value, UINT64_MAX);
    }
    struct cache_stats stats = cache_stats(cache);
    assert_int_equal(stats.entries, ENTRIES);
    assert_in_range(stats.bytes / ENTRIES, KEY + VALUE, KEY + VALUE + 40);
    cache_free(cache);
}

static void test_the_largest_entry_fits(void **state) {
    (void)state;
    struct cache *cache = cache_new(MEGABYTE);
    char key[CACHE_MAX_KEY], value[CACHE_MAX_VALUE], back[CACHE_MAX_VALUE] = "";
    memset(key, 'k', sizeof key);
    memset(value, 'v', sizeof value);
    cache_put(cache, CACHE_TOKEN, key, sizeof key, value, sizeof value, UINT64_MAX);
    assert_true(cache_get(cache, CACHE_TOKEN, back, sizeof back, key, sizeof key, 0));
    assert_memory_equal(value, back, sizeof back);
    cache_free(cache);
}

static void test_expired_entries_are_gone(void **state) {
    (void)state;
    struct cache *cache = cache_new(MEGABYTE);
    char value = 0;
    cache_put(cache, CACHE_TOKEN, "k", 1, "v", 1, 500);
    assert_true(cache_get(cache, CACHE_TOKEN, &value, 1, "k", 1, 499));
    assert_false(cache_get(cache, CACHE_TOKEN, &value, 1, "k", 1, 500));
    assert_int_equal(cache_stats(cache).entries, 0);
    assert_false(cache_get(cache, CACHE_TOKEN, &value, 1, "k", 1, 499));
    cache_free(cache);
}

static void test_an_empty_cache_takes_no_memory(void **state) {
    (void)state;
    struct cache *cache = cache_new((size_t)64 * MEGABYTE);
    assert_int_equal(cache_stats(cache).bytes, 0);
    put_u64(cache, CACHE_AMOUNT, 1, 11);
    assert_in_range(cache_stats(cache).bytes, 1, 4096);
    cache_free(cache);
}

static void test_the_bound_holds_and_is_used(void **state) {
    (void)state;
    struct cache *cache = cache_new(MEGABYTE);
    for (uint64_t key = 0; key < 100000; key++) {
        put_u64(cache, CACHE_AMOUNT, key, key);
        if (key % 1000 == 0) assert_true(cache_stats(cache).bytes <= MEGABYTE);
    }
    struct cache_stats stats = cache_stats(cache);
    assert_in_range(stats.bytes, MEGABYTE / 2, MEGABYTE);
    uint64_t found = 0;
    for (uint64_t key = 0; key < 100000; key++) {
        uint64_t value;
        if (!get_u64(cache, CACHE_AMOUNT, key, &value)) continue;
        assert_int_equal(value, key);
        found++;
    }
    assert_int_equal(found, stats.entries);
    cache_free(cache);
}

static void test_the_bound_counts_large_values_too(void **state) {
    (void)state;
    struct cache *cache = cache_new(MEGABYTE);
    char value[CACHE_MAX_VALUE] = "";
    for (uint64_t key = 0; key < 5000; key++) {
        cache_put(cache, CACHE_TOKEN, &key, sizeof key, value, 1 + key % sizeof value, UINT64_MAX);
        assert_true(cache_stats(cache).bytes <= MEGABYTE);
    }
    assert_in_range(cache_stats(cache).entries, 500, 5000);
    cache_free(cache);
}

static void test_what_is_read_often_stays(void **state) {
    (void)state;
    enum { HOT = 100 };
    struct cache *cache = cache_new(MEGABYTE);
    for (uint64_t key = 0; key < HOT; key++) put_u64(cache, CACHE_TOKEN, key, key);
    uint64_t value;
    for (uint64_t key = 0; key < 100000; key++) {
        put_u64(cache, CACHE_AMOUNT, key, key);
        assert_true(get_u64(cache, CACHE_TOKEN, key % HOT, &value));
    }
    cache_free(cache);
}

/* Having been read once is no right to stay. */
static void test_what_is_read_no_more_goes(void **state) {
    (void)state;
    enum { COLD = 1000 };
    struct cache *cache = cache_new(MEGABYTE);
    uint64_t value, left = 0;
    for (uint64_t key = 0; key < COLD; key++) {
        put_u64(cache, CACHE_TOKEN, key, key);
        assert_true(get_u64(cache, CACHE_TOKEN, key, &value));
    }
    for (uint64_t key = 0; key < 100000; key++) put_u64(cache, CACHE_AMOUNT, key, key);
    for (uint64_t key = 0; key < COLD; key++) left += get_u64(cache, CACHE_TOKEN, key, &value) ? 1 : 0;
    assert_int_equal(left, 0);
    cache_free(cache);
}

static void test_evictions_hits_and_misses_are_counted(void **state) {
    (void)state;
    static const char *const kinds[CACHE_KIND_COUNT] = {"amount",       "token",   "block", "code",
                                                        "access_token", "api_key", "call"};
    metrics_set_label_values(METRIC_LABEL_CACHE, kinds, CACHE_KIND_COUNT);
    metrics_start(1);
    struct cache *cache = cache_new(MEGABYTE);
    uint64_t value;
    for (uint64_t key = 0; key < 50000; key++) put_u64(cache, CACHE_AMOUNT, key, key);
    assert_int_equal(metrics_value(METRIC_CACHE_EVICTIONS, 0, 0), 50000 - (int64_t)cache_stats(cache).entries);
    assert_true(get_u64(cache, CACHE_AMOUNT, 49999, &value));
    assert_false(get_u64(cache, CACHE_BLOCK, 49999, &value));
    assert_int_equal(metrics_value(METRIC_CACHE_HITS, CACHE_AMOUNT, 0), 1);
    assert_int_equal(metrics_value(METRIC_CACHE_MISSES, CACHE_AMOUNT, 0), 0);
    assert_int_equal(metrics_value(METRIC_CACHE_MISSES, CACHE_BLOCK, 0), 1);
    cache_free(cache);
    metrics_stop();
}

static void test_a_bound_too_small_keeps_nothing(void **state) {
    (void)state;
    struct cache *cache = cache_new(100);
    put_u64(cache, CACHE_AMOUNT, 1, 11);
    uint64_t value;
    assert_false(get_u64(cache, CACHE_AMOUNT, 1, &value));
    assert_int_equal(cache_stats(cache).bytes, 0);
    cache_free(cache);
    cache_free(NULL);
}

/* Against a plain array as the model: puts, replacements, expiries and reads in random order. */
static void test_agrees_with_a_model(void **state) {
    (void)state;
    enum { KEYS = 600, STEPS = 200000 };
    struct cache *cache = cache_new((size_t)4 * MEGABYTE); /* nothing is evicted */
    static struct {
        uint32_t value;
        uint64_t expires_ms;
    } model[KEYS];
    uint64_t random = 42;
    for (uint64_t now_ms = 0; now_ms < STEPS; now_ms++) {
        random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        uint32_t key = (uint32_t)(random >> 33) % KEYS, value = (uint32_t)(random >> 40);
        if ((random >> 63) != 0) {
            model[key].value = value;
            model[key].expires_ms = now_ms + value % 2000;
            cache_put(cache, CACHE_AMOUNT, &key, sizeof key, &value, sizeof value, model[key].expires_ms);
        } else {
            bool hit = cache_get(cache, CACHE_AMOUNT, &value, sizeof value, &key, sizeof key, now_ms);
            assert_int_equal(hit, model[key].expires_ms > now_ms);
            if (hit) assert_int_equal(value, model[key].value);
        }
    }
    cache_free(cache);
}

enum { THREADS = 4, THREAD_STEPS = 30000 };

static void *hammer(void *arg) {
    struct cache *cache = arg;
    for (uint64_t i = 0; i < THREAD_STEPS; i++) {
        uint64_t key = i * UINT64_C(0x9e3779b97f4a7c15) >> 50, value[4] = {key, ~key, key, ~key}, got[4];
        cache_put(cache, CACHE_AMOUNT, &key, sizeof key, value, sizeof value, i % 3 == 0 ? 1 : UINT64_MAX);
        if (cache_get(cache, CACHE_AMOUNT, got, sizeof got, &key, sizeof key, 2) &&
            memcmp(got, value, sizeof got) != 0) {
            return NULL;
        }
        if (i % 5000 == 0 && cache_stats(cache).bytes > MEGABYTE) return NULL;
    }
    return cache;
}

static void test_threads_share_it(void **state) {
    (void)state;
    struct cache *cache = cache_new(MEGABYTE);
    pthread_t threads[THREADS];
    for (size_t t = 0; t < THREADS; t++) assert_int_equal(pthread_create(&threads[t], NULL, hammer, cache), 0);
    for (size_t t = 0; t < THREADS; t++) {
        void *result;
        pthread_join(threads[t], &result);
        assert_ptr_equal(result, cache);
    }
    cache_free(cache);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gets_what_was_put),
        cmocka_unit_test(test_put_replaces),
        cmocka_unit_test(test_kinds_are_apart),
        cmocka_unit_test(test_a_key_is_all_its_bytes),
        cmocka_unit_test(test_a_value_of_another_size_is_a_miss),
        cmocka_unit_test(test_the_reader_judges_the_value),
        cmocka_unit_test(test_a_replacement_counts_once),
        cmocka_unit_test(test_entries_cost_little_more_than_their_bytes),
        cmocka_unit_test(test_the_largest_entry_fits),
        cmocka_unit_test(test_expired_entries_are_gone),
        cmocka_unit_test(test_an_empty_cache_takes_no_memory),
        cmocka_unit_test(test_the_bound_holds_and_is_used),
        cmocka_unit_test(test_the_bound_counts_large_values_too),
        cmocka_unit_test(test_what_is_read_often_stays),
        cmocka_unit_test(test_what_is_read_no_more_goes),
        cmocka_unit_test(test_evictions_hits_and_misses_are_counted),
        cmocka_unit_test(test_a_bound_too_small_keeps_nothing),
        cmocka_unit_test(test_agrees_with_a_model),
        cmocka_unit_test(test_threads_share_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
