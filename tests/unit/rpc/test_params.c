/* Parameters of pinned reads as EIP-1898 writes them, and hex results as bytes.
 * Each test makes and frees its own arena; no reactor is needed.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "rpc/rpc.h"

#define HASH "0x00000000000000000000000000000000000000000000000000000000000000ab"

static const address token = {{0xA0, 0xb8, 0x69, 0x91, 0xc6, 0x21, 0x8b, 0x36, 0xc1, 0xd1,
                               0x9D, 0x4a, 0x2e, 0x9E, 0xb0, 0xcE, 0x36, 0x06, 0xeB, 0x48}};
static const struct block_ref block = {.number = 1, .hash = {{[31] = 0xab}}};

static void test_pinned_to_the_block(void **state) {
    (void)state;
    struct task task = {.arena = arena_new(4096)};
    const uint8_t decimals[] = {0x31, 0x3c, 0xe5, 0x67};
    assert_string_equal(rpc_params_call(&task, &token, decimals, sizeof decimals, &block),
                        "[{\"to\":\"0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48\",\"data\":\"0x313ce567\"},"
                        "{\"blockHash\":\"" HASH "\",\"requireCanonical\":true}]");
    assert_string_equal(rpc_params_account(&task, &token, &block),
                        "[\"0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48\","
                        "{\"blockHash\":\"" HASH "\",\"requireCanonical\":true}]");
    assert_string_equal(rpc_params_storage(&task, &token, block.hash.bytes, &block),
                        "[\"0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48\",\"" HASH "\","
                        "{\"blockHash\":\"" HASH "\",\"requireCanonical\":true}]");
    arena_free(task.arena);
}

static void test_init_code_has_no_address(void **state) {
    (void)state;
    struct task task = {.arena = arena_new(4096)};
    assert_string_equal(rpc_params_call(&task, NULL, (const uint8_t[]){0x60, 0x0a}, 2, &block),
                        "[{\"data\":\"0x600a\"},{\"blockHash\":\"" HASH "\",\"requireCanonical\":true}]");
    arena_free(task.arena);
}

static void test_long_calldata_is_whole(void **state) {
    (void)state;
    enum { LONG = 50000 };
    struct task task = {.arena = arena_new(8 * LONG)};
    uint8_t *data = arena_alloc(task.arena, LONG);
    memset(data, 0xff, LONG);
    const char *params = rpc_params_call(&task, &token, data, LONG, &block);
    assert_int_equal(strspn(strstr(params, "0xff") + 2, "f"), 2 * LONG);
    arena_free(task.arena);
}

static void test_no_memory_is_no_params(void **state) {
    (void)state;
    struct task task = {.arena = arena_new(16)};
    assert_null(rpc_params_account(&task, &token, &block));
    assert_null(rpc_params_storage(&task, &token, block.hash.bytes, &block));
    assert_null(rpc_params_call(&task, &token, (const uint8_t[]){1}, 1, &block));
    arena_free(task.arena);
}

static enum err bytes_of(struct task *task, const char *json, const uint8_t **data, size_t *len) {
    json_t *result = json_loads(json, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    struct rpc_call call = {.method = "eth_call", .result = result};
    enum err err = rpc_result_bytes(task, data, len, &call);
    json_decref(result);
    return err;
}

static void test_results_as_bytes(void **state) {
    (void)state;
    struct task task = {.arena = arena_new(4096)};
    const uint8_t *data;
    size_t len;
    assert_int_equal(bytes_of(&task, "\"0x01fF\"", &data, &len), ERR_OK);
    assert_int_equal(len, 2);
    assert_memory_equal(data, "\x01\xff", 2);
    assert_int_equal(bytes_of(&task, "\"0x\"", &data, &len), ERR_OK);
    assert_int_equal(len, 0);
    static const char *const bad[] = {"\"\"", "\"0\"", "\"0x1\"", "\"0xzz\"", "\"1234\"", "\"0x00\\u0000\"",
                                      "7",    "null",  "{}"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(bytes_of(&task, bad[i], &data, &len), ERR_UPSTREAM_ERROR);
        assert_int_equal(task.fault.code, ERR_UPSTREAM_ERROR);
    }
    arena_free(task.arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pinned_to_the_block),    cmocka_unit_test(test_init_code_has_no_address),
        cmocka_unit_test(test_long_calldata_is_whole), cmocka_unit_test(test_no_memory_is_no_params),
        cmocka_unit_test(test_results_as_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
