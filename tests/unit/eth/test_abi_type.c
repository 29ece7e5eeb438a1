/* Tests eth/abi_type: what an ABI has is found by selector, topic, name and signature, each among others like it. */
#include "../vectors.h"

#include "eth/abi_read.h"

static const char text[] =
    "[\"event f(uint8 a) anonymous\",\"event f(uint8 a)\",\"error f(uint8 a)\",\"function f(uint8 a)\","
    "\"function g()\",\"function f()\",\"constructor(bool a)\",\"event f(bool a)\",\"event f(bool indexed a)\"]";

struct fixture {
    struct arena *arena;
    const struct abi *abi;
};

static int start(void **state) {
    static struct fixture fixture;
    char problem[ABI_PROBLEM_BYTES];
    fixture.arena = arena_new(1 << 20);
    assert_int_equal(abi_read_text(&fixture.abi, fixture.arena, problem, text, sizeof text - 1), ERR_OK);
    assert_int_equal(fixture.abi->n_items, 9);
    *state = &fixture;
    return 0;
}

static int stop(void **state) {
    arena_free(((struct fixture *)*state)->arena);
    return 0;
}

static void test_selector(void **state) {
    const struct abi *abi = ((struct fixture *)*state)->abi;
    static const uint8_t f[4] = {0x31, 0x20, 0xd4, 0x34}, none[4] = {0}; /* f(uint8), by viem */
    assert_ptr_equal(abi_find_selector(abi, ABI_ITEM_FUNCTION, f), &abi->items[3]);
    assert_ptr_equal(abi_find_selector(abi, ABI_ITEM_ERROR, f), &abi->items[2]);
    assert_null(abi_find_selector(abi, ABI_ITEM_FUNCTION, none));
    assert_null(abi_find_selector(abi, ABI_ITEM_CONSTRUCTOR, f));
}

static void test_event(void **state) {
    const struct abi *abi = ((struct fixture *)*state)->abi;
    const hash32 topics[2] = {abi->items[7].hash}, none = {{0}};
    assert_ptr_equal(abi_find_event(abi, topics, 1), &abi->items[7]);
    assert_ptr_equal(abi_find_event(abi, topics, 2), &abi->items[8]);
    assert_null(abi_find_event(abi, topics, 3));
    assert_null(abi_find_event(abi, NULL, 0));
    assert_null(abi_find_event(abi, &none, 1));
    assert_null(abi_find_event(abi, &abi->items[4].hash, 1)); /* a function's */
    assert_ptr_equal(abi_find_event(abi, &abi->items[0].hash, 1), &abi->items[1]);
}

static void test_name(void **state) {
    const struct abi *abi = ((struct fixture *)*state)->abi;
    const struct abi_item *item = abi_next_named(abi, ABI_ITEM_FUNCTION, "f", 1, NULL);
    assert_ptr_equal(item, &abi->items[3]);
    item = abi_next_named(abi, ABI_ITEM_FUNCTION, "f", 1, item);
    assert_ptr_equal(item, &abi->items[5]);
    assert_null(abi_next_named(abi, ABI_ITEM_FUNCTION, "f", 1, item));
    assert_ptr_equal(abi_next_named(abi, ABI_ITEM_ERROR, "f", 1, NULL), &abi->items[2]);
    assert_null(abi_next_named(abi, ABI_ITEM_FUNCTION, "", 0, NULL));
    assert_null(abi_next_named(abi, ABI_ITEM_FUNCTION, "fg", 2, NULL));
}

static void test_signature(void **state) {
    const struct abi *abi = ((struct fixture *)*state)->abi;
    const struct abi_item *item = abi_next_named(abi, ABI_ITEM_FUNCTION, "f()", 3, NULL);
    assert_ptr_equal(item, &abi->items[5]);
    assert_null(abi_next_named(abi, ABI_ITEM_FUNCTION, "f()", 3, item));
    assert_ptr_equal(abi_next_named(abi, ABI_ITEM_EVENT, "f(bool)?", 7, NULL), &abi->items[7]);
    assert_null(abi_next_named(abi, ABI_ITEM_FUNCTION, "f(", 2, NULL));
}

static void test_constructor(void **state) {
    const struct abi *abi = ((struct fixture *)*state)->abi;
    const struct abi none = {.items = abi->items, .n_items = 6};
    assert_ptr_equal(abi_find_constructor(abi), &abi->items[6]);
    assert_null(abi_find_constructor(&none));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_selector),  cmocka_unit_test(test_event),       cmocka_unit_test(test_name),
        cmocka_unit_test(test_signature), cmocka_unit_test(test_constructor),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
