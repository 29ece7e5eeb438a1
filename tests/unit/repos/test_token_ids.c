/* The map from tokens to their ids, as it grows.
 * Owns a map for each test.
 * One thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "repos/token_ids.h"

static address token_of(uint32_t n) {
    return (address){{(uint8_t)n, (uint8_t)(n >> 8), (uint8_t)(n >> 16)}};
}

static void test_tokens_are_found_again(void **state) {
    (void)state;
    enum { TOKENS = 5000 };
    struct token_ids *ids = token_ids_new();
    for (uint32_t i = 0; i < TOKENS; i++) {
        address token = token_of(i);
        assert_int_equal(token_ids_get(ids, &token), TOKEN_ID_NONE);
        token_ids_set(ids, &token, TOKEN_ID_WANTED);
        token_ids_set(ids, &token, (int32_t)i + 1);
        assert_int_equal(token_ids_count(ids), i + 1);
    }
    for (uint32_t i = 0; i < TOKENS; i++) {
        address token = token_of(i);
        assert_int_equal(token_ids_get(ids, &token), i + 1);
    }
    address other = token_of(TOKENS);
    assert_int_equal(token_ids_get(ids, &other), TOKEN_ID_NONE);
    token_ids_free(ids);
}

static void test_what_is_cleared_is_forgotten(void **state) {
    (void)state;
    struct token_ids *ids = token_ids_new();
    for (uint32_t i = 0; i < 2000; i++) {
        address token = token_of(i);
        token_ids_set(ids, &token, 7);
    }
    token_ids_clear(ids);
    assert_int_equal(token_ids_count(ids), 0);
    for (uint32_t i = 0; i < 2000; i++) {
        address token = token_of(i);
        assert_int_equal(token_ids_get(ids, &token), TOKEN_ID_NONE);
    }
    token_ids_free(ids);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tokens_are_found_again),
        cmocka_unit_test(test_what_is_cleared_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
