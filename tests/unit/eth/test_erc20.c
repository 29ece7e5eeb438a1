/* Tests eth/erc20: every row of erc20.def by hashing its signature, every call against viem. */
#include "../vectors.h"

#include "eth/erc20.h"
#include "eth/keccak.h"

static void test_every_selector_is_its_hash(void **state) {
    (void)state;
    for (size_t i = 0; i < ERC20_SELECTOR_COUNT; i++) {
        const struct erc20_function *function = &erc20_functions[i];
        uint8_t hash[32];
        keccak256(hash, function->signature, strlen(function->signature));
        if (memcmp(hash, function->selector, 4) != 0) fail_msg("%s", function->signature);
    }
}

static void test_every_topic_is_its_hash(void **state) {
    (void)state;
    for (size_t i = 0; i < ERC20_TOPIC_COUNT; i++) {
        const struct erc20_event *event = &erc20_events[i];
        uint8_t hash[32];
        keccak256(hash, event->signature, strlen(event->signature));
        if (memcmp(hash, event->topic.bytes, 32) != 0) fail_msg("%s", event->signature);
    }
}

static enum erc20_selector getter_named(const char *name) {
    static const struct {
        const char *name;
        enum erc20_selector id;
    } getters[] = {
        {"name", ERC20_NAME},
        {"symbol", ERC20_SYMBOL},
        {"decimals", ERC20_DECIMALS},
        {"totalSupply", ERC20_TOTAL_SUPPLY},
    };
    for (size_t i = 0; i < sizeof(getters) / sizeof(getters[0]); i++) {
        if (strcmp(name, getters[i].name) == 0) return getters[i].id;
    }
    fail_msg("%s is no getter", name);
    return ERC20_SELECTOR_COUNT;
}

static address parse(const char *text) {
    address a;
    assert_int_equal(address_parse(&a, text, strlen(text)), ERR_OK);
    return a;
}

static void test_calls_are_viems(void **state) {
    (void)state;
    struct vectors v;
    vectors_open(&v, "erc20_calls.tsv");
    while (vectors_next(&v, 4)) {
        struct abi_call call;
        if (strcmp(v.fields[0], "balanceOf") == 0) {
            address owner = parse(v.fields[1]);
            erc20_call_balance_of(&call, &owner);
        } else if (strcmp(v.fields[0], "allowance") == 0) {
            address owner = parse(v.fields[1]), spender = parse(v.fields[2]);
            erc20_call_allowance(&call, &owner, &spender);
        } else {
            erc20_call_getter(&call, getter_named(v.fields[0]));
        }
        size_t n;
        uint8_t *expected = vectors_bytes(&n, v.fields[3]);
        assert_int_equal(call.len, n);
        assert_memory_equal(call.data, expected, n);
        free(expected);
    }
    vectors_close(&v, 24);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_selector_is_its_hash),
        cmocka_unit_test(test_every_topic_is_its_hash),
        cmocka_unit_test(test_calls_are_viems),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
