/* A block needs number, hash, parentHash and timestamp in the right shape; what else it holds does not matter.
 * Owns nothing.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "rpc/block_json.h"

#define H1 "0x1111111111111111111111111111111111111111111111111111111111111111"
#define H2 "0x2222222222222222222222222222222222222222222222222222222222222222"

static bool read(struct block_ref *out, const char *text) {
    json_t *json = json_loads(text, JSON_DECODE_ANY, NULL);
    assert_non_null(json);
    bool ok = block_json_read(out, json);
    json_decref(json);
    return ok;
}

static void test_reads_a_block(void **state) {
    (void)state;
    struct block_ref block;
    assert_true(read(&block, "{\"number\":\"0x121eac0\",\"hash\":\"" H1 "\",\"parentHash\":\"" H2
                             "\",\"timestamp\":\"0x6553f100\",\"transactions\":[],\"baseFeePerGas\":\"0x7\"}"));
    assert_int_equal(block.number, 19000000);
    assert_int_equal(block.timestamp, 1700000000);
    assert_false(block.finalized);
    for (size_t i = 0; i < sizeof block.hash.bytes; i++) {
        assert_int_equal(block.hash.bytes[i], 0x11);
        assert_int_equal(block.parent_hash.bytes[i], 0x22);
    }
}

static void test_refuses_what_is_no_block(void **state) {
    (void)state;
    static const char *const rows[] = {
        "null",
        "[]",
        "\"0x1\"",
        "{}",
        "{\"hash\":\"" H1 "\",\"parentHash\":\"" H2 "\",\"timestamp\":\"0x1\"}",
        "{\"number\":\"0x1\",\"parentHash\":\"" H2 "\",\"timestamp\":\"0x1\"}",
        "{\"number\":\"0x1\",\"hash\":\"" H1 "\",\"timestamp\":\"0x1\"}",
        "{\"number\":\"0x1\",\"hash\":\"" H1 "\",\"parentHash\":\"" H2 "\"}",
        "{\"number\":1,\"hash\":\"" H1 "\",\"parentHash\":\"" H2 "\",\"timestamp\":\"0x1\"}",
        "{\"number\":\"1\",\"hash\":\"" H1 "\",\"parentHash\":\"" H2 "\",\"timestamp\":\"0x1\"}",
        "{\"number\":\"0x10000000000000000\",\"hash\":\"" H1 "\",\"parentHash\":\"" H2 "\",\"timestamp\":\"0x1\"}",
        "{\"number\":\"0x1\",\"hash\":null,\"parentHash\":\"" H2 "\",\"timestamp\":\"0x1\"}", /* pending */
        "{\"number\":\"0x1\",\"hash\":\"0x11\",\"parentHash\":\"" H2 "\",\"timestamp\":\"0x1\"}",
        "{\"number\":\"0x1\",\"hash\":\"" H1 "00\",\"parentHash\":\"" H2 "\",\"timestamp\":\"0x1\"}",
        "{\"number\":\"0x1\",\"hash\":[],\"parentHash\":\"" H2 "\",\"timestamp\":\"0x1\"}",
        "{\"number\":\"0x1\",\"hash\":\"" H1 "\",\"parentHash\":\"" H2 "\",\"timestamp\":\"soon\"}",
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct block_ref block = {.number = 7};
        assert_false(read(&block, rows[i]));
        assert_int_equal(block.number, 7); /* untouched */
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_a_block),
        cmocka_unit_test(test_refuses_what_is_no_block),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
