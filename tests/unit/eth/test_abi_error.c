/* Tests eth/abi_error with what viem encodes, and with what every contract can say. */
#include "abi_fixture.h"

static bool decode(struct abi_fixture *f, const struct abi *abi, const uint8_t *data, size_t len) {
    uint8_t *exact = malloc(len > 0 ? len : 1);
    memcpy(exact, data, len);
    bool done = abi_decode_error(&f->out, abi, exact, len);
    free(exact);
    return done;
}

static void test_errors_of_viem(void **state) {
    struct abi_fixture *f = *state;
    struct vectors v;
    vectors_open(&v, "abi_errors.tsv");
    while (vectors_next(&v, 4)) {
        struct buf wanted;
        size_t len;
        uint8_t *data = vectors_unpacked(&len, v.fields[3]);
        const struct abi_item *error = abi_fixture_item(f, v.fields[0]);
        const struct abi abi = {.items = error, .n_items = 1};
        buf_init(&wanted, FIXTURE_MAX_BYTES);
        buf_printf(&wanted, "{\"name\":\"%s\",\"signature\":\"%s\",\"args\":%s}", v.fields[1], error->signature,
                   v.fields[2]);
        assert_true(decode(f, &abi, data, len));
        abi_fixture_assert(f, wanted.data, wanted.len, v.fields[0]);
        assert_false(decode(f, NULL, data, len));
        if (error->inputs.n > 0) assert_false(decode(f, &abi, data, 4));
        data[0] ^= 1;
        assert_false(decode(f, &abi, data, len));
        assert_int_equal(f->out.len, 0);
        buf_free(&wanted);
        free(data);
    }
    vectors_close(&v, 200);
}

/* The reasons are those of eth/abi's own vectors: what Error(string) and Panic(uint256) carry. */
static void test_what_every_contract_can_say(void **state) {
    static const uint8_t text[] = "\x08\xc3\x79\xa0" /* Error(string), then 32, 5, hello */
                                  "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x20"
                                  "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x05hello";
    static const uint8_t panic[] = "\x4e\x48\x7b\x71" /* Panic(uint256), then 17 */
                                   "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x11";
    static const char error_json[] =
        "{\"name\":\"Error\",\"signature\":\"Error(string)\",\"args\":{\"message\":\"hello\"}}";
    static const char panic_json[] = "{\"name\":\"Panic\",\"signature\":\"Panic(uint256)\",\"args\":{\"code\":\"17\"}}";
    struct abi_fixture *f = *state;
    const struct abi none = {.n_items = 0};
    assert_true(decode(f, NULL, text, sizeof text - 1));
    abi_fixture_assert(f, error_json, sizeof error_json - 1, "Error(string)");
    assert_true(decode(f, &none, panic, sizeof panic - 1));
    abi_fixture_assert(f, panic_json, sizeof panic_json - 1, "Panic(uint256)");
    for (size_t len = 0; len < sizeof text - 1; len++) assert_false(decode(f, NULL, text, len));
    for (size_t len = 0; len < sizeof panic - 1; len++) assert_false(decode(f, NULL, panic, len));
    assert_int_equal(f->out.len, 0);
}

/* ERC20InsufficientBalance(sender, 5, 7) of ERC-6093, whose contract nobody has registered. */
static void test_error_of_a_standard(void **state) {
    static const char json[] = "{\"name\":\"ERC20InsufficientBalance\","
                               "\"signature\":\"ERC20InsufficientBalance(address,uint256,uint256)\","
                               "\"args\":{\"sender\":\"0x0000000000000000000000000000000000000000\","
                               "\"balance\":\"5\",\"needed\":\"7\"}}";
    struct abi_fixture *f = *state;
    const struct abi none = {.n_items = 0};
    uint8_t data[100] = {0xe4, 0x50, 0xd3, 0x8c, [67] = 5, [99] = 7}; /* the selector is viem's */
    assert_true(decode(f, NULL, data, sizeof data));
    abi_fixture_assert(f, json, sizeof json - 1, "ERC-6093");
    assert_true(decode(f, &none, data, sizeof data));
    abi_fixture_assert(f, json, sizeof json - 1, "ERC-6093");
    assert_false(decode(f, NULL, data, sizeof data - 1));
}

/* A contract may call the arguments of a standard's error what it likes. */
static void test_own_error_before_a_standard_one(void **state) {
    static const char json[] = "{\"name\":\"Panic\",\"signature\":\"Panic(uint256)\",\"args\":{\"kind\":\"17\"}}";
    struct abi_fixture *f = *state;
    const struct abi abi = {.items = abi_fixture_item(f, "error Panic(uint256 kind)"), .n_items = 1};
    uint8_t data[36] = {0x4e, 0x48, 0x7b, 0x71, [35] = 17};
    assert_true(decode(f, &abi, data, sizeof data));
    abi_fixture_assert(f, json, sizeof json - 1, "Panic");
}

static void test_past_the_maximum(void **state) {
    struct abi_fixture *f = *state;
    const struct abi_item *error = abi_fixture_item(f, "error E()");
    const struct abi abi = {.items = error, .n_items = 1};
    struct buf out;
    buf_init(&out, 44);
    buf_append_str(&out, "start");
    assert_false(abi_decode_error(&out, &abi, error->hash.bytes, 4));
    assert_true(out.len == 5 && !out.failed);
    buf_free(&out);
    buf_init(&out, 5 + 44);
    buf_append_str(&out, "start");
    assert_true(abi_decode_error(&out, &abi, error->hash.bytes, 4));
    assert_memory_equal(out.data, "start{\"name\":\"E\",\"signature\":\"E()\",\"args\":[]}", out.len);
    buf_append_str(&out, "too much");
    assert_false(abi_decode_error(&out, &abi, error->hash.bytes, 4));
    buf_free(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        abi_test(test_errors_of_viem),      abi_test(test_what_every_contract_can_say),
        abi_test(test_error_of_a_standard), abi_test(test_own_error_before_a_standard_one),
        abi_test(test_past_the_maximum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
