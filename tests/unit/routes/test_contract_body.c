/* The bodies of PUT /contracts/:address, of encode and of deploy. Each parse has a task with an arena of its own. Runs
 * on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "contract_body.h"
#include "encode_body.h"

#define FROM "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"

enum { ARENA_BYTES = 1024 * 1024, DEEP = 40 };

static struct task task;

static int begin(void **state) {
    (void)state;
    task = (struct task){.arena = arena_new(ARENA_BYTES)};
    return 0;
}

static int end(void **state) {
    (void)state;
    arena_free(task.arena);
    return 0;
}

static struct slice slice_of(const char *text) {
    return (struct slice){text, strlen(text)};
}

static void test_a_contract_as_it_is_written(void **state) {
    (void)state;
    struct contract_wish wish;
    const char *text = "{\"abi\": [ {\"type\": \"event\", \"other\" : [1.50, null]}, \"function f()\" ],"
                       "\"name\":\"N\",\"from_block\":9007199254740991,\"events\":false}";
    assert_int_equal(contract_body_parse(&task, &wish, slice_of(text)), ERR_OK);
    assert_string_equal(wish.abi, "[{\"type\":\"event\",\"other\":[1.5,null]},\"function f()\"]");
    assert_int_equal(wish.abi_len, strlen(wish.abi));
    assert_string_equal(wish.name, "N");
    assert_true(wish.has_from_block && wish.from_block == 9007199254740991 && !wish.events);
}

static void test_what_is_absent_or_null(void **state) {
    (void)state;
    static const char *const texts[] = {"{}", "{\"abi\":null,\"name\":null,\"from_block\":null,\"events\":null}"};
    for (size_t i = 0; i < 2; i++) {
        struct contract_wish wish;
        assert_int_equal(contract_body_parse(&task, &wish, slice_of(texts[i])), ERR_OK);
        assert_true(wish.abi == NULL && wish.name == NULL && !wish.has_from_block && wish.events);
    }
}

/* Tuples within tuples take more levels than other bodies have. */
static void test_an_abi_may_be_deep(void **state) {
    (void)state;
    char text[512], open[DEEP + 1] = "", close[DEEP + 1] = "";
    struct contract_wish wish;
    memset(open, '[', DEEP);
    memset(close, ']', DEEP);
    (void)snprintf(text, sizeof text, "{\"abi\":[%s%s]}", open, close);
    assert_int_equal(contract_body_parse(&task, &wish, slice_of(text)), ERR_OK);
}

struct mistake {
    const char *text, *detail;
    enum err err;
};

typedef enum err (*parse_fn)(const char *text);

static enum err parse_contract(const char *text) {
    struct contract_wish wish;
    return contract_body_parse(&task, &wish, slice_of(text));
}

static enum err parse_encoding(const char *text) {
    struct function_encoding encoding = {.signature = NULL};
    return encode_body_parse(&task, &encoding, slice_of(text));
}

static enum err parse_deployment(const char *text) {
    struct deployment deployment = {.registered = false};
    return deploy_body_parse(&task, &deployment, slice_of(text));
}

static enum err parse_registered(const char *text) {
    struct deployment deployment = {.registered = true};
    return deploy_body_parse(&task, &deployment, slice_of(text));
}

static void expect_mistakes(parse_fn parse, const struct mistake *rows, size_t n) {
    for (size_t i = 0; i < n; i++) {
        enum err err = parse(rows[i].text);
        enum err wanted = rows[i].err != ERR_OK ? rows[i].err : ERR_INVALID_PARAMETER;
        if (err != wanted || strstr(task.fault.detail, rows[i].detail) == NULL) {
            fail_msg("%s: %s", rows[i].text, task.fault.detail);
        }
    }
}

static void test_mistakes_in_a_contract(void **state) {
    (void)state;
    static const struct mistake rows[] = {
        {"[]", "not an object", ERR_INVALID_JSON},
        {"{\"abi\":{}}", "abi is not an array", ERR_OK},
        {"{\"abi\":\"function f()\"}", "abi is not an array", ERR_OK},
        {"{\"name\":7}", "name is not a string or null", ERR_OK},
        {"{\"from_block\":-1}", "from_block is -1", ERR_OK},
        {"{\"from_block\":9007199254740992}", "from_block is 9007199254740992", ERR_OK},
        {"{\"from_block\":\"1\"}", "from_block is not an integer", ERR_OK},
        {"{\"events\":1}", "events is neither true nor false", ERR_OK},
        {"{\"events\":\"true\"}", "events is neither true nor false", ERR_OK},
        {"{\"address\":\"" FROM "\"}", "unknown member \"address\"; known: abi, name, from_block, events", ERR_OK},
        {"{\"abi\":[],\"abi\":[]}", "twice", ERR_INVALID_JSON},
    };
    expect_mistakes(parse_contract, rows, sizeof rows / sizeof *rows);
}

static void test_what_is_to_be_encoded(void **state) {
    (void)state;
    struct function_encoding encoding = {.signature = NULL};
    const char *text = "{\"function\":\"f\",\"args\":{\"a\":1},\"from\":\"" FROM "\",\"value\":\"0x10\"}";
    const u256 sixteen = u256_from_u64(16);
    char from[ADDRESS_TEXT_BYTES];
    assert_int_equal(encode_body_parse(&task, &encoding, slice_of(text)), ERR_OK);
    assert_int_equal(encoding.function.len, 1);
    assert_true(json_is_object(encoding.function.args) && encoding.sender.has_from && encoding.sender.has_value);
    assert_string_equal(address_format(from, &encoding.sender.from), FROM);
    assert_int_equal(u256_cmp(&encoding.sender.value, &sixteen), 0);
    static const struct mistake rows[] = {
        {"{}", "function is not a string", ERR_OK},
        {"{\"function\":\"f\",\"args\":1}", "args is neither an array nor an object", ERR_OK},
        {"{\"function\":\"f\",\"from\":\"0x1\"}", "from", ERR_INVALID_ADDRESS},
        {"{\"function\":\"f\",\"value\":-1}", "value is not a number", ERR_OK},
        {"{\"function\":\"f\",\"block\":1}", "unknown member \"block\"", ERR_OK},
    };
    expect_mistakes(parse_encoding, rows, sizeof rows / sizeof *rows);
}

static void test_what_is_to_be_deployed(void **state) {
    (void)state;
    struct deployment deployment = {.registered = false};
    const char *text = "{\"bytecode\":\"0x60ff\",\"abi\":[\"constructor(uint8)\"],\"args\":[7]}";
    assert_int_equal(deploy_body_parse(&task, &deployment, slice_of(text)), ERR_OK);
    assert_int_equal(deployment.bytecode_len, 2);
    assert_memory_equal(deployment.bytecode, "\x60\xff", 2);
    assert_true(json_array_size(deployment.abi) == 1 && json_array_size(deployment.args) == 1);
    assert_false(deployment.sender.has_from || deployment.sender.has_value);
    static const struct mistake rows[] = {
        {"{}", "bytecode", ERR_OK},
        {"{\"bytecode\":\"0x\"}", "bytecode is empty", ERR_OK},
        {"{\"bytecode\":\"0x6\"}", "bytecode", ERR_OK},
        {"{\"bytecode\":\"0x60__$0123$__\"}", "link it first", ERR_OK},
        {"{\"bytecode\":\"0x60\",\"args\":[]}", "no abi", ERR_OK},
        {"{\"bytecode\":\"0x60\",\"abi\":{}}", "abi is not an array", ERR_OK},
        {"{\"bytecode\":\"0x60\",\"abi\":[],\"args\":\"x\"}", "args is neither", ERR_OK},
    };
    expect_mistakes(parse_deployment, rows, sizeof rows / sizeof *rows);
    static const struct mistake registered[] = {
        {"{\"bytecode\":\"0x60\",\"abi\":[]}", "unknown member \"abi\"", ERR_OK},
    };
    expect_mistakes(parse_registered, registered, 1);
    assert_int_equal(parse_registered("{\"bytecode\":\"0x60\",\"args\":[1]}"), ERR_OK);
}

#define test_of(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        test_of(test_a_contract_as_it_is_written), test_of(test_what_is_absent_or_null),
        test_of(test_an_abi_may_be_deep),          test_of(test_mistakes_in_a_contract),
        test_of(test_what_is_to_be_encoded),       test_of(test_what_is_to_be_deployed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
