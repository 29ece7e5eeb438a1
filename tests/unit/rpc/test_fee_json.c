/* Headers and fee histories as nodes send them: what fits together is read, everything else refused.
 * Owns nothing.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "rpc/fee_json.h"

#define HASH "0x00000000000000000000000000000000000000000000000000000000000000ab"

static const hash32 hash = {{[31] = 0xab}};

static json_t *parse(const char *text) {
    json_t *json = json_loads(text, JSON_DECODE_ANY, NULL);
    assert_non_null(json);
    return json;
}

/* The object with one member instead of its own; NULL of a value: without it. */
static json_t *changed(const char *text, const char *key, const char *value) {
    json_t *json = parse(text);
    if (key != NULL && value == NULL) json_object_del(json, key);
    if (value != NULL) json_object_set_new(json, key, parse(value));
    return json;
}

static const char header_text[] =
    "{\"hash\":\"" HASH "\",\"gasUsed\":\"0x5208\",\"gasLimit\":\"0x1c9c380\",\"baseFeePerGas\":\"0x3b9aca00\","
    "\"excessBlobGas\":\"0x0\"}";

static bool read_header(struct fee_header *out, const char *key, const char *value) {
    json_t *json = changed(header_text, key, value);
    bool read = fee_json_header(out, json, &hash);
    json_decref(json);
    return read;
}

static void test_a_header(void **state) {
    (void)state;
    struct fee_header header;
    assert_true(read_header(&header, NULL, NULL));
    assert_int_equal(header.gas_used, 21000);
    assert_int_equal(header.gas_limit, 30000000);
    assert_true(header.has_base_fee && header.has_blobs);
    assert_int_equal(header.base_fee.limb[0], 1000000000);
    assert_true(read_header(&header, "baseFeePerGas", NULL));
    assert_false(header.has_base_fee);
    assert_true(read_header(&header, "baseFeePerGas", "null"));
    assert_false(header.has_base_fee);
    assert_true(read_header(&header, "excessBlobGas", NULL));
    assert_false(header.has_blobs);
}

static void test_headers_refused(void **state) {
    (void)state;
    static const char *const rows[][2] = {
        {"hash", NULL},
        {"hash", "\"0x00000000000000000000000000000000000000000000000000000000000000ac\""},
        {"gasUsed", NULL},
        {"gasUsed", "21000"},
        {"gasUsed", "\"0x1c9c381\""}, /* more than the limit */
        {"gasLimit", NULL},
        {"gasLimit", "\"0x1\""},
        {"gasLimit", "\"0x10000000000000000\""},
        {"baseFeePerGas", "7"},
        {"baseFeePerGas", "\"0x\""},
        {"baseFeePerGas", "\"0x100000000000000000000000000000000\""}, /* 2^128 */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct fee_header header;
        if (read_header(&header, rows[i][0], rows[i][1])) fail_msg("row %zu: %s", i, rows[i][0]);
    }
    json_t *null = json_null();
    struct fee_header header;
    assert_false(fee_json_header(&header, null, &hash));
}

static const char history_text[] =
    "{\"oldestBlock\":\"0x8\",\"baseFeePerGas\":[\"0xa\",\"0xb\",\"0xc\"],\"gasUsedRatio\":[0.5,1],"
    "\"reward\":[[\"0x1\",\"0x2\",\"0x3\"],[\"0x0\",\"0x0\",\"0x9\"]],\"baseFeePerBlobGas\":[\"0x1\",\"0x2\",\"0x3\"]}";

/* Of block 9 and up to five before it, with a base fee of 11. */
static struct fee_header head = {.gas_limit = 30000000, .has_base_fee = true, .base_fee = {{11}}, .has_blobs = true};

struct reading {
    struct fee_history history;
    u256 blob_base_fee;
    bool has_blob_base_fee;
    bool read;
};

static struct reading read_history(const char *key, const char *value) {
    const struct fee_question question = {.last = 9, .n = 6, .head = &head};
    json_t *json = changed(history_text, key, value);
    struct reading reading;
    reading.read =
        fee_json_history(&reading.history, &reading.blob_base_fee, &reading.has_blob_base_fee, json, &question);
    json_decref(json);
    return reading;
}

static void test_a_history(void **state) {
    (void)state;
    struct reading reading = read_history(NULL, NULL);
    assert_true(reading.read);
    assert_int_equal(reading.history.n, 2); /* a node may have fewer blocks */
    assert_int_equal(reading.history.used[0], 500000);
    assert_int_equal(reading.history.used[1], FEE_ALL_USED);
    assert_int_equal(reading.history.base_fees[2].limb[0], 12);
    assert_true(reading.history.has_rewards);
    assert_int_equal(reading.history.rewards[0][2].limb[0], 3);
    assert_int_equal(reading.history.rewards[1][2].limb[0], 9);
    assert_true(reading.has_blob_base_fee);
    assert_int_equal(reading.blob_base_fee.limb[0], 3);
}

static void test_what_a_history_may_lack(void **state) {
    (void)state;
    struct reading reading = read_history("reward", NULL);
    assert_true(reading.read && !reading.history.has_rewards);
    reading = read_history("reward", "null");
    assert_true(reading.read && !reading.history.has_rewards);
    reading = read_history("baseFeePerBlobGas", NULL);
    assert_true(reading.read && !reading.has_blob_base_fee);
    assert_true(read_history("gasUsedRatio", "[0,7.5]").read); /* against a target */
    assert_int_equal(read_history("gasUsedRatio", "[0,7.5]").history.used[1], FEE_ALL_USED);
    head.has_base_fee = head.has_blobs = false;
    assert_true(read_history("baseFeePerGas", NULL).read);
    assert_true(read_history("baseFeePerGas", "[\"0x0\",\"0x0\",\"0x0\"]").read);
    assert_false(read_history(NULL, NULL).has_blob_base_fee);
    head.has_base_fee = head.has_blobs = true;
}

static void test_histories_refused(void **state) {
    (void)state;
    static const char *const rows[][2] = {
        {"oldestBlock", NULL},
        {"oldestBlock", "8"},
        {"oldestBlock", "\"0x7\""}, /* it ends before the block, and */
        {"oldestBlock", "\"0x9\""}, /* behind it */
        {"oldestBlock", "\"0xffffffffffffffff\""},
        {"gasUsedRatio", NULL},
        {"gasUsedRatio", "[]"},
        {"gasUsedRatio", "[0.5]"},
        {"gasUsedRatio", "[0.5,-0.1]"},
        {"gasUsedRatio", "[0.5,\"NaN\"]"},
        {"gasUsedRatio", "[0.5,null]"},
        {"gasUsedRatio", "[0.5,0.5,0.5,0.5,0.5,0.5,0.5]"},
        {"baseFeePerGas", NULL},
        {"baseFeePerGas", "[\"0xa\",\"0xb\"]"},
        {"baseFeePerGas", "[\"0xa\",\"0xc\",\"0xc\"]"}, /* not the header's */
        {"baseFeePerGas", "[\"0xa\",\"0xb\",12]"},
        {"baseFeePerGas", "[\"0xa\",\"0xb\",\"0x100000000000000000000000000000000\"]"},
        {"reward", "[]"},
        {"reward", "[[\"0x1\",\"0x2\",\"0x3\"]]"},
        {"reward", "[[\"0x1\",\"0x2\",\"0x3\"],[\"0x1\",\"0x2\"]]"},
        {"reward", "[[\"0x1\",\"0x2\",\"0x3\"],[\"0x1\",\"0x2\",\"0x3\",\"0x4\"]]"},
        {"reward", "[[\"0x1\",\"0x2\",\"0x3\"],[\"0x3\",\"0x2\",\"0x3\"]]"}, /* percentiles that fall */
        {"reward", "[[\"0x1\",\"0x2\",\"0x3\"],[\"0x1\",\"0x2\",\"\"]]"},
        {"reward", "[[\"0x1\",\"0x2\",\"0x3\"],null]"},
        {"reward", "{}"},
        {"baseFeePerBlobGas", "[]"},
        {"baseFeePerBlobGas", "[\"0x1\",\"0x2\"]"},
        {"baseFeePerBlobGas", "[\"0x1\",\"0x2\",null]"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (read_history(rows[i][0], rows[i][1]).read) fail_msg("row %zu: %s %s", i, rows[i][0], rows[i][1]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_header),          cmocka_unit_test(test_headers_refused),
        cmocka_unit_test(test_a_history),         cmocka_unit_test(test_what_a_history_may_lack),
        cmocka_unit_test(test_histories_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
