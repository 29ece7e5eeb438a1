/* Tests eth/abi_encode with what viem encodes, and with every way in which an argument can be none of its type. */
#include "abi_fixture.h"

static void test_parameters_of_viem(void **state) {
    struct abi_fixture *f = *state;
    struct vectors v;
    vectors_open(&v, "abi_params.tsv");
    while (vectors_next(&v, 3)) {
        size_t len;
        uint8_t *data = vectors_unpacked(&len, v.fields[2]);
        json_t *values = abi_fixture_json(v.fields[1]);
        enum err err = abi_encode(&f->out, f->problem, abi_fixture_params(f, v.fields[0]), values);
        if (err != ERR_OK) fail_msg("%s: %s: %s", v.fields[0], v.fields[1], f->problem);
        abi_fixture_assert(f, data, len, v.fields[0]);
        json_decref(values);
        free(data);
    }
    vectors_close(&v, 5000);
}

static void test_calls_of_viem(void **state) {
    struct abi_fixture *f = *state;
    struct vectors v;
    vectors_open(&v, "abi_functions.tsv");
    while (vectors_next(&v, 5)) {
        size_t len;
        uint8_t *data = vectors_unpacked(&len, v.fields[2]);
        json_t *args = abi_fixture_json(v.fields[1]);
        assert_int_equal(abi_encode_call(&f->out, f->problem, abi_fixture_item(f, v.fields[0]), args), ERR_OK);
        abi_fixture_assert(f, data, len, v.fields[0]);
        json_decref(args);
        free(data);
    }
    vectors_close(&v, 400);
}

/* Encodes the one value, of which the last word is left in `word`. */
static enum err encode_one(struct abi_fixture *f, char word[67], const char *type, const char *json) {
    json_t *args = json_array();
    json_array_append_new(args, abi_fixture_json(json));
    buf_clear(&f->out);
    enum err err = abi_encode(&f->out, f->problem, abi_fixture_params(f, type), args);
    json_decref(args);
    if (err != ERR_OK) {
        assert_int_equal(f->out.len, 0);
        return err;
    }
    memcpy(word, "0x", 3);
    for (size_t i = f->out.len - 32; i < f->out.len; i++) {
        (void)snprintf(word + strlen(word), 3, "%02x", (unsigned char)f->out.data[i]);
    }
    return ERR_OK;
}

#define ZEROS_62 "00000000000000000000000000000000000000000000000000000000000000"
#define FS_62 "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
#define MAX_256 "\"115792089237316195423570985008687907853269984665640564039457584007913129639935\""
#define MAX_256_AND_1 "\"115792089237316195423570985008687907853269984665640564039457584007913129639936\""
#define MIN_256 "\"-57896044618658097711785492504343953926634992332820282019728792003956564819968\""
#define MIN_256_LESS_1 "\"-57896044618658097711785492504343953926634992332820282019728792003956564819969\""

static void test_notations(void **state) {
    static const struct {
        const char *type, *json, *word;
    } cases[] = {
        {"uint8", "255", "0x" ZEROS_62 "ff"},
        {"uint8", "\"255\"", "0x" ZEROS_62 "ff"},
        {"uint8", "\"0xFf\"", "0x" ZEROS_62 "ff"},
        {"uint8", "\"0x00ff\"", "0x" ZEROS_62 "ff"},
        {"uint8", "\"0\"", "0x" ZEROS_62 "00"},
        {"uint256", "9007199254740991", "0x000000000000000000000000000000000000000000000000001fffffffffffff"},
        {"uint256", MAX_256, "0x" FS_62 "ff"},
        {"int8", "-128", "0x" FS_62 "80"},
        {"int8", "\"-128\"", "0x" FS_62 "80"},
        {"int8", "\"127\"", "0x" ZEROS_62 "7f"},
        {"int8", "\"0x7f\"", "0x" ZEROS_62 "7f"},
        {"int64", "-9007199254740991", "0xffffffffffffffffffffffffffffffffffffffffffffffffffe0000000000001"},
        {"int256", MIN_256, "0x8000000000000000000000000000000000000000000000000000000000000000"},
        {"bool", "true", "0x" ZEROS_62 "01"},
        {"bool", "false", "0x" ZEROS_62 "00"},
        {"address", "\"0xD8DA6BF26964AF9D7EED9E03E53415D37AA96045\"",
         "0x000000000000000000000000d8da6bf26964af9d7eed9e03e53415d37aa96045"},
        {"address", "\"0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045\"",
         "0x000000000000000000000000d8da6bf26964af9d7eed9e03e53415d37aa96045"},
        {"bytes4", "\"0xDEADbeef\"", "0xdeadbeef00000000000000000000000000000000000000000000000000000000"},
        {"function", "\"0xd8da6bf26964af9d7eed9e03e53415d37aa9604570a08231\"",
         "0xd8da6bf26964af9d7eed9e03e53415d37aa9604570a082310000000000000000"},
        {"bytes", "\"0xABcd\"", "0xabcd000000000000000000000000000000000000000000000000000000000000"},
        {"string", "\"\\u0000\\ud83d\\ude00\"",
         "0x00f09f98800000000000000000000000000000000000000000000000000000"
         "00"},
        {"string", "\"\"", "0x" ZEROS_62 "00"},
        {"uint8[]", "[]", "0x" ZEROS_62 "00"},
        {"(uint8 a, uint8 b)", "{\"b\":2,\"a\":1}", "0x" ZEROS_62 "02"},
        {"(uint8 a, uint8 b)", "[1,2]", "0x" ZEROS_62 "02"},
        {"(uint8, uint8 b)", "[1,2]", "0x" ZEROS_62 "02"},
    };
    struct abi_fixture *f = *state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char word[67] = "";
        enum err err = encode_one(f, word, cases[i].type, cases[i].json);
        if (err != ERR_OK) fail_msg("%s of %s: %s", cases[i].type, cases[i].json, f->problem);
        assert_string_equal(word, cases[i].word);
    }
}

static void test_values_of_no_such_type(void **state) {
    static const struct {
        const char *type, *json, *problem;
    } cases[] = {
        {"uint8", "256", "args[0] must be uint8: "},
        {"uint8", "-1", "args[0] must be uint8: "},
        {"uint8", "\"-1\"", "args[0] must be"},
        {"uint8", "\"-0\"", "args[0] must be"},
        {"uint8", "1.0", "args[0] must be"},
        {"uint8", "1e2", "args[0] must be"},
        {"uint8", "true", "args[0] must be"},
        {"uint8", "null", "args[0] must be"},
        {"uint8", "[]", "args[0] must be"},
        {"uint8", "{}", "args[0] must be"},
        {"uint8", "\"\"", "args[0] must be"},
        {"uint8", "\"-\"", "args[0] must be"},
        {"uint8", "\"+1\"", "args[0] must be"},
        {"uint8", "\" 1\"", "args[0] must be"},
        {"uint8", "\"1 \"", "args[0] must be"},
        {"uint8", "\"01\"", "args[0] must be"},
        {"uint8", "\"1_0\"", "args[0] must be"},
        {"uint8", "\"1\\u0000\"", "args[0] must be"},
        {"uint8", "\"0x\"", "args[0] must be"},
        {"uint8", "\"0xg\"", "args[0] must be"},
        {"uint8", "\"0x100\"", "args[0] must be"},
        {"uint8", "\"-0x1\"", "args[0] must be"},
        {"uint256", "9007199254740992", "args[0] must be uint256: "},
        {"uint256", MAX_256_AND_1, "args[0] must be"},
        {"uint256", "\"0x1" ZEROS_62 "00\"", "args[0] must be"},
        {"int64", "-9007199254740992", "args[0] must be int64: "},
        {"int8", "128", "args[0] must be int8: "},
        {"int8", "-129", "args[0] must be"},
        {"int8", "\"0xff\"", "args[0] must be"},
        {"int256", MIN_256_LESS_1, "args[0] must be int256: "},
        {"int256", "\"0x80" ZEROS_62 "\"", "args[0] must be"},
        {"address", "\"0xd8da6BF26964aF9D7eEd9e03E53415D37aA96045\"", "args[0] must be address: "},
        {"address", "\"0xd8da6bf26964af9d7eed9e03e53415d37aa9604\"", "args[0] must be"},
        {"address", "\"0xd8da6bf26964af9d7eed9e03e53415d37aa960450\"", "args[0] must be"},
        {"address", "\"d8da6bf26964af9d7eed9e03e53415d37aa96045\"", "args[0] must be"},
        {"address", "0", "args[0] must be"},
        {"bool", "1", "args[0] must be bool: "},
        {"bool", "\"true\"", "args[0] must be"},
        {"bool", "null", "args[0] must be"},
        {"bytes4", "\"0xdeadbe\"", "args[0] must be bytes4: "},
        {"bytes4", "\"0xdeadbeef00\"", "args[0] must be"},
        {"bytes4", "\"deadbeef\"", "args[0] must be"},
        {"bytes4", "\"0xdeadbeeg\"", "args[0] must be"},
        {"bytes", "\"0x1\"", "args[0] must be bytes: "},
        {"bytes", "\"\"", "args[0] must be"},
        {"bytes", "\"0\"", "args[0] must be"},
        {"bytes", "\"0xzz\"", "args[0] must be"},
        {"bytes", "\"1234\"", "args[0] must be"},
        {"bytes", "[1]", "args[0] must be"},
        {"string", "1", "args[0] must be string: text"},
        {"string", "null", "args[0] must be"},
        {"uint8[]", "{}", "args[0] must be list: "},
        {"uint8[]", "\"[]\"", "args[0] must be list: "},
        {"uint8[2]", "[1]", "args[0] must be a list of 2, not of 1"},
        {"uint8[2]", "[1,2,3]", "args[0] must be a list of 2, not of 3"},
        {"uint8[][2]", "[[],[1,2,\"x\"]]", "args[0][1][2] must be uint8: "},
        {"(uint8 a, uint8 b)", "{\"a\":1}", "args[0].b is missing"},
        {"(uint8 a, uint8 b)", "{\"a\":1,\"c\":2}", "args[0].b is missing"},
        {"(uint8 a, uint8 b)", "{\"a\":1,\"b\":2,\"c\":3}", "args[0].c is not in the ABI"},
        {"(uint8 a, uint8 b)", "[1]", "args[0] must be an object, or a list of 2, in order"},
        {"(uint8 a, uint8 b)", "[1,2,3]", "args[0] must be an object, or a list of 2, in order"},
        {"(uint8 a, uint8 b)", "1", "args[0] must be an object, or"},
        {"(uint8 a, uint8)", "{\"a\":1,\"\":2}", "args[0] must be a list of 2, in order"},
        {"(uint8 a, (uint16 b, string[] c) d)", "{\"a\":1,\"d\":{\"b\":1,\"c\":[\"\",2]}}",
         "args[0].d.c[1] must be string"},
    };
    struct abi_fixture *f = *state;
    char word[67];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enum err err = encode_one(f, word, cases[i].type, cases[i].json);
        if (err != ERR_INVALID_ARGUMENT) fail_msg("%s was taken for %s", cases[i].json, cases[i].type);
        if (strncmp(f->problem, cases[i].problem, strlen(cases[i].problem)) != 0) {
            fail_msg("%s of %s: %s", cases[i].type, cases[i].json, f->problem);
        }
    }
}

/* The arguments themselves are an object by name or a list. */
static void test_arguments_by_name(void **state) {
    static const struct {
        const char *types, *json, *problem;
    } cases[] = {
        {"address to, uint256 amount", "{\"amount\":1,\"to\":\"0x0000000000000000000000000000000000000001\"}", NULL},
        {"uint8 amount", "{\"amount\":256}", "args.amount must be uint8: "},
        {"(uint8 amount) order", "{\"order\":{\"amount\":256}}", "args.order.amount must be uint8: "},
        {"uint8 amount", "{}", "args.amount is missing"},
        {"uint8 amount", "{\"amount\":1,\"more\":1}", "args.more is not in the ABI"},
        {"uint8 amount", "[]", "args must be an object, or a list of 1, in order"},
        {"uint8 amount", "1", "args must be an object, or a list of 1, in order"},
        {"uint8", "{\"amount\":1}", "args must be a list of 1, in order"},
        {"", "[]", NULL},
        {"", "{}", NULL},
        {"", "\"\"", "args must be a list of 0, in order"},
        {"", "{\"a\":1}", "args must be a list of 0, in order"},
        {"bool", "{}", "args must be a list of 1, in order"},
        {"", "[1]", "args must be a list of 0, in order"},
    };
    struct abi_fixture *f = *state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        json_t *args = abi_fixture_json(cases[i].json);
        enum err err = abi_encode(&f->out, f->problem, abi_fixture_params(f, cases[i].types), args);
        assert_int_equal(err, cases[i].problem != NULL ? ERR_INVALID_ARGUMENT : ERR_OK);
        if (cases[i].problem != NULL) assert_memory_equal(f->problem, cases[i].problem, strlen(cases[i].problem));
        json_decref(args);
    }
    assert_int_equal(abi_encode(&f->out, f->problem, abi_fixture_params(f, ""), NULL), ERR_OK);
    assert_int_equal(abi_encode(&f->out, f->problem, abi_fixture_params(f, "bool"), NULL), ERR_INVALID_ARGUMENT);
}

/* What was there before stays, whatever went wrong. */
static void test_a_failure_leaves_the_output(void **state) {
    struct abi_fixture *f = *state;
    struct buf out;
    const struct abi_params *params = abi_fixture_params(f, "bytes[] list");
    json_t *good = abi_fixture_json("{\"list\":[\"0x01\",\"0x02\"]}"), *bad = abi_fixture_json("[[\"0x01\",\"0x2\"]]");
    for (size_t max = 5; max < 5 + 8 * 32; max++) {
        buf_init(&out, max);
        buf_append_str(&out, "start");
        assert_int_equal(abi_encode(&out, f->problem, params, good), ERR_OVERLOADED);
        assert_int_equal(out.len, 5);
        assert_false(out.failed);
        assert_memory_equal(out.data, "start", 5);
        buf_free(&out);
    }
    buf_init(&out, 5 + 8 * 32);
    buf_append_str(&out, "start");
    assert_int_equal(abi_encode(&out, f->problem, params, bad), ERR_INVALID_ARGUMENT);
    assert_int_equal(out.len, 5);
    assert_int_equal(abi_encode(&out, f->problem, params, good), ERR_OK);
    assert_int_equal(out.len, 5 + 8 * 32);
    assert_int_equal(out.data[5 + 31], 32); /* offsets count from where the arguments begin */
    buf_append_str(&out, "x");
    assert_true(out.failed);
    assert_int_equal(abi_encode(&out, f->problem, params, good), ERR_OVERLOADED);
    assert_true(out.failed);
    buf_free(&out);
    json_decref(good);
    json_decref(bad);
}

/* A short list of large items is refused before it is laid out. */
static void test_large_items_past_the_maximum(void **state) {
    struct abi_fixture *f = *state;
    const struct abi_params *params = abi_fixture_params(f, "uint256[32000][] list");
    json_t *args = json_pack("[[]]"), *list = json_array_get(args, 0);
    for (size_t i = 0; i < 1000; i++) json_array_append_new(list, json_array());
    assert_int_equal(abi_encode(&f->out, f->problem, params, args), ERR_OVERLOADED);
    assert_true(f->out.cap < 4096);
    json_decref(args);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        abi_test(test_parameters_of_viem),
        abi_test(test_calls_of_viem),
        abi_test(test_notations),
        abi_test(test_values_of_no_such_type),
        abi_test(test_arguments_by_name),
        abi_test(test_a_failure_leaves_the_output),
        abi_test(test_large_items_past_the_maximum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
