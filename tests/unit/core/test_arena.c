/* The arena's promises: zeroed and aligned pieces that never overlap, a cap that holds, releases in reverse order.
 * Each test frees the arenas it makes.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "sanitizer.h"

#ifdef TEST_ASAN
#include <sanitizer/asan_interface.h>
#endif

static void assert_all_zero(const void *p, size_t size) {
    const uint8_t *bytes = p;
    for (size_t i = 0; i < size; i++) assert_int_equal(bytes[i], 0);
}

static void test_pieces_are_zeroed_and_aligned(void **state) {
    (void)state;
    struct arena *arena = arena_new(1024 * 1024);
    for (int round = 0; round < 3; round++) {
        for (size_t size = 1; size < 300; size += 7) {
            void *p = arena_alloc(arena, size);
            assert_non_null(p);
            assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
            assert_all_zero(p, size);
            memset(p, 0xa5, size); /* what a reset must not hand out again */
        }
        arena_reset(arena);
    }
    arena_free(arena);
}

/* Sizes on both sides of every block size, so that pieces end up in first, doubled and outsized blocks. */
static void test_pieces_do_not_overlap(void **state) {
    (void)state;
    static const size_t sizes[] = {1, 4095, 4096, 4097, 16, 8192, 1, 70000, 300000, 3, 262144, 262145, 15, 17, 1000000};
    enum { N = sizeof sizes / sizeof *sizes };
    uint8_t *pieces[N];
    struct arena *arena = arena_new(16 * 1024 * 1024);
    for (size_t i = 0; i < N; i++) {
        pieces[i] = arena_alloc(arena, sizes[i]);
        assert_non_null(pieces[i]);
        memset(pieces[i], (int)i + 1, sizes[i]);
    }
    for (size_t i = 0; i < N; i++) {
        for (size_t j = 0; j < sizes[i]; j++) assert_int_equal(pieces[i][j], i + 1);
    }
    arena_free(arena);
}

static void test_empty_pieces_are_allowed(void **state) {
    (void)state;
    struct arena *arena = arena_new(64);
    for (int i = 0; i < 1000; i++) assert_non_null(arena_alloc(arena, 0));
    assert_int_equal(arena_used(arena), 0);
    arena_free(arena);
}

static void test_cap_holds_to_the_byte(void **state) {
    (void)state;
    struct arena *arena = arena_new(1024);
    assert_non_null(arena_alloc(arena, 512));
    assert_null(arena_alloc(arena, 528));
    assert_int_equal(arena_used(arena), 512); /* what was refused costs nothing */
    assert_non_null(arena_alloc(arena, 512));
    assert_int_equal(arena_used(arena), 1024);
    assert_null(arena_alloc(arena, 1));
    assert_null(arena_strndup(arena, "", 0));
    assert_null(arena_printf(arena, "%s", ""));
    arena_reset(arena);
    assert_int_equal(arena_used(arena), 0);
    assert_non_null(arena_alloc(arena, 1024));
    arena_free(arena);
}

static void test_cap_of_zero_gives_nothing(void **state) {
    (void)state;
    struct arena *arena = arena_new(0);
    assert_null(arena_alloc(arena, 1));
    assert_null(arena_strndup(arena, "a", 1));
    arena_free(arena);
}

/* Whatever rounding or header the arena adds must not wrap. */
static void test_absurd_sizes_are_refused(void **state) {
    (void)state;
    static const size_t caps[] = {1024, SIZE_MAX};
    for (size_t i = 0; i < 2; i++) {
        struct arena *arena = arena_new(caps[i]);
        for (size_t less = 0; less < 200; less++) assert_null(arena_alloc(arena, SIZE_MAX - less));
        assert_null(arena_alloc(arena, SIZE_MAX / 2 + 1));
        assert_null(arena_strndup(arena, "a", SIZE_MAX));
        assert_null(arena_strndup(arena, "a", SIZE_MAX - 1));
        assert_non_null(arena_alloc(arena, 100));
        arena_free(arena);
    }
}

static void test_used_grows_by_at_least_what_was_asked(void **state) {
    (void)state;
    struct arena *arena = arena_new(1024 * 1024);
    size_t asked = 0;
    for (size_t size = 1; size < 1000; size += 13) {
        assert_non_null(arena_alloc(arena, size));
        asked += size;
        assert_true(arena_used(arena) >= asked);
    }
    arena_free(arena);
}

static void test_strndup_copies_bytes(void **state) {
    (void)state;
    struct arena *arena = arena_new(1024);
    char text[] = "a\0bcd";
    const char *copy = arena_strndup(arena, text, 4);
    text[0] = 'x';
    assert_memory_equal(copy, "a\0bc", 5);
    assert_string_equal(arena_strndup(arena, NULL, 0), "");
    arena_free(arena);
}

static void test_printf_of_any_length(void **state) {
    (void)state;
    struct arena *arena = arena_new(200000);
    assert_string_equal(arena_printf(arena, "%d-%s", 42, "x"), "42-x");
    const char *wide = arena_printf(arena, "%100000d", 7);
    assert_int_equal(strlen(wide), 100000);
    assert_int_equal(wide[99999], '7');
    assert_null(arena_printf(arena, "%100000d", 7)); /* past the cap */
    arena_free(arena);
}

/* Writes the order of releases into a string. */
struct release_log {
    char order[32];
    size_t n;
};

struct released {
    struct release_log *log;
    char name;
};

static void release(void *object) {
    struct released *released = object;
    released->log->order[released->log->n++] = released->name;
}

static void test_releases_run_newest_first(void **state) {
    (void)state;
    struct release_log log = {.n = 0};
    struct released objects[] = {{&log, 'a'}, {&log, 'b'}, {&log, 'c'}};
    struct arena *arena = arena_new(1024);
    for (size_t i = 0; i < 3; i++) assert_true(arena_defer(arena, release, &objects[i]));
    assert_string_equal(log.order, "");
    arena_reset(arena);
    assert_string_equal(log.order, "cba");
    arena_reset(arena); /* once is enough */
    assert_true(arena_defer(arena, release, &objects[1]));
    arena_free(arena);
    assert_string_equal(log.order, "cbab");
}

static void test_past_the_cap_a_release_runs_at_once(void **state) {
    (void)state;
    struct release_log log = {.n = 0};
    struct released first = {&log, 'a'}, second = {&log, 'b'};
    struct arena *arena = arena_new(48);
    assert_true(arena_defer(arena, release, &first));
    assert_non_null(arena_alloc(arena, 48 - arena_used(arena)));
    assert_false(arena_defer(arena, release, &second));
    assert_string_equal(log.order, "b");
    arena_free(arena);
    assert_string_equal(log.order, "ba");
}

/* A released object that lives in the arena itself, and whose release allocates and defers once more. */
struct chained {
    struct arena *arena;
    struct release_log *log;
    int left;
};

static void release_chained(void *object) {
    struct chained *chained = object;
    chained->log->order[chained->log->n++] = (char)('0' + chained->left);
    if (chained->left == 0) return;
    struct chained *next = arena_alloc(chained->arena, sizeof *next);
    assert_non_null(next);
    *next = (struct chained){chained->arena, chained->log, chained->left - 1};
    assert_true(arena_defer(chained->arena, release_chained, next));
}

static void test_a_release_may_use_the_arena(void **state) {
    (void)state;
    struct release_log log = {.n = 0};
    struct arena *arena = arena_new(8192);
    struct chained *first = arena_alloc(arena, sizeof *first);
    *first = (struct chained){arena, &log, 5};
    assert_true(arena_defer(arena, release_chained, first));
    arena_reset(arena);
    assert_string_equal(log.order, "543210");
    assert_int_equal(arena_used(arena), 0);
    arena_free(arena);
}

static void count(void *object) {
    ++*(size_t *)object;
}

static void test_many_releases(void **state) {
    (void)state;
    size_t released = 0;
    struct arena *arena = arena_new(1024 * 1024);
    for (int i = 0; i < 10000; i++) assert_true(arena_defer(arena, count, &released));
    arena_free(arena);
    assert_int_equal(released, 10000);
}

static void test_free_of_null(void **state) {
    (void)state;
    arena_free(NULL);
}

/* What the debug build is for. */
static void test_overruns_are_seen_by_asan(void **state) {
    (void)state;
#if defined(TEST_ASAN) && defined(ARENA_MALLOC)
    struct arena *arena = arena_new(1024);
    for (size_t size = 1; size < 64; size++) {
        const char *p = arena_alloc(arena, size);
        if (p == NULL) arena_reset(arena);
        if (p != NULL) assert_true(__asan_address_is_poisoned(p + size));
    }
    arena_free(arena);
#else
    skip();
#endif
}

static void test_a_charge_counts_against_the_cap(void **state) {
    (void)state;
    struct arena *arena = arena_new(1000);
    assert_true(arena_charge(arena, 600));
    assert_int_equal(arena_used(arena), 600);
    assert_false(arena_charge(arena, 401)); /* and counts nothing */
    assert_null(arena_alloc(arena, 500));
    assert_true(arena_charge(arena, 400));
    assert_false(arena_charge(arena, SIZE_MAX));
    arena_reset(arena);
    assert_true(arena_charge(arena, 1000));
    arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces_are_zeroed_and_aligned),
        cmocka_unit_test(test_pieces_do_not_overlap),
        cmocka_unit_test(test_empty_pieces_are_allowed),
        cmocka_unit_test(test_cap_holds_to_the_byte),
        cmocka_unit_test(test_cap_of_zero_gives_nothing),
        cmocka_unit_test(test_absurd_sizes_are_refused),
        cmocka_unit_test(test_used_grows_by_at_least_what_was_asked),
        cmocka_unit_test(test_strndup_copies_bytes),
        cmocka_unit_test(test_printf_of_any_length),
        cmocka_unit_test(test_releases_run_newest_first),
        cmocka_unit_test(test_past_the_cap_a_release_runs_at_once),
        cmocka_unit_test(test_a_release_may_use_the_arena),
        cmocka_unit_test(test_many_releases),
        cmocka_unit_test(test_free_of_null),
        cmocka_unit_test(test_overruns_are_seen_by_asan),
        cmocka_unit_test(test_a_charge_counts_against_the_cap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
