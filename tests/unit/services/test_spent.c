/* What may be used once, by ids whose uses the tests count themselves.
 * Each test frees its set.
 * One thread, but for one test of several. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#include "services/spent.h"

static const uint8_t *id_of(uint8_t id[16], uint64_t n) {
    memset(id, 0, 16);
    memcpy(id + 4, &n, sizeof n);
    return id;
}

static enum err add(struct spent *spent, uint64_t n, uint64_t expires_s, uint64_t now_s) {
    uint8_t id[16];
    return spent_add(spent, id_of(id, n), expires_s, now_s);
}

static bool has(struct spent *spent, uint64_t n, uint64_t now_s) {
    uint8_t id[16];
    return spent_has(spent, id_of(id, n), now_s);
}

static void test_an_id_is_spent_once(void **state) {
    (void)state;
    struct spent *spent = spent_new(16);
    assert_false(has(spent, 1, 100));
    assert_int_equal(add(spent, 1, 110, 100), ERR_OK);
    assert_true(has(spent, 1, 100));
    assert_false(has(spent, 2, 100));
    for (uint64_t now_s = 100; now_s <= 110; now_s++) assert_int_equal(add(spent, 1, 120, now_s), ERR_INVALID_NONCE);
    assert_true(has(spent, 1, 110));
    assert_false(has(spent, 1, 111));
    assert_int_equal(add(spent, 1, 120, 111), ERR_OK);
    assert_true(has(spent, 1, 111));
    spent_free(spent);
    spent_free(NULL);
}

static void test_each_byte_of_the_id_counts(void **state) {
    (void)state;
    struct spent *spent = spent_new(64);
    uint8_t id[16] = {0};
    assert_int_equal(spent_add(spent, id, 10, 1), ERR_OK);
    for (size_t i = 0; i < 16; i++) {
        id[i] = 1;
        assert_int_equal(spent_add(spent, id, 10, 1), ERR_OK);
        assert_int_equal(spent_add(spent, id, 10, 1), ERR_INVALID_NONCE);
        id[i] = 0;
    }
    spent_free(spent);
}

/* Full, it takes no more rather than forget one; what has expired makes room at once. */
static void test_none_is_forgotten_before_its_time(void **state) {
    (void)state;
    enum { MAX = 100 };
    struct spent *spent = spent_new(MAX);
    for (uint64_t n = 0; n < MAX; n++) assert_int_equal(add(spent, n, 1000 + n, 5), ERR_OK);
    for (uint64_t n = 0; n < MAX; n++) assert_int_equal(add(spent, MAX + n, 2000, 5 + n), ERR_SIGN_IN_UNAVAILABLE);
    for (uint64_t n = 0; n < MAX; n++) assert_true(has(spent, n, 1000));

    assert_int_equal(add(spent, MAX, 2000, 1000), ERR_SIGN_IN_UNAVAILABLE);
    assert_int_equal(add(spent, MAX, 2000, 1001), ERR_OK); /* the first has gone, and no other */
    assert_int_equal(add(spent, MAX + 1, 2000, 1001), ERR_SIGN_IN_UNAVAILABLE);
    for (uint64_t n = 1; n <= MAX; n++) assert_true(has(spent, n, 1001));
    assert_int_equal(add(spent, MAX + 1, 2000, 1003), ERR_OK);
    assert_int_equal(add(spent, MAX + 2, 2000, 1003), ERR_OK);
    assert_int_equal(add(spent, MAX + 3, 2000, 1003), ERR_SIGN_IN_UNAVAILABLE);
    spent_free(spent);
}

/* Many more than there is room for, a few at a time. */
static void test_entries_are_used_again(void **state) {
    (void)state;
    enum { MAX = 8, LIFE_S = 3 };
    struct spent *spent = spent_new(MAX);
    for (uint64_t n = 0; n < 20000; n++) {
        uint64_t now_s = 1 + n;
        assert_int_equal(add(spent, n, now_s + LIFE_S, now_s), ERR_OK);
        for (uint64_t k = 0; k <= LIFE_S && k <= n; k++) assert_true(has(spent, n - k, now_s));
        if (n > LIFE_S) assert_false(has(spent, n - LIFE_S - 1, now_s));
    }
    spent_free(spent);
}

enum { THREADS = 4, IDS = 2000 };

struct race {
    struct spent *spent;
    atomic_uint won[IDS];
};

static void *spend_all(void *arg) {
    struct race *race = arg;
    for (uint64_t n = 0; n < IDS; n++) {
        if (add(race->spent, n, 100, 1) == ERR_OK) atomic_fetch_add(&race->won[n], 1);
    }
    return NULL;
}

static void test_one_of_many_threads_spends_it(void **state) {
    (void)state;
    static struct race race;
    pthread_t threads[THREADS];
    race.spent = spent_new(IDS);
    for (int i = 0; i < THREADS; i++) assert_int_equal(pthread_create(&threads[i], NULL, spend_all, &race), 0);
    for (int i = 0; i < THREADS; i++) assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (size_t n = 0; n < IDS; n++) assert_int_equal(atomic_load(&race.won[n]), 1);
    spent_free(race.spent);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_id_is_spent_once),
        cmocka_unit_test(test_each_byte_of_the_id_counts),
        cmocka_unit_test(test_none_is_forgotten_before_its_time),
        cmocka_unit_test(test_entries_are_used_again),
        cmocka_unit_test(test_one_of_many_threads_spends_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
