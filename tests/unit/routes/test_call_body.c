/* The bodies of calls and simulations: what is read from them, and what each mistake is called.
 * Each parse has a task with an arena of its own.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "call_body.h"
#include "overrides.h"

enum { ARENA_BYTES = 4 * 1024 * 1024 };

/* Vitalik Buterin's address and USDC's, in checksum case (EIP-55). */
#define OWNER "0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045"
#define TOKEN "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48"
#define ZEROS "0x0000000000000000000000000000000000000000000000000000000000000000"
#define ONE "0x0000000000000000000000000000000000000000000000000000000000000001"
#define FOUR(digit) digit digit digit digit
#define LETTERS(digit) FOUR(FOUR(FOUR(digit)))
#define F "\"function\":\"f\""

static struct {
    struct task task;
    struct contract_call call;
    struct contract_simulation simulation;
    struct block_spec spec;
    char *copy;
} parsed;

static void forget(void) {
    arena_free(parsed.task.arena);
    free(parsed.copy);
    memset(&parsed, 0, sizeof parsed);
}

static int release(void **state) {
    (void)state;
    forget();
    return 0;
}

/* In memory of exactly its size, so that ASan sees each overrun. */
static struct slice begin(const char *text) {
    const size_t len = strlen(text);
    forget();
    parsed.copy = malloc(len > 0 ? len : 1);
    assert_non_null(parsed.copy);
    memcpy(parsed.copy, text, len);
    parsed.task.arena = arena_new(ARENA_BYTES);
    return (struct slice){parsed.copy, len};
}

static enum err parse_call(const char *text) {
    const struct slice body = begin(text);
    enum err err = call_body_parse(&parsed.task, &parsed.call, &parsed.spec, body);
    assert_int_equal(parsed.task.fault.code, err);
    return err;
}

static enum err parse_simulation(const char *text) {
    const struct slice body = begin(text);
    enum err err = simulate_body_parse(&parsed.task, &parsed.simulation, &parsed.spec, body);
    assert_int_equal(parsed.task.fault.code, err);
    return err;
}

static void test_a_call(void **state) {
    (void)state;
    assert_int_equal(parse_call("{\"function\":\"balanceOf\",\"args\":[\"x\"],\"block\":7,\"from\":\"" OWNER
                                "\",\"value\":\"0x10\"}"),
                     ERR_OK);
    assert_int_equal(parsed.call.function.len, 9);
    assert_memory_equal(parsed.call.function.text, "balanceOf", 9);
    assert_int_equal(json_array_size(parsed.call.function.args), 1);
    assert_int_equal(parsed.spec.kind, BLOCK_NUMBER);
    assert_int_equal(parsed.spec.number, 7);
    assert_true(parsed.call.sender.has_from && parsed.call.sender.from.bytes[0] == 0xd8);
    assert_true(parsed.call.sender.has_value);
    assert_int_equal(parsed.call.sender.value.limb[0], 16);
    assert_int_equal(parse_call("{" F ",\"args\":null,\"block\":null,\"from\":null,\"value\":null}"), ERR_OK);
    assert_null(parsed.call.function.args);
    assert_false(parsed.call.sender.has_from || parsed.call.sender.has_value);
    assert_int_equal(parsed.spec.kind, BLOCK_LATEST);
}

static void test_numbers_in_every_form(void **state) {
    (void)state;
    static const struct {
        const char *json;
        const char *decimal; /* NULL: refused */
    } numbers[] = {
        {"0", "0"},
        {"9007199254740991", "9007199254740991"},
        {"9007199254740992", NULL},
        {"-1", NULL},
        {"1.0", NULL},
        {"1e3", NULL},
        {"true", NULL},
        {"\"\"", NULL},
        {"\"0x\"", NULL},
        {"\"-1\"", NULL},
        {"\" 1\"", NULL},
        {"\"1 \"", NULL},
        {"\"0x0\"", "0"},
        {"\"0xff\"", "255"},
        {"\"255\"", "255"},
        {"\"115792089237316195423570985008687907853269984665640564039457584007913129639935\"",
         "115792089237316195423570985008687907853269984665640564039457584007913129639935"},
        {"\"115792089237316195423570985008687907853269984665640564039457584007913129639936\"", NULL},
        {"\"0x10000000000000000000000000000000000000000000000000000000000000000\"", NULL},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        char text[256], decimal[U256_DEC_BYTES];
        (void)snprintf(text, sizeof text, "{" F ",\"value\":%s}", numbers[i].json);
        enum err err = parse_call(text);
        if ((err == ERR_OK) != (numbers[i].decimal != NULL)) fail_msg("%s: %d", text, err);
        if (err != ERR_OK) continue;
        (void)u256_to_dec(decimal, &parsed.call.sender.value);
        assert_string_equal(decimal, numbers[i].decimal);
    }
}

static void test_a_simulation_of_data(void **state) {
    (void)state;
    assert_int_equal(parse_simulation("{\"data\":\"0x70A08231\",\"gas\":\"21000\"}"), ERR_OK);
    assert_null(parsed.simulation.function.text);
    assert_int_equal(parsed.simulation.data_len, 4);
    assert_memory_equal(parsed.simulation.data, "\x70\xa0\x82\x31", 4);
    assert_int_equal(parsed.simulation.gas, 21000);
    assert_int_equal(parsed.simulation.n_overrides, 0);
    assert_int_equal(parse_simulation("{\"data\":\"0x\"}"), ERR_OK);
    assert_int_equal(parsed.simulation.data_len, 0);
}

static void test_overrides(void **state) {
    (void)state;
    assert_int_equal(parse_simulation("{" F ",\"overrides\":{\"" OWNER
                                      "\":{\"balance\":\"1\",\"nonce\":2,\"code\":\"0xfe\","
                                      "\"state\":{\"" ONE "\":\"" ZEROS "\"}},\"" TOKEN "\":{\"stateDiff\":{}}}}"),
                     ERR_OK);
    assert_int_equal(parsed.simulation.n_overrides, 2);
    const struct account_override *owner = &parsed.simulation.overrides[0], *token = &parsed.simulation.overrides[1];
    assert_true(owner->has_balance && owner->has_nonce && owner->has_code && owner->has_storage);
    assert_true(owner->replaces_storage);
    assert_int_equal(owner->balance.limb[0], 1);
    assert_int_equal(owner->nonce, 2);
    assert_int_equal(owner->code_len, 1);
    assert_int_equal(owner->n_slots, 1);
    assert_int_equal(owner->slots[0].slot.bytes[31], 1);
    assert_false(token->has_balance || token->has_nonce || token->has_code || token->replaces_storage);
    assert_true(token->has_storage);
    assert_int_equal(token->n_slots, 0);
}

/* What each mistake is called, and what its detail names. */
static const struct {
    const char *body;
    const char *detail;
    enum err err;
} mistakes[] = {
    {"{}", "function is not a string", ERR_INVALID_PARAMETER},
    {"{\"function\":7}", "function is not a string", ERR_INVALID_PARAMETER},
    {"{" F ",\"args\":\"x\"}", "args is neither", ERR_INVALID_PARAMETER},
    {"{" F ",\"block\":-1}", "block", ERR_INVALID_PARAMETER},
    {"{" F ",\"block\":[]}", "block", ERR_INVALID_PARAMETER},
    {"{" F ",\"from\":\"0x12\"}", "from", ERR_INVALID_ADDRESS},
    {"{" F ",\"from\":7}", "from is not a string", ERR_INVALID_ADDRESS},
    {"{" F ",\"from\":\"0xD8dA6BF26964aF9D7eEd9e03E53415D37aA96045\"}", "from", ERR_CHECKSUM_MISMATCH},
    {"{" F ",\"colour\":1}", "colour", ERR_INVALID_PARAMETER},
    {"{" F "," F "}", "same member twice", ERR_INVALID_JSON},
    {"[]", "not an object", ERR_INVALID_JSON},
};

static const struct {
    const char *body;
    const char *detail;
    enum err err;
} simulation_mistakes[] = {
    {"{" F ",\"data\":\"0x\"}", "one of them", ERR_INVALID_PARAMETER},
    {"{\"data\":\"0x\",\"args\":[]}", "one of them", ERR_INVALID_PARAMETER},
    {"{\"data\":\"0x1\"}", "data is not", ERR_INVALID_PARAMETER},
    {"{\"data\":\"70\"}", "data is not", ERR_INVALID_PARAMETER},
    {"{\"data\":7}", "data is not", ERR_INVALID_PARAMETER},
    {"{" F ",\"gas\":0}", "gas is 0", ERR_INVALID_PARAMETER},
    {"{" F ",\"gas\":50000001}", "as much as nodes give", ERR_INVALID_PARAMETER},
    {"{" F ",\"gas\":\"18446744073709551616\"}", "gas", ERR_INVALID_PARAMETER},
    {"{" F ",\"overrides\":[]}", "overrides is not an object", ERR_INVALID_PARAMETER},
    {"{" F ",\"overrides\":{\"\":{}}}", "overrides", ERR_INVALID_ADDRESS},
    {"{" F ",\"overrides\":{\"" OWNER "\":null}}", "is not an object", ERR_INVALID_PARAMETER},
    {"{" F ",\"overrides\":{\"" OWNER "\":{\"balance\":\"x\"}}}", OWNER ".balance", ERR_INVALID_PARAMETER},
    {"{" F ",\"overrides\":{\"" OWNER "\":{\"nonce\":-1}}}", OWNER ".nonce", ERR_INVALID_PARAMETER},
    {"{" F ",\"overrides\":{\"" OWNER "\":{\"code\":\"0x1\"}}}", OWNER ".code", ERR_INVALID_PARAMETER},
    {"{" F ",\"overrides\":{\"" OWNER "\":{\"movePrecompileToAddress\":\"x\"}}}", "unknown member",
     ERR_INVALID_PARAMETER},
    {"{" F ",\"overrides\":{\"" OWNER "\":{\"state\":[]}}}", OWNER ".state", ERR_INVALID_PARAMETER},
    {"{" F ",\"overrides\":{\"" OWNER "\":{\"state\":{\"0x" LETTERS("a") "\":\"" ONE "\",\"0x" LETTERS("A") "\":\"" ONE
                                                                                                            "\"}}}}",
     "has the same slot twice", ERR_INVALID_PARAMETER},
    {"{" F ",\"overrides\":{\"" OWNER "\":{\"state\":{\"0x1\":\"" ONE "\"}}}}", "slot", ERR_INVALID_PARAMETER},
    {"{" F ",\"overrides\":{\"" OWNER "\":{\"state\":{\"" ONE "\":1}}}}", "64 hex digits", ERR_INVALID_PARAMETER},
    {"{" F ",\"overrides\":{\"" OWNER "\":{\"state\":{},\"stateDiff\":{}}}}", "both", ERR_INVALID_PARAMETER},
    {"{" F ",\"overrides\":{\"0xabababababababababababababababababababab\":{},"
     "\"0xABABABABABABABABABABABABABABABABABABABAB\":{}}}",
     "twice", ERR_INVALID_PARAMETER},
};

static void test_mistakes_are_named(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        assert_int_equal(parse_call(mistakes[i].body), mistakes[i].err);
        if (strstr(parsed.task.fault.detail, mistakes[i].detail) == NULL) fail_msg("%s", parsed.task.fault.detail);
    }
    for (size_t i = 0; i < sizeof simulation_mistakes / sizeof *simulation_mistakes; i++) {
        assert_int_equal(parse_simulation(simulation_mistakes[i].body), simulation_mistakes[i].err);
        if (strstr(parsed.task.fault.detail, simulation_mistakes[i].detail) == NULL) {
            fail_msg("%s: %s", simulation_mistakes[i].body, parsed.task.fault.detail);
        }
    }
}

/* A body with so many slots in each of two accounts. */
static enum err parse_slots(int n) {
    char *text;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    assert_non_null(out);
    (void)fputs("{" F ",\"overrides\":{\"" OWNER "\":{\"state\":{", out);
    for (int i = 0; i < n; i++) (void)fprintf(out, "%s\"0x%064x\":\"" ONE "\"", i > 0 ? "," : "", i);
    (void)fputs("}},\"" TOKEN "\":{\"state\":{\"" ONE "\":\"" ONE "\"}}}}", out);
    assert_int_equal(fclose(out), 0);
    enum err err = parse_simulation(text);
    free(text);
    return err;
}

static void test_slots_are_counted_over_all_accounts(void **state) {
    (void)state;
    assert_int_equal(parse_slots(OVERRIDES_MAX_SLOTS - 1), ERR_OK);
    assert_int_equal(parse_slots(OVERRIDES_MAX_SLOTS), ERR_INVALID_PARAMETER);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_call),
        cmocka_unit_test(test_numbers_in_every_form),
        cmocka_unit_test(test_a_simulation_of_data),
        cmocka_unit_test(test_overrides),
        cmocka_unit_test(test_mistakes_are_named),
        cmocka_unit_test(test_slots_are_counted_over_all_accounts),
    };
    return cmocka_run_group_tests(tests, NULL, release);
}
