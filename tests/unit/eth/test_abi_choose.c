/* Tests eth/abi_choose: names that several functions have. */
#include "abi_fixture.h"

static const char text[] = "["
                           "\"function one(uint8 a)\","
                           "\"function count(address to)\","
                           "\"function count(address who)\","
                           "\"function count(address to, uint256 amount)\","
                           "\"function count(address to, uint256 amount, bytes data)\","
                           "\"function kind(address a)\","
                           "\"function kind(bool a)\","
                           "\"function kind(uint8 a)\","
                           "\"function kind(uint256 b)\","
                           "\"function name(uint256 x)\","
                           "\"function name(uint128 y)\","
                           "\"error one(bool a)\","
                           "\"event two(bool a)\""
                           "]";

static void test_calls(void **state) {
    static const struct {
        const char *name, *args;
        enum err err;
        const char *said; /* the signature chosen, or the problem */
    } cases[] = {
        {"one", "[1]", ERR_OK, "one(uint8)"},
        {"one(uint8)", "{\"a\":1}", ERR_OK, "one(uint8)"},
        {"one", "[256]", ERR_INVALID_ARGUMENT, "args[0] must be uint8: "},
        {"one", "[]", ERR_INVALID_ARGUMENT, "args must be an object, or a list of 1, in order"},
        {"two", "[]", ERR_NOT_IN_ABI, "\"two\" is no function of the ABI"},
        {"one(uint16)", "[1]", ERR_NOT_IN_ABI, "\"one(uint16)\" is no function of the ABI"},
        {"", "[1]", ERR_NOT_IN_ABI, "\"\" is no function of the ABI"},
        {"on", "[1]", ERR_NOT_IN_ABI, "\"on\" is no function of the ABI"},
        {"count", "[\"0x0000000000000000000000000000000000000001\"]", ERR_OK, "count(address)"},
        {"count", "[\"0x0000000000000000000000000000000000000001\",1]", ERR_OK, "count(address,uint256)"},
        {"count", "{\"amount\":1,\"to\":\"0x0000000000000000000000000000000000000001\"}", ERR_OK,
         "count(address,uint256)"},
        {"count", "[\"0x0000000000000000000000000000000000000001\",1,\"0x\"]", ERR_OK, "count(address,uint256,bytes)"},
        {"count", "[\"0x01\",1]", ERR_INVALID_ARGUMENT, "args[0] must be address: "},
        {"count", "[]", ERR_INVALID_ARGUMENT,
         "\"count\" takes other arguments: count(address) count(address,uint256) count(address,uint256,bytes)"},
        {"kind", "[\"0x0000000000000000000000000000000000000001\"]", ERR_AMBIGUOUS_FUNCTION,
         "\"kind\" can be any of kind(address) kind(bool) kind(uint8) kind(uint256)"},
        {"kind", "[true]", ERR_OK, "kind(bool)"},
        {"kind", "[256]", ERR_OK, "kind(uint256)"},
        {"kind", "[1]", ERR_AMBIGUOUS_FUNCTION, "\"kind\" can be any of"},
        {"kind", "{\"b\":1}", ERR_OK, "kind(uint256)"},
        {"kind", "[[]]", ERR_INVALID_ARGUMENT, "\"kind\" takes other arguments:"},
        {"kind(uint8)", "[1]", ERR_OK, "kind(uint8)"},
        {"name", "[1]", ERR_AMBIGUOUS_FUNCTION, "\"name\" can be any of"},
        {"name", "{\"y\":1}", ERR_OK, "name(uint128)"},
    };
    struct abi_fixture *f = *state;
    const struct abi *abi;
    assert_int_equal(abi_read_text(&abi, f->arena, f->problem, text, sizeof text - 1), ERR_OK);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct abi_item *item = NULL;
        json_t *args = abi_fixture_json(cases[i].args);
        buf_append_str(&f->out, "start");
        enum err err = abi_choose_call(&item, &f->out, f->problem, abi, cases[i].name, strlen(cases[i].name), args);
        if (err != cases[i].err) fail_msg("%s%s: %d, %s", cases[i].name, cases[i].args, err, f->problem);
        if (err == ERR_OK) {
            struct buf call;
            buf_init(&call, FIXTURE_MAX_BYTES);
            buf_append_str(&call, "start");
            assert_int_equal(abi_encode_call(&call, f->problem, item, args), ERR_OK);
            assert_string_equal(item->signature, cases[i].said);
            abi_fixture_assert(f, call.data, call.len, cases[i].name);
            buf_free(&call);
        } else {
            if (strncmp(f->problem, cases[i].said, strlen(cases[i].said)) != 0) fail_msg("%s", f->problem);
            abi_fixture_assert(f, "start", 5, cases[i].name);
        }
        json_decref(args);
    }
}

/* A problem holds as many whole signatures as fit, and the calls tried take the room of one or two. */
static void test_many_overloads(void **state) {
    struct abi_fixture *f = *state;
    struct buf all, call;
    const struct abi *abi;
    const struct abi_item *item;
    json_t *args = json_pack("[i]", 1);
    buf_init(&all, FIXTURE_MAX_BYTES);
    buf_init(&call, 2 * (4 + 32));
    for (unsigned bits = 8; bits <= 256; bits += 8) {
        buf_printf(&all, "%s\"function f(uint%u a)\",\"function f(int%u a)\"", bits == 8 ? "[" : ",", bits, bits);
    }
    buf_append_char(&all, ']');
    assert_int_equal(abi_read_text(&abi, f->arena, f->problem, all.data, all.len), ERR_OK);
    assert_int_equal(abi_choose_call(&item, &call, f->problem, abi, "f", 1, args), ERR_AMBIGUOUS_FUNCTION);
    assert_string_equal(f->problem + strlen(f->problem) - 5, ") ...");
    assert_in_range(strlen(f->problem), 230, ABI_PROBLEM_BYTES - 1);
    assert_int_equal(call.len, 0);
    buf_free(&call);
    buf_free(&all);
    json_decref(args);
}

static void test_past_the_maximum(void **state) {
    struct abi_fixture *f = *state;
    const struct abi *abi;
    const struct abi_item *item;
    struct buf out;
    json_t *args = json_pack("[i]", 256);
    assert_int_equal(abi_read_text(&abi, f->arena, f->problem, text, sizeof text - 1), ERR_OK);
    buf_init(&out, 35);
    assert_int_equal(abi_choose_call(&item, &out, f->problem, abi, "kind", 4, args), ERR_OVERLOADED);
    assert_true(out.len == 0 && !out.failed);
    buf_free(&out);
    json_decref(args);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        abi_test(test_calls),
        abi_test(test_many_overloads),
        abi_test(test_past_the_maximum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
