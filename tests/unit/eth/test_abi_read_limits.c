/* Tests eth/abi_read with items that are there more than once, and with types that go too deep.
 * Each case has an arena of its own. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "eth/abi_read.h"

enum { ARENA_BYTES = 1 << 20 };

/* ABIs are put together of several, as of a proxy's and its implementation's. What they all say is said once; where
 * they contradict each other, a result or a log would be read in one of two ways. */
static void test_items_there_twice(void **state) {
    (void)state;
    static const struct {
        const char *text;
        size_t n_items; /* 0: refused */
    } cases[] = {
        {"[\"function a(uint x) view returns (uint)\",\"function a(uint256 y) returns (uint256 z)\"]", 1},
        {"[\"function a()\",\"function b()\",\"function a()\",\"function a(bool)\",\"error a()\",\"function a()\"]", 4},
        {"[\"function a() returns ((bool, int8[2])[])\",\"function a() returns ((bool x, int8[2] y)[] z)\"]", 1},
        {"[\"function a() returns (uint256)\",\"function a() returns (int256)\"]", 0},
        {"[\"function a() returns (uint256)\",\"function a() returns (uint128)\"]", 0},
        {"[\"function a() returns (uint256)\",\"function a()\"]", 0},
        {"[\"function a()\",\"function a() returns (uint256)\"]", 0},
        {"[\"function a() returns (bool[])\",\"function a() returns (bool[2])\"]", 0},
        {"[\"function a() returns (bool[])\",\"function a() returns (int[])\"]", 0},
        {"[\"function a() returns ((bool, int8[2])[])\",\"function a() returns ((bool, int8[3])[])\"]", 0},
        {"[\"error a(bool x)\",\"error a(bool y)\"]", 1},
        {"[\"constructor(bool)\",\"constructor(bool x) payable\"]", 1},
        {"[\"event a(bool x, bool y)\",\"event a(bool, bool)\"]", 1},
        {"[\"event a(bool indexed, bool)\",\"event a(bool, bool)\",\"event a(bool indexed, bool indexed)\","
         "\"event a(bool indexed x, bool)\"]",
         3},
        {"[\"event a(bool indexed, bool)\",\"event a(bool indexed, bool) anonymous\"]", 2},
        {"[\"event a(bool indexed, bool)\",\"event a(bool, bool)\",\"event a(bool, bool indexed)\"]", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char problem[ABI_PROBLEM_BYTES];
        const struct abi *abi;
        struct arena *arena = arena_new(ARENA_BYTES);
        enum err err = abi_read_text(&abi, arena, problem, cases[i].text, strlen(cases[i].text));
        assert_int_equal(err, cases[i].n_items > 0 ? ERR_OK : ERR_INVALID_ABI);
        if (err == ERR_OK && abi->n_items != cases[i].n_items) fail_msg("%s: %zu", cases[i].text, abi->n_items);
        if (err != ERR_OK && strstr(problem, " is in the ABI twice") == NULL)
            fail_msg("%s: %s", cases[i].text, problem);
        arena_free(arena);
    }
}

/* The deepest of a tuple's members counts, wherever it stands. */
static void test_depth_of_a_tuple(void **state) {
    (void)state;
    static const struct {
        const char *text;
        enum err err;
    } cases[] = {
        {"function f((bool[][][][][][][][][][] a, bool b)[] c)", ERR_OK},
        {"function f((bool[][][][][][][][][][] a, bool b)[][] c)", ERR_INVALID_ABI},
        {"function f((bool b, bool[][][][][][][][][][] a)[][] c)", ERR_INVALID_ABI},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char problem[ABI_PROBLEM_BYTES];
        const struct abi_item *item;
        struct arena *arena = arena_new(ARENA_BYTES);
        enum err err = abi_read_signature(&item, arena, problem, cases[i].text, strlen(cases[i].text));
        if (err != cases[i].err) fail_msg("%s: %s", cases[i].text, problem);
        arena_free(arena);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_items_there_twice),
        cmocka_unit_test(test_depth_of_a_tuple),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
