/* Coroutines: whose stack runs when, stacks that are deep, guarded and given back, and ten thousand of them at once.
 * Each test makes its pool and frees it.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/coroutine.h"
#include "death.h"
#include "sanitizer.h"

/* ASan then keeps locals on fake stacks, one for each coroutine: the default in newer compilers. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) {
    return "detect_stack_use_after_return=1";
}

/* Ten thousand, but for TSan, which knows 8128 threads at most, and valgrind, which looks stacks up one by one. */
static size_t many(void) {
#ifdef TEST_TSAN
    return 2000;
#else
    return RUNNING_ON_VALGRIND ? 1000 : 10000;
#endif
}

static struct coroutine_pool *pool;

static int make_pool(void **state) {
    (void)state;
    pool = coroutine_pool_new();
    return 0;
}

static int free_pool(void **state) {
    (void)state;
    coroutine_pool_free(pool);
    return 0;
}

/* What happened, in order. */
static char story[64];
static size_t story_len;

static void tell(char c) {
    assert_true(story_len + 1 < sizeof story);
    story[story_len++] = c;
    story[story_len] = '\0';
}

static void tell_three_parts(void *arg) {
    const char *parts = arg;
    tell(parts[0]);
    coroutine_suspend(pool);
    tell(parts[1]);
    coroutine_suspend(pool);
    tell(parts[2]);
}

static void test_two_interleave(void **state) {
    (void)state;
    char digits[] = "123", letters[] = "abc";
    story_len = 0;
    struct coroutine *a = coroutine_new(pool, tell_three_parts, digits);
    struct coroutine *b = coroutine_new(pool, tell_three_parts, letters);
    assert_int_equal(coroutine_pool_active(pool), 2);
    assert_int_equal(story_len, 0); /* nothing runs before it is resumed */
    coroutine_resume(a);
    coroutine_resume(b);
    coroutine_resume(b);
    coroutine_resume(a);
    coroutine_resume(a);
    assert_int_equal(coroutine_pool_active(pool), 1);
    coroutine_resume(b);
    assert_string_equal(story, "1ab23c");
    assert_int_equal(coroutine_pool_active(pool), 0);
}

static struct coroutine *seen_self[2];

static void note_self(void *arg) {
    (void)arg;
    seen_self[0] = coroutine_self(pool);
    coroutine_suspend(pool);
    seen_self[1] = coroutine_self(pool);
}

static void test_self_is_who_runs(void **state) {
    (void)state;
    assert_null(coroutine_self(pool));
    struct coroutine *co = coroutine_new(pool, note_self, NULL);
    assert_null(coroutine_self(pool));
    coroutine_resume(co);
    assert_null(coroutine_self(pool));
    coroutine_resume(co);
    assert_ptr_equal(seen_self[0], co);
    assert_ptr_equal(seen_self[1], co);
}

static struct coroutine *born;

static void give_birth(void *arg) {
    born = coroutine_new(pool, tell_three_parts, arg);
}

static void test_a_coroutine_may_make_another(void **state) {
    (void)state;
    char letters[] = "xyz";
    story_len = 0;
    coroutine_resume(coroutine_new(pool, give_birth, letters));
    for (int i = 0; i < 3; i++) coroutine_resume(born);
    assert_string_equal(story, "xyz");
}

static void return_at_once(void *arg) {
    ++*(int *)arg;
}

static void test_stacks_are_used_again(void **state) {
    (void)state;
    int runs = 0;
    struct coroutine *first = coroutine_new(pool, return_at_once, &runs);
    coroutine_resume(first);
    for (int i = 0; i < 1000; i++) {
        struct coroutine *again = coroutine_new(pool, return_at_once, &runs);
        assert_ptr_equal(again, first);
        coroutine_resume(again);
    }
    assert_int_equal(runs, 1001);
}

/* Locals in registers and memory, and a computation in floating point, must survive what others do meanwhile. */
static void compute(void *arg) {
    double *out = arg, x = *out;
    uint64_t hash = (uint64_t)x;
    for (int i = 1; i <= 20; i++) {
        x = x * 1.25 + (double)i / 3.0;
        hash = hash * 31 + (uint64_t)i;
        coroutine_suspend(pool);
    }
    *out = x + (double)(hash % 1000);
}

static double compute_alone(double x) {
    uint64_t hash = (uint64_t)x;
    for (int i = 1; i <= 20; i++) {
        x = x * 1.25 + (double)i / 3.0;
        hash = hash * 31 + (uint64_t)i;
    }
    return x + (double)(hash % 1000);
}

static void test_locals_survive(void **state) {
    (void)state;
    enum { N = 50 };
    double values[N];
    struct coroutine *cos[N];
    for (int i = 0; i < N; i++) {
        values[i] = i;
        cos[i] = coroutine_new(pool, compute, &values[i]);
    }
    for (int round = 0; round <= 20; round++) {
        for (int i = 0; i < N; i++) coroutine_resume(cos[i]);
    }
    for (int i = 0; i < N; i++) assert_true(values[i] == compute_alone(i));
}

/* Goes down until depth bytes of stack are in use and comes back up through every frame. */
static size_t descend(uintptr_t top, size_t depth) {
    volatile uint8_t frame[1024];
    memset((void *)(uintptr_t)frame, 0x3c, sizeof frame);
    uintptr_t here = (uintptr_t)__builtin_frame_address(0); /* ASan may keep the array itself elsewhere */
    size_t frames = top - here < depth ? descend(top, depth) : 0;
    if (frames % 16 == 0) coroutine_suspend(pool);
    for (size_t i = 0; i < sizeof frame; i++) {
        if (frame[i] != 0x3c) return 0;
    }
    return frames + 1;
}

struct dive {
    size_t depth;
    size_t frames;
};

static void dive(void *arg) {
    struct dive *d = arg;
    d->frames = descend((uintptr_t)__builtin_frame_address(0), d->depth);
}

/* Two at a time, so that one that left its stack would be seen in the other. */
static void test_stacks_are_as_deep_as_promised(void **state) {
    (void)state;
    struct dive dives[2] = {{.depth = COROUTINE_STACK_BYTES - 8192}, {.depth = COROUTINE_STACK_BYTES - 8192}};
    struct coroutine *a = coroutine_new(pool, dive, &dives[0]), *b = coroutine_new(pool, dive, &dives[1]);
    while (coroutine_pool_active(pool) > 0) {
        if (dives[0].frames == 0) coroutine_resume(a);
        if (dives[1].frames == 0) coroutine_resume(b);
    }
    assert_true(dives[0].frames > 50 && dives[0].frames == dives[1].frames);
}

/* Finds the mapping that holds the address; returns whether another one without any rights ends where it begins. */
static bool has_guard_below(uintptr_t address) {
    FILE *maps = fopen("/proc/self/maps", "re");
    char line[512], rights[5], last_rights[5] = "";
    uintptr_t begin, end, last_end = 0;
    bool guarded = false;
    assert_non_null(maps);
    while (fgets(line, sizeof line, maps) != NULL) {
        if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %4s", &begin, &end, rights) != 3) continue;
        if (begin <= address && address < end) guarded = last_end == begin && strncmp(last_rights, "---", 3) == 0;
        last_end = end;
        memcpy(last_rights, rights, sizeof rights);
    }
    (void)fclose(maps);
    return guarded;
}

static void note_frame(void *arg) {
    *(uintptr_t *)arg = (uintptr_t)__builtin_frame_address(0);
    coroutine_suspend(pool);
}

static void test_every_stack_has_a_guard_below(void **state) {
    (void)state;
    enum { N = 20 };
    uintptr_t frames[N];
    struct coroutine *cos[N];
    for (int i = 0; i < N; i++) {
        cos[i] = coroutine_new(pool, note_frame, &frames[i]);
        coroutine_resume(cos[i]);
    }
    for (int i = 0; i < N; i++) {
        assert_true(has_guard_below(frames[i]));
        assert_true(has_guard_below(frames[i] - COROUTINE_STACK_BYTES + 4096)); /* the same mapping: no guard between */
        coroutine_resume(cos[i]);
    }
}

/* With other stacks below, so that without a guard it would come to rest in one of them. */
static void overflow_a_stack(void) {
    struct dive deeper = {.depth = COROUTINE_STACK_BYTES + 65536};
    struct coroutine *co = coroutine_new(pool, dive, &deeper);
    char letters[] = "abc";
    for (int i = 0; i < 8; i++) (void)coroutine_new(pool, tell_three_parts, letters);
    while (deeper.frames == 0) coroutine_resume(co);
}

static void test_an_overflow_dies(void **state) {
    (void)state;
    assert_int_not_equal(death_status(overflow_a_stack), 0);
}

struct patient {
    uint32_t value;
    bool intact;
};

/* Fills a part of its stack with a value of its own and looks after it when resumed. */
static void guard_a_pattern(void *arg) {
    struct patient *patient = arg;
    volatile uint32_t pattern[200];
    for (size_t i = 0; i < 200; i++) pattern[i] = patient->value + (uint32_t)i;
    coroutine_suspend(pool);
    patient->intact = true;
    for (size_t i = 0; i < 200; i++) patient->intact = patient->intact && pattern[i] == patient->value + (uint32_t)i;
}

static void shuffle(struct coroutine **cos, size_t n, unsigned seed) {
    for (size_t i = n - 1; i > 0; i--) {
        size_t j = (size_t)rand_r(&seed) % (i + 1);
        struct coroutine *swap = cos[i];
        cos[i] = cos[j];
        cos[j] = swap;
    }
}

static void run_many(size_t n, unsigned seed) {
    struct patient *patients = calloc(n, sizeof *patients);
    struct coroutine **cos = calloc(n, sizeof *cos);
    assert_true(patients != NULL && cos != NULL);
    for (size_t i = 0; i < n; i++) {
        patients[i].value = (uint32_t)i * 1000003;
        cos[i] = coroutine_new(pool, guard_a_pattern, &patients[i]);
    }
    assert_int_equal(coroutine_pool_active(pool), n);
    shuffle(cos, n, seed);
    for (size_t i = 0; i < n; i++) coroutine_resume(cos[i]);
    shuffle(cos, n, seed + 1);
    for (size_t i = 0; i < n; i++) coroutine_resume(cos[i]);
    assert_int_equal(coroutine_pool_active(pool), 0);
    for (size_t i = 0; i < n; i++) assert_true(patients[i].intact);
    free(patients);
    free(cos);
}

static size_t resident_bytes(void) {
    FILE *statm = fopen("/proc/self/statm", "re");
    unsigned long total, resident;
    assert_non_null(statm);
    assert_int_equal(fscanf(statm, "%lu %lu", &total, &resident), 2);
    (void)fclose(statm);
    return resident * (size_t)sysconf(_SC_PAGESIZE);
}

static size_t count_mappings(void) {
    FILE *maps = fopen("/proc/self/maps", "re");
    size_t lines = 0;
    assert_non_null(maps);
    for (int c; (c = fgetc(maps)) != EOF;) lines += c == '\n';
    (void)fclose(maps);
    return lines;
}

static void test_ten_thousand_wait_at_once(void **state) {
    (void)state;
    size_t mappings = count_mappings();
    run_many(many(), 1);
    size_t resident = resident_bytes();
    run_many(many(), 2);
    run_many(many(), 3);
#ifdef TEST_TSAN
    (void)mappings; /* TSan keeps memory of its own for each */
    (void)resident;
#else
    /* All but a few idle stacks have gone back to the system, with what ASan knew of them. */
    assert_true(count_mappings() < mappings + 600);
    assert_true(resident_bytes() < resident + 32 * 1024 * 1024);
#endif
}

static void suspend_outside(void) {
    coroutine_suspend(pool);
}
static void resume_other(void *arg) {
    coroutine_resume(arg);
}
static void resume_inside(void) {
    char letters[] = "abc";
    struct coroutine *other = coroutine_new(pool, tell_three_parts, letters);
    coroutine_resume(coroutine_new(pool, resume_other, other));
}
static void free_too_early(void) {
    static char letters[] = "abc";
    coroutine_resume(coroutine_new(pool, tell_three_parts, letters));
    coroutine_pool_free(pool);
}

static void test_misuse_is_caught(void **state) {
    (void)state;
    assert_aborts(suspend_outside);
    assert_aborts(resume_inside);
    assert_aborts(free_too_early);
}

static void test_queue_is_first_in_first_out(void **state) {
    (void)state;
    enum { N = 100 };
    int runs = 0;
    struct coroutine *cos[N];
    struct coroutine_queue queue = {NULL, NULL};
    for (int i = 0; i < N; i++) cos[i] = coroutine_new(pool, return_at_once, &runs);
    assert_null(coroutine_queue_pop(&queue));
    int in = 0, out = 0;
    while (out < N) {
        for (int k = 0; k < 3 && in < N; k++) coroutine_queue_push(&queue, cos[in++]);
        for (int k = 0; k < 2 && out < in; k++) assert_ptr_equal(coroutine_queue_pop(&queue), cos[out++]);
    }
    assert_null(coroutine_queue_pop(&queue));
    coroutine_queue_push(&queue, cos[5]); /* after it ran empty, and one that has been in it */
    assert_ptr_equal(coroutine_queue_pop(&queue), cos[5]);
    assert_null(coroutine_queue_pop(&queue));
    for (int i = 0; i < N; i++) coroutine_resume(cos[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_two_interleave, make_pool, free_pool),
        cmocka_unit_test_setup_teardown(test_self_is_who_runs, make_pool, free_pool),
        cmocka_unit_test_setup_teardown(test_a_coroutine_may_make_another, make_pool, free_pool),
        cmocka_unit_test_setup_teardown(test_stacks_are_used_again, make_pool, free_pool),
        cmocka_unit_test_setup_teardown(test_locals_survive, make_pool, free_pool),
        cmocka_unit_test_setup_teardown(test_stacks_are_as_deep_as_promised, make_pool, free_pool),
        cmocka_unit_test_setup_teardown(test_every_stack_has_a_guard_below, make_pool, free_pool),
        cmocka_unit_test_setup_teardown(test_an_overflow_dies, make_pool, free_pool),
        cmocka_unit_test_setup_teardown(test_ten_thousand_wait_at_once, make_pool, free_pool),
        cmocka_unit_test_setup_teardown(test_misuse_is_caught, make_pool, free_pool),
        cmocka_unit_test_setup_teardown(test_queue_is_first_in_first_out, make_pool, free_pool),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
