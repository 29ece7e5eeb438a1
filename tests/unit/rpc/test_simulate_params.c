/* What nodes are sent to simulate a call, against what execution-apis and go-ethereum's documentation show.
 * Each test owns its buffer.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "rpc/simulate_params.h"

#define HASH "0x00000000000000000000000000000000000000000000000000000000000000ab"
#define ONE "0x0000000000000000000000000000000000000000000000000000000000000001"
#define BLOCK "{\"blockHash\":\"" HASH "\",\"requireCanonical\":true}"
#define TO "0x2200000000000000000000000000000000000000"
#define FROM "0x3300000000000000000000000000000000000000"

static const struct block_ref block = {.hash = {{[31] = 0xab}}};
static const uint8_t data[] = {0x31, 0x3c, 0xe5, 0x67};

static void assert_params(void (*write)(struct buf *, const struct simulation *, const struct block_ref *),
                          const struct simulation *what, const char *want) {
    struct buf buf;
    buf_init(&buf, 64 * 1024);
    write(&buf, what, &block);
    assert_false(buf.failed);
    buf_append_char(&buf, '\0');
    assert_string_equal(buf.data, want);
    buf_free(&buf);
}

static void test_a_bare_call(void **state) {
    (void)state;
    const struct simulation what = {.to = {{0x22}}, .data = data, .data_len = sizeof data};
    assert_params(simulate_params_call, &what, "[{\"to\":\"" TO "\",\"data\":\"0x313ce567\"}," BLOCK "]");
    assert_params(simulate_params_v1, &what,
                  "[{\"blockStateCalls\":[{\"calls\":[{\"to\":\"" TO "\",\"input\":\"0x313ce567\"}]}]}," BLOCK "]");
}

static void test_everything_that_can_be_said(void **state) {
    (void)state;
    const struct slot_override slots[] = {{{{[31] = 1}}, {{[31] = 0xab}}}};
    const struct account_override overrides[] = {
        {.account = {{0x22}}, .has_balance = true, .has_nonce = true, .nonce = 16, .has_code = true},
        {.account = {{0x33}}, .has_storage = true, .slots = slots, .n_slots = 1},
        {.account = {{0x44}},
         .has_storage = true,
         .replaces_storage = true,
         .has_code = true,
         .code = data,
         .code_len = 1},
    };
    const struct simulation what = {.to = {{0x22}},
                                    .has_from = true,
                                    .from = {{0x33}},
                                    .value = u256_from_u64(255),
                                    .gas = 21000,
                                    .overrides = overrides,
                                    .n_overrides = 3};
#define CALL(name) "{\"from\":\"" FROM "\",\"to\":\"" TO "\",\"value\":\"0xff\",\"gas\":\"0x5208\",\"" name "\":\"0x\"}"
#define OVERRIDES \
    "{\"" TO "\":{\"balance\":\"0x0\",\"nonce\":\"0x10\",\"code\":\"0x\"}," \
    "\"" FROM "\":{\"stateDiff\":{\"" ONE "\":\"" HASH "\"}}," \
    "\"0x4400000000000000000000000000000000000000\":{\"code\":\"0x31\",\"state\":{}}}"
    assert_params(simulate_params_call, &what, "[" CALL("data") "," BLOCK "," OVERRIDES "]");
    assert_params(simulate_params_v1, &what,
                  "[{\"blockStateCalls\":[{\"stateOverrides\":" OVERRIDES ",\"calls\":[" CALL("input") "]}]}," BLOCK
                                                                                                       "]");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_bare_call),
        cmocka_unit_test(test_everything_that_can_be_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
