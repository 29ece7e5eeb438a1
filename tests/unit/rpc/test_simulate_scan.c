/* Replies of eth_simulateV1 as go-ethereum and anvil write them, and what is no such reply.
 * Each test makes and frees its own arena.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rpc/simulate_scan.h"
#include "rpc/state.h"

enum { ARENA_BYTES = 1024 * 1024 };

#define ADDRESS "0x1111111111111111111111111111111111111111"
#define TOPIC "0x2222222222222222222222222222222222222222222222222222222222222222"
#define LOG "{\"address\":\"" ADDRESS "\",\"topics\":[\"" TOPIC "\"],\"data\":\"0xbeef\",\"logIndex\":\"0x0\"}"
#define DONE "\"gasUsed\":\"0x5208\",\"status\":\"0x1\""
#define FAILED "\"gasUsed\":\"0x5209\",\"status\":\"0x0\",\"logs\":[" LOG "]"
#define BLOCK(call) "[{\"number\":\"0x1\",\"calls\":[{" call "}]}]"

static struct {
    struct arena *arena;
    struct simulated simulated;
    bool full;
} scanned;

/* In memory of exactly its size, so that ASan sees each overrun. */
static bool scan_in(const char *text, size_t arena_bytes) {
    char *copy = malloc(strlen(text));
    assert_non_null(copy);
    memcpy(copy, text, strlen(text));
    arena_free(scanned.arena);
    scanned.arena = arena_new(arena_bytes);
    bool read = simulate_scan(&scanned.simulated, &scanned.full, scanned.arena, copy, strlen(text));
    free(copy); /* nothing may point into it */
    return read;
}

static bool scan(const char *text) {
    return scan_in(text, ARENA_BYTES);
}

static int release(void **state) {
    (void)state;
    arena_free(scanned.arena);
    scanned.arena = NULL;
    return 0;
}

static void test_what_succeeded(void **state) {
    (void)state;
    const struct simulated *one = &scanned.simulated;
    assert_true(scan(BLOCK("\"returnData\":\"0x0102\",\"logs\":[" LOG "," LOG "]," DONE)));
    assert_int_equal(one->outcome, RPC_OK);
    assert_true(one->traced);
    assert_int_equal(one->len, 2);
    assert_memory_equal(one->bytes, "\x01\x02", 2);
    assert_int_equal(one->gas_used, 21000);
    assert_int_equal(one->n_logs, 2);
    assert_int_equal(one->logs[1].contract.bytes[19], 0x11);
    assert_int_equal(one->logs[1].n_topics, 1);
    assert_int_equal(one->logs[1].topics[0].bytes[31], 0x22);
    assert_int_equal(one->logs[1].data_len, 2);
    assert_memory_equal(one->logs[1].data, "\xbe\xef", 2);
    assert_true(scan(BLOCK("\"returnData\":\"0x\",\"logs\":null,\"error\":null," DONE)));
    assert_int_equal(one->n_logs + one->len, 0);
}

static void test_what_failed(void **state) {
    (void)state;
    const struct simulated *one = &scanned.simulated;
    assert_true(scan(BLOCK(FAILED ",\"returnData\":\"0x\",\"error\":{\"code\":3,\"message\":\"execution reverted\","
                                  "\"data\":\"0x08c379a0\"}")));
    assert_int_equal(one->outcome, RPC_REVERTED);
    assert_int_equal(one->n_logs, 0);
    assert_int_equal(one->len, 4);
    assert_memory_equal(one->bytes, "\x08\xc3\x79\xa0", 4);
    assert_true(
        scan(BLOCK(FAILED ",\"returnData\":\"0x12\",\"error\":{\"code\":-3200,\"message\":\"execution failed\"}")));
    assert_int_equal(one->outcome, RPC_REVERTED);
    assert_int_equal(one->len, 1);
    assert_true(scan(BLOCK(FAILED ",\"returnData\":\"0x\",\"error\":{\"code\":-32015,\"message\":\"out of gas\"}")));
    assert_int_equal(one->outcome, RPC_OUT_OF_GAS);
    assert_null(one->bytes);
    assert_true(scan(BLOCK(FAILED ",\"returnData\":\"0x\"")));
    assert_int_equal(one->outcome, RPC_REVERTED);
    assert_null(one->bytes);
}

static void test_revert_data_that_is_too_long_is_left_out(void **state) {
    (void)state;
    const size_t digits = 2 * STATE_MAX_REVERT_BYTES;
    char *text = calloc(digits + 512, 1);
    assert_non_null(text);
    for (size_t more = 0; more <= 2; more += 2) {
        (void)snprintf(text, 512, "%s", "[{\"calls\":[{" FAILED ",\"returnData\":\"0x");
        size_t len = strlen(text);
        memset(text + len, '0', digits + more);
        (void)snprintf(text + len + digits + more, 16, "%s", "\"}]}]");
        assert_true(scan(text));
        assert_int_equal(scanned.simulated.len, more == 0 ? STATE_MAX_REVERT_BYTES : 0);
    }
    free(text);
}

static void test_what_is_no_reply_to_one_call(void **state) {
    (void)state;
    static const char *const refused[] = {
        "",
        "null",
        "{}",
        "[]",
        "[{}]",
        "[{\"calls\":[]}]",
        "[{\"calls\":[{" DONE ",\"returnData\":\"0x\"},{" DONE ",\"returnData\":\"0x\"}]}]",
        "[{\"calls\":[{" DONE ",\"returnData\":\"0x\"}]},{\"calls\":[]}]",
        BLOCK(DONE),
        BLOCK("\"returnData\":\"0x\",\"status\":\"0x1\""),
        BLOCK("\"returnData\":\"0x\",\"gasUsed\":\"0x1\""),
        BLOCK("\"returnData\":\"0x1\"," DONE),
        BLOCK("\"returnData\":\"\"," DONE),
        BLOCK("\"returnData\":\"0xzz\"," DONE),
        BLOCK("\"returnData\":\"0x\",\"gasUsed\":\"0x10000000000000000\",\"status\":\"0x1\""),
        BLOCK("\"returnData\":\"0x\",\"gasUsed\":\"0x1\",\"status\":\"0x2\""),
        BLOCK("\"returnData\":\"0x\",\"logs\":{}," DONE),
        BLOCK("\"returnData\":\"0x\",\"logs\":[{}]," DONE),
        BLOCK("\"returnData\":\"0x\",\"error\":\"no\"," DONE),
        BLOCK("\"returnData\":\"0x\"," DONE) "x",
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        if (scan(refused[i])) fail_msg("taken: %s", refused[i]);
        assert_false(scanned.full);
    }
}

#define WITH_TOPICS(topics) \
    BLOCK("\"returnData\":\"0x\",\"logs\":[{\"address\":\"" ADDRESS "\",\"topics\":[" topics \
          "],\"data\":\"0x\"}]," DONE)
#define FOUR "\"" TOPIC "\",\"" TOPIC "\",\"" TOPIC "\",\"" TOPIC "\""

static void test_a_log_has_up_to_four_topics(void **state) {
    (void)state;
    assert_true(scan(WITH_TOPICS("")));
    assert_int_equal(scanned.simulated.logs[0].n_topics, 0);
    assert_true(scan(WITH_TOPICS(FOUR)));
    assert_int_equal(scanned.simulated.logs[0].n_topics, 4);
    assert_false(scan(WITH_TOPICS(FOUR ",\"" TOPIC "\"")));
}

static void test_what_no_memory_is_left_for(void **state) {
    (void)state;
    assert_false(scan_in(BLOCK("\"returnData\":\"0x0102\",\"logs\":[" LOG "," LOG "]," DONE), 64));
    assert_true(scanned.full);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_succeeded),
        cmocka_unit_test(test_what_failed),
        cmocka_unit_test(test_revert_data_that_is_too_long_is_left_out),
        cmocka_unit_test(test_what_is_no_reply_to_one_call),
        cmocka_unit_test(test_a_log_has_up_to_four_topics),
        cmocka_unit_test(test_what_no_memory_is_left_for),
    };
    return cmocka_run_group_tests(tests, NULL, release);
}
