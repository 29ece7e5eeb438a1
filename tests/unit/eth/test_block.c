/* Tests eth/block: each way to name a block, and what is none. */
#include "../vectors.h"

#include "eth/block.h"

#define HASH "0xd4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3"

static void test_names(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int kind;
        uint64_t number;
    } cases[] = {
        {"latest", BLOCK_LATEST, 0},
        {"safe", BLOCK_SAFE, 0},
        {"finalized", BLOCK_FINALIZED, 0},
        {"0", BLOCK_NUMBER, 0},
        {"19000000", BLOCK_NUMBER, 19000000},
        {"007", BLOCK_NUMBER, 7},
        {"18446744073709551615", BLOCK_NUMBER, UINT64_MAX},
        {"0x0", BLOCK_NUMBER, 0},
        {"0x121eac0", BLOCK_NUMBER, 19000000},
        {"0x000000000121EAC0", BLOCK_NUMBER, 19000000},
        {"0xffffffffffffffff", BLOCK_NUMBER, UINT64_MAX},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct block_spec spec;
        assert_int_equal(block_spec_parse(&spec, cases[i].text, strlen(cases[i].text)), ERR_OK);
        assert_int_equal(spec.kind, cases[i].kind);
        assert_true(spec.number == cases[i].number);
    }
}

static void test_hash(void **state) {
    (void)state;
    size_t n;
    uint8_t *expected = vectors_bytes(&n, HASH);
    struct block_spec spec;
    assert_int_equal(block_spec_parse(&spec, HASH, strlen(HASH)), ERR_OK);
    assert_int_equal(spec.kind, BLOCK_HASH);
    assert_memory_equal(spec.hash.bytes, expected, 32);
    free(expected);
}

static void test_refused(void **state) {
    (void)state;
    static const char *const wrong[] = {
        "",
        "pending",
        "earliest",
        "Latest",
        "latest ",
        "late",
        "safely",
        "-1",
        "+1",
        "1.0",
        " 1",
        "1 ",
        "1x1",
        "0x",
        "0X1",
        "0xg",
        "x",
        "0x00000000000000001", /* 17 digits: neither quantity nor hash */
        "18446744073709551616",
        "115792089237316195423570985008687907853269984665640564039457584007913129639936",
        HASH "0",
        "0xd4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa", /* 63 digits */
        "0xd4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fag",
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct block_spec spec = {.kind = BLOCK_SAFE};
        if (block_spec_parse(&spec, wrong[i], strlen(wrong[i])) != ERR_INVALID_PARAMETER) fail_msg("\"%s\"", wrong[i]);
        assert_int_equal(spec.kind, BLOCK_SAFE);
    }
}

static void test_length_counts_not_the_nul(void **state) {
    (void)state;
    struct block_spec spec;
    assert_int_equal(block_spec_parse(&spec, "latest&x", 6), ERR_OK);
    assert_int_equal(spec.kind, BLOCK_LATEST);
    assert_int_equal(block_spec_parse(&spec, "123", 2), ERR_OK);
    assert_true(spec.number == 12);
    assert_int_equal(block_spec_parse(&spec, "12\0", 3), ERR_INVALID_PARAMETER);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_hash),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_length_counts_not_the_nul),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
