/* Revert data is found wherever nodes put it, and nowhere else. The vectors of abi_reverts.tsv are viem's.
 * Each test makes and frees its own arena.
 * Runs on one thread, from the root of the checkout. */
#include "vectors.h"

#include <jansson.h>

#include "core/arena.h"
#include "eth/abi.h"
#include "rpc/revert.h"

enum { MEGABYTE = 1024 * 1024, MAX_JSON = 8192 };

#define REASON \
    "08c379a000000000000000000000000000000000000000000000000000000000000000200000000000000000000000000000000000000000" \
    "0" \
    "000000000000000000000026e6f000000000000000000000000000000000000000000000000000000000000"

/* data "-": none; else hex digits without 0x. */
static void check_error(const char *json, const char *data) {
    struct arena *arena = arena_new(MEGABYTE);
    json_t *error = json_loads(json, JSON_DECODE_ANY, NULL);
    assert_non_null(error);
    const uint8_t *bytes = NULL;
    size_t len = 0;
    bool found = revert_from_error(arena, &bytes, &len, error);
    assert_int_equal(found, strcmp(data, "-") != 0);
    if (found) {
        assert_int_equal(2 * len, strlen(data));
        for (size_t i = 0; i < len; i++) {
            char digits[3];
            snprintf(digits, sizeof digits, "%02x", bytes[i]);
            assert_memory_equal(digits, data + 2 * i, 2);
        }
    } else {
        assert_null(bytes);
    }
    json_decref(error);
    arena_free(arena);
}

static void test_shapes_of_errors(void **state) {
    (void)state;
    check_error("{\"code\":3,\"data\":\"0x12345678\"}", "12345678");
    check_error("{\"code\":3,\"data\":\"0x\"}", "");
    check_error("{\"code\":-32015,\"data\":\"Reverted 0x12345678\"}", "12345678");
    check_error("{\"code\":-32603,\"data\":{\"message\":\"no\",\"data\":\"0x1234\"}}", "1234");
    check_error("{\"data\":{\"hash\":null,\"result\":\"0x1234\",\"reason\":\"no\"}}", "1234");
    check_error("{\"data\":{\"0xabcdef\":{\"error\":\"revert\",\"return\":\"0x1234\"}}}", "1234");
    check_error("{\"data\":{\"originalError\":{\"code\":3,\"data\":\"0x1234\"}}}", "1234");
}

static void test_errors_without_data(void **state) {
    (void)state;
    check_error("{\"code\":3}", "-");
    check_error("{\"code\":3,\"data\":null}", "-");
    check_error("{\"code\":3,\"data\":7}", "-");
    check_error("{\"code\":3,\"data\":\"Reverted\"}", "-");
    check_error("{\"code\":3,\"data\":\"0x123\"}", "-");
    check_error("{\"code\":3,\"data\":\"0xzz\"}", "-");
    check_error("{\"code\":3,\"data\":{}}", "-");
    check_error("{\"data\":{\"data\":{\"data\":{\"data\":{\"data\":\"0x1234\"}}}}}", "-");
    check_error("\"just text\"", "-");
}

static void check_result(const char *hex, bool reverts) {
    struct arena *arena = arena_new(MEGABYTE);
    json_t *result = json_string(hex);
    const uint8_t *bytes = NULL;
    size_t len = 0;
    assert_int_equal(revert_from_result(arena, &bytes, &len, result), reverts);
    assert_true((bytes != NULL) == reverts);
    json_decref(result);
    arena_free(arena);
}

static void test_results_that_are_reverts(void **state) {
    (void)state;
    check_result("0x" REASON, true);
    check_result("0x" REASON "00", false); /* not selector and words */
    check_result("0x08c379a0", false);     /* no text */
    check_result("0x" REASON "zz", false);
    check_result("0x", false);
    check_result("", false);
    check_result("0x4e487b71000000000000000000000000000000000000000000000000000000000000000000000011", false);
}

/* viem's reasons, once as the error of a node and once as a result. */
static void test_reasons_survive(void **state) {
    (void)state;
    struct vectors v;
    vectors_open(&v, "abi_reverts.tsv");
    while (vectors_next(&v, 2)) {
        char json[MAX_JSON];
        char reason[256];
        snprintf(json, sizeof json, "{\"code\":3,\"message\":\"execution reverted\",\"data\":\"%s\"}", v.fields[0]);
        struct arena *arena = arena_new(MEGABYTE);
        json_t *error = json_loads(json, 0, NULL);
        const uint8_t *bytes;
        size_t len;
        assert_true(revert_from_error(arena, &bytes, &len, error));
        abi_decode_revert(reason, sizeof reason, bytes, len);
        assert_string_equal(reason, v.fields[1]);
        json_decref(error);
        arena_free(arena);
    }
    vectors_close(&v, 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shapes_of_errors),
        cmocka_unit_test(test_errors_without_data),
        cmocka_unit_test(test_results_that_are_reverts),
        cmocka_unit_test(test_reasons_survive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
