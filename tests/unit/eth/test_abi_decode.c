/* Tests eth/abi_decode and eth/abi_reader with what viem decodes, and with data that lies about itself. */
#include "abi_fixture.h"

/* What was encoded decodes to the values, and they encode to the same bytes. */
static void test_parameters_of_viem(void **state) {
    struct abi_fixture *f = *state;
    struct vectors v;
    vectors_open(&v, "abi_params.tsv");
    while (vectors_next(&v, 3)) {
        size_t len;
        uint8_t *data = vectors_unpacked(&len, v.fields[2]);
        const struct abi_params *params = abi_fixture_params(f, v.fields[0]);
        enum err err = abi_decode(&f->out, f->problem, params, data, len);
        if (err != ERR_OK) fail_msg("%s: %s", v.fields[0], f->problem);
        json_t *values = json_loadb(f->out.data, f->out.len, JSON_ALLOW_NUL, NULL);
        abi_fixture_assert(f, v.fields[1], strlen(v.fields[1]), v.fields[0]);
        assert_int_equal(abi_encode(&f->out, f->problem, params, values), ERR_OK);
        abi_fixture_assert(f, data, len, v.fields[0]);
        json_decref(values);
        free(data);
    }
    vectors_close(&v, 5000);
}

/* Every cut of an encoding is refused, except one that takes nothing but padding. */
static void test_cut_encodings(void **state) {
    struct abi_fixture *f = *state;
    struct vectors v;
    vectors_open(&v, "abi_params.tsv");
    while (vectors_next(&v, 3)) {
        size_t len;
        if (v.rows % 25 != 0) continue;
        uint8_t *data = vectors_unpacked(&len, v.fields[2]);
        const struct abi_params *params = abi_fixture_params(f, v.fields[0]);
        for (size_t cut = 0; cut < len; cut++) {
            uint8_t *exact = malloc(cut > 0 ? cut : 1);
            memcpy(exact, data, cut);
            enum err err = abi_decode(&f->out, f->problem, params, exact, cut);
            if (err == ERR_OK) {
                assert_true(len - cut < 32);
                abi_fixture_assert(f, v.fields[1], strlen(v.fields[1]), v.fields[0]);
            }
            assert_true(err == ERR_OK || (err == ERR_ABI_MISMATCH && f->out.len == 0 && f->problem[0] != '\0'));
            free(exact);
        }
        free(data);
    }
    vectors_close(&v, 5000);
}

static void test_results_of_viem(void **state) {
    struct abi_fixture *f = *state;
    struct vectors v;
    vectors_open(&v, "abi_functions.tsv");
    while (vectors_next(&v, 5)) {
        size_t len;
        uint8_t *data = vectors_unpacked(&len, v.fields[4]);
        const struct abi_item *item = abi_fixture_item(f, v.fields[0]);
        enum err err = abi_decode_result(&f->out, f->problem, &item->outputs, data, len);
        if (err != ERR_OK) fail_msg("%s: %s", v.fields[0], f->problem);
        abi_fixture_assert(f, v.fields[3], strlen(v.fields[3]), v.fields[0]);
        free(data);
    }
    vectors_close(&v, 400);
}

static enum err decode_hex(struct abi_fixture *f, const char *types, const char *hex) {
    size_t len;
    uint8_t *data = vectors_unpacked(&len, hex);
    buf_clear(&f->out);
    enum err err = abi_decode(&f->out, f->problem, abi_fixture_params(f, types), data, len);
    free(data);
    return err;
}

/* A word that is a number below 256. */
#define W(digits) "(00*31)" digits
#define ALL "(ff*32)"

/* A value is right or an error. */
static void test_words_out_of_range(void **state) {
    static const struct {
        const char *type, *word, *json;
    } cases[] = {
        {"uint8", W("ff"), "[255]"},
        {"uint8", "(00*30)01ff", NULL},
        {"uint8", "80(00*30)ff", NULL},
        {"uint48", "(00*26)(ff*6)", "[281474976710655]"},
        {"uint48", "(00*25)01(00*6)", NULL},
        {"uint56", "(00*25)(ff*7)", "[\"72057594037927935\"]"},
        {"uint248", "00(ff*31)", "[\"452312848583266388373324160190187140051835877600158453279131187530910662655\"]"},
        {"uint248", "01(ff*31)", NULL},
        {"uint256", ALL, "[\"115792089237316195423570985008687907853269984665640564039457584007913129639935\"]"},
        {"int8", "(ff*31)80", "[-128]"},
        {"int8", "(ff*31)7f", NULL},
        {"int8", W("7f"), "[127]"},
        {"int8", W("80"), NULL},
        {"int8", "(ff*30)00ff", NULL},
        {"int8", "7f(ff*31)", NULL},
        {"int48", "(ff*26)80(00*5)", "[-140737488355328]"},
        {"int56", ALL, "[\"-1\"]"},
        {"int128", "(00*16)7f(ff*15)", "[\"170141183460469231731687303715884105727\"]"},
        {"int128", "(00*16)80(00*15)", NULL},
        {"int128", "(ff*16)80(00*15)", "[\"-170141183460469231731687303715884105728\"]"},
        {"int256", "80(00*31)", "[\"-57896044618658097711785492504343953926634992332820282019728792003956564819968\"]"},
        {"address", "(00*12)d8da6bf26964af9d7eed9e03e53415d37aa96045",
         "[\"0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045\"]"},
        {"address", "(00*11)01d8da6bf26964af9d7eed9e03e53415d37aa96045", NULL},
        {"address", "80(00*11)d8da6bf26964af9d7eed9e03e53415d37aa96045", NULL},
        {"bool", W("00"), "[false]"},
        {"bool", W("01"), "[true]"},
        {"bool", W("02"), NULL},
        {"bool", "01(00*31)", NULL},
        {"bool", "(00*30)0101", NULL},
        {"bytes4", "deadbeef(00*28)", "[\"0xdeadbeef\"]"},
        {"bytes4", "deadbeef01(00*27)", NULL},
        {"bytes4", "deadbeef(00*27)01", NULL},
        {"bytes32", ALL, "[\"0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff\"]"},
        {"function", "(11*24)(00*8)", "[\"0x111111111111111111111111111111111111111111111111\"]"},
        {"function", "(11*25)(00*7)", NULL},
    };
    struct abi_fixture *f = *state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char hex[128];
        (void)snprintf(hex, sizeof hex, "0x%s", cases[i].word);
        enum err err = decode_hex(f, cases[i].type, hex);
        if (cases[i].json == NULL) {
            if (err != ERR_ABI_MISMATCH) fail_msg("%s was taken for %s", hex, cases[i].type);
            assert_memory_equal(f->problem, "args[0] is no ", 14);
            continue;
        }
        assert_int_equal(err, ERR_OK);
        abi_fixture_assert(f, cases[i].json, strlen(cases[i].json), cases[i].type);
    }
}

#define NO_PADDING "0x" W("20") W("03") "616263"

/* Encoders differ in what stands between values and behind them; nothing is read there. */
static void test_layouts_of_other_encoders(void **state) {
    static const struct {
        const char *types, *hex, *json;
    } cases[] = {
        {"string", NO_PADDING, "[\"abc\"]"},
        {"string", NO_PADDING "ff", "[\"abc\"]"},
        {"string", NO_PADDING "(ff*29)", "[\"abc\"]"},
        {"uint8", "0x" W("01") ALL, "[1]"},
        {"string", "0x" W("21") "ee" W("01") "61", "[\"a\"]"},                  /* not at a word */
        {"string", "0x" W("00"), "[\"\"]"},                                     /* its own offset is the length */
        {"string, string", "0x" W("40") W("40") W("01") "61", "[\"a\",\"a\"]"}, /* a shared tail */
        {"uint8[], uint8[]", "0x" W("40") W("40") W("01") W("07"), "[[7],[7]]"},
        {"string, string", "0x" W("60") W("40") W("01") "61" W("00"), NULL},
        {"string", "0x" W("20") W("02") "c328", "[\"\xEF\xBF\xBD(\"]"},
        {"string", "0x" W("20") W("03") "002209", "[\"\\u0000\\\"\\t\"]"},
        {"bytes", "0x" W("20") W("00"), "[\"0x\"]"},
        {"uint8[2][]", "0x" W("20") W("01") W("01") W("02"), "[[[1,2]]]"},
        {"", "0x", "[]"},
        {"", "0x1234", "[]"},
    };
    struct abi_fixture *f = *state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enum err err = decode_hex(f, cases[i].types, cases[i].hex);
        if (cases[i].json == NULL) {
            assert_int_equal(err, ERR_ABI_MISMATCH);
            continue;
        }
        if (err != ERR_OK) fail_msg("%s: %s", cases[i].hex, f->problem);
        abi_fixture_assert(f, cases[i].json, strlen(cases[i].json), cases[i].hex);
    }
}

#define HUGE_64 "(00*24)(ff*8)"
#define WRAPS_64 "(00*23)01(00*8)"

static void test_offsets_and_lengths_that_lie(void **state) {
    static const struct {
        const char *types, *hex, *problem;
    } cases[] = {
        {"uint8", "0x", "args is not all there"},
        {"uint8", "0x(00*31)", "args is not all there"},
        {"uint8 a, uint8 b", "0x" W("01"), "args is not all there"},
        {"string", "0x" W("20"), "args[0] is not all there"},
        {"string", "0x" W("20") "(00*31)", "args[0] is not all there"},
        {"string", "0x" W("21") W("00"), "args[0] is not all there"},
        {"string", "0x" W("41") W("00"), "args[0] lies outside of the data"},
        {"string", "0x" W("20") W("01"), "args[0] is not all there"},
        {"string", "0x" ALL W("00"), "args[0] lies outside of the data"},
        {"string", "0x" HUGE_64 W("00"), "args[0] lies outside of the data"},
        {"string", "0x(00*24)(ff*7)e0" W("00"), "args[0] lies outside of the data"}, /* -32 */
        {"string", "0x" WRAPS_64 W("00"), "args[0] lies outside of the data"},
        {"string", "0x01(00*30)20" W("00"), "args[0] lies outside of the data"},
        {"string", "0x" W("20") ALL, "args[0] is not all there"},
        {"string", "0x" W("20") HUGE_64, "args[0] is not all there"},
        {"string", "0x" W("20") WRAPS_64, "args[0] is not all there"},
        {"bytes", "0x" W("20") "(00*24)(ff*7)c0" W("00"), "args[0] is not all there"},
        {"uint8[]", "0x" W("20") ALL W("00"), "args[0] is not all there"},
        {"uint8[]", "0x" W("20") HUGE_64 W("00"), "args[0] is not all there"},
        {"uint8[]", "0x" W("20") WRAPS_64 W("00"), "args[0] is not all there"},
        {"uint8[]", "0x" W("20") "(00*24)0800(00*6)" W("00"), "args[0] is not all there"}, /* times 32 is 2^64 */
        {"uint8[3][]", "0x" W("20") "(00*24)02aaaaaaaaaaaaab" W("00") W("00") W("00"), "args[0] is not all there"},
        {"uint8[]", "0x" W("20") W("02") W("00"), "args[0] is not all there"},
        {"uint8[2]", "0x" W("00"), "args is not all there"},
        {"string[2]", "0x" W("20") W("40"), "args[0] is not all there"},
        {"string[2]", "0x" W("20") W("00") ALL, "args[0][1] lies outside of the data"},
        {"(uint8 a, string b) t", "0x" W("20") W("01") ALL, "args.t.b lies outside of the data"},
        {"(uint8 a, string b) t", "0x" W("20") W("01"), "args.t is not all there"},
        {"(string x)[] list", "0x" W("20") W("01") W("20") W("00"), NULL}, /* ends at its own offset */
    };
    struct abi_fixture *f = *state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enum err err = decode_hex(f, cases[i].types, cases[i].hex);
        if (cases[i].problem == NULL) {
            assert_int_equal(err, ERR_OK);
            continue;
        }
        if (err != ERR_ABI_MISMATCH) fail_msg("%s was taken for %s", cases[i].hex, cases[i].types);
        if (strcmp(f->problem, cases[i].problem) != 0) fail_msg("%s: %s", cases[i].hex, f->problem);
    }
}

enum { MAX_TEXT_FOR_A_BYTE = 3 };

/* In: words of one value each, many times. Out: how much was made of them, refused or not. */
static enum err decode_words(struct abi_fixture *f, const char *types, const uint8_t *head, size_t n_head,
                             uint8_t value, size_t n) {
    uint8_t *data = calloc(n_head + n, 32);
    for (size_t i = 0; i < n_head; i++) data[32 * i + 31] = head[i];
    for (size_t i = n_head; i < n_head + n; i++) data[32 * i + 31] = value;
    buf_free(&f->out);
    enum err err = abi_decode(&f->out, f->problem, abi_fixture_params(f, types), data, 32 * (n_head + n));
    assert_true(f->out.cap <= 2 * MAX_TEXT_FOR_A_BYTE * 32 * (n_head + n) + 4096);
    free(data);
    return err;
}

/* Each list of so many items points to itself, or to one list for all: some thousand words would become as many as
 * there are atoms. */
static void test_offsets_that_loop(void **state) {
    struct abi_fixture *f = *state;
    const uint8_t at_32[] = {32};
    assert_int_equal(decode_words(f, "uint8[][][][][][][][][][]", at_32, 1, 0, 1000), ERR_OK);
    assert_int_equal(decode_words(f, "uint8[][][][][][][][][][]", at_32, 1, 32, 1000), ERR_ABI_MISMATCH);
    assert_non_null(strstr(f->problem, "too much has been read already"));
    assert_int_equal(decode_words(f, "string[][][][][][][][][][]", at_32, 1, 32, 100), ERR_ABI_MISMATCH);
    assert_int_equal(decode_words(f, "(string a, bytes[] b)[][][]", at_32, 1, 32, 4000), ERR_ABI_MISMATCH);
    assert_int_equal(decode_words(f, "uint8[2][][2][][2][][2][]", at_32, 1, 1, 64), ERR_ABI_MISMATCH);
}

/* A thousand strings of 32 kB that are the same one. */
static void test_tails_shared_by_many(void **state) {
    enum { N = 1000, TEXT_BYTES = 32000, LEN = 32 * (N + 3) + TEXT_BYTES };
    struct abi_fixture *f = *state;
    uint8_t *data = calloc(LEN, 1);
    const struct abi_params *params = abi_fixture_params(f, "string[] list");
    data[31] = 32;
    data[62] = N >> 8;
    data[63] = N & 255;
    for (size_t i = 0; i < N; i++) {
        data[64 + 32 * i + 30] = (32 * N) >> 8;
        data[64 + 32 * i + 31] = (32 * N) & 255;
    }
    data[LEN - TEXT_BYTES - 2] = TEXT_BYTES >> 8;
    data[LEN - TEXT_BYTES - 1] = TEXT_BYTES & 255;
    memset(data + LEN - TEXT_BYTES, 'a', TEXT_BYTES);
    assert_int_equal(abi_decode(&f->out, f->problem, params, data, LEN), ERR_ABI_MISMATCH);
    assert_string_equal(f->problem, "args.list[3] lies where too much has been read already");
    assert_true(f->out.cap < 4 * LEN);
    free(data);
}

/* 10 MB of bytes become 20 MB of text where there is room, and nothing where there is not. */
static void test_ten_megabytes(void **state) {
    enum { SIZE = 10 * 1024 * 1024 };
    struct abi_fixture *f = *state;
    struct buf out;
    uint8_t *data = calloc(SIZE + 64, 1);
    const struct abi_item *item = abi_fixture_item(f, "function f() view returns (bytes)");
    data[31] = 32;
    data[61] = SIZE >> 16;
    buf_init(&out, 2 * SIZE + 4);
    assert_int_equal(abi_decode_result(&out, f->problem, &item->outputs, data, SIZE + 64), ERR_OK);
    assert_int_equal(out.len, 2 * SIZE + 4);
    buf_free(&out);
    buf_init(&out, 2 * SIZE + 3);
    assert_int_equal(abi_decode_result(&out, f->problem, &item->outputs, data, SIZE + 64), ERR_OVERLOADED);
    assert_true(out.len == 0 && !out.failed && out.cap < 4096);
    buf_free(&out);
    free(data);
}

/* It stops where the output is full, not at the end of 10 MB of items. */
static void test_many_items_past_the_maximum(void **state) {
    enum { N = 300000 };
    struct abi_fixture *f = *state;
    struct buf out;
    uint8_t *data = calloc(N + 2, 32);
    const struct abi_params *params = abi_fixture_params(f, "uint8[]");
    data[31] = 32;
    for (size_t i = 0; i < 3; i++) data[63 - i] = (uint8_t)(N >> (8 * i));
    data[(N + 2) * 32 - 32] = 1; /* the last is no uint8, but nobody gets there */
    buf_init(&out, 1000);
    buf_append_str(&out, "start");
    assert_int_equal(abi_decode(&out, f->problem, params, data, (N + 2) * 32), ERR_OVERLOADED);
    assert_int_equal(out.len, 5);
    assert_false(out.failed);
    assert_string_equal(f->problem, "");
    buf_append(&out, data, 1000);
    assert_true(out.failed);
    assert_int_equal(abi_decode(&out, f->problem, params, data, (N + 2) * 32), ERR_OVERLOADED);
    assert_true(out.failed);
    buf_free(&out);
    free(data);
}

/* As deep as types go: 12 lists, or 12 tuples. */
static void test_deepest_types(void **state) {
    struct abi_fixture *f = *state;
    assert_int_equal(decode_hex(f, "uint8[1][1][1][1][1][1][1][1][1][1][1][1]", "0x" W("05")), ERR_OK);
    abi_fixture_assert(f, "[[[[[[[[[[[[[5]]]]]]]]]]]]]", 27, "lists");
    assert_int_equal(decode_hex(f, "((((((((((((uint8 a) a) a) a) a) a) a) a) a) a) a) a) a", "0x(00*30)0105"),
                     ERR_ABI_MISMATCH);
    assert_string_equal(f->problem, "args.a.a.a.a.a.a.a.a.a.a.a.a.a is no uint8");
}

/* Items that take no bytes could be claimed 2^64 times for nothing: no type has them. */
static void test_items_of_no_bytes(void **state) {
    static const char *const types[] = {"uint8[0][] a", "uint8[0] a", "()[] a", "() a", "(uint8[0] b)[] a"};
    struct abi_fixture *f = *state;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        char signature[64];
        const struct abi_item *item;
        (void)snprintf(signature, sizeof signature, "function f(%s)", types[i]);
        assert_int_equal(abi_read_signature(&item, f->arena, f->problem, signature, strlen(signature)),
                         ERR_INVALID_ABI);
    }
}

static void test_a_single_result_is_the_value(void **state) {
    static const struct {
        const char *signature, *json;
    } cases[] = {
        {"function f()", "null"},
        {"function f() view returns (uint8)", "32"},
        {"function f() view returns (uint8 a)", "32"},
        {"function f() view returns (uint8 a, uint8 b)", "{\"a\":32,\"b\":1}"},
        {"function f() view returns (uint8 a, uint8)", "[32,1]"},
        {"function f() view returns (uint8[] a)", "[7]"},
        {"function f() view returns ((uint8 a, uint8 b) a)", "{\"a\":32,\"b\":1}"},
    };
    const uint8_t data[96] = {[31] = 32, [63] = 1, [95] = 7};
    struct abi_fixture *f = *state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct abi_item *item = abi_fixture_item(f, cases[i].signature);
        assert_int_equal(abi_decode_result(&f->out, f->problem, &item->outputs, data, sizeof data), ERR_OK);
        abi_fixture_assert(f, cases[i].json, strlen(cases[i].json), cases[i].signature);
    }
    const struct abi_item *item = abi_fixture_item(f, "function f() view returns (uint8 a, bool b)");
    assert_int_equal(abi_decode_result(&f->out, f->problem, &item->outputs, NULL, 0), ERR_ABI_MISMATCH);
    assert_string_equal(f->problem, "result is not all there");
    assert_int_equal(abi_decode_result(&f->out, f->problem, &item->outputs, data + 32, 64), ERR_ABI_MISMATCH);
    assert_string_equal(f->problem, "result.b is no bool");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        abi_test(test_parameters_of_viem),
        abi_test(test_cut_encodings),
        abi_test(test_results_of_viem),
        abi_test(test_words_out_of_range),
        abi_test(test_layouts_of_other_encoders),
        abi_test(test_offsets_and_lengths_that_lie),
        abi_test(test_offsets_that_loop),
        abi_test(test_tails_shared_by_many),
        abi_test(test_ten_megabytes),
        abi_test(test_many_items_past_the_maximum),
        abi_test(test_deepest_types),
        abi_test(test_items_of_no_bytes),
        abi_test(test_a_single_result_is_the_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
