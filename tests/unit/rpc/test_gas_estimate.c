/* How much gas a transaction takes as nodes estimate it: what is sent, and what each way of failing is called.
 * Each test makes and takes down its own net of fake nodes.
 * Runs on the test's thread, except what the nodes serve. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "net.h"
#include "rpc/gas_estimate.h"

#define HASH "0x00000000000000000000000000000000000000000000000000000000000000ab"

/* What a node says; error of those that name a block, where that differs. */
struct gas_node {
    const char *member;
    const char *json;
    bool takes_no_block;
    atomic_uint pinned, unpinned;
    char params[512]; /* of the last question; read it when the node has stopped */
};

static void serve(struct fake_request *request) {
    struct gas_node *node = request->node->arg;
    json_t *params = json_object_get(request->body, "params");
    bool pinned = json_array_size(params) > 1;
    char *text = json_dumps(params, JSON_COMPACT | JSON_SORT_KEYS);
    if (strcmp(fake_method(request->body), "eth_estimateGas") != 0) abort();
    snprintf(node->params, sizeof node->params, "%s", text);
    free(text);
    atomic_fetch_add(pinned ? &node->pinned : &node->unpinned, 1);
    if (pinned && node->takes_no_block) {
        fake_answer(request, "error", "{\"code\":-32602,\"message\":\"too many arguments, want at most 1\"}");
    } else {
        fake_answer(request, node->member, node->json);
    }
}

struct reading {
    struct gas_estimate estimate;
    uint8_t revert[128];
    enum err err;
    enum err fault;
    char detail[TASK_DETAIL_BYTES];
};

static void read_estimate(struct task *task, struct chain *chain, void *arg) {
    static const struct block_ref block = {.number = 1, .hash = {{[31] = 0xab}}};
    struct reading *reading = arg;
    reading->err = gas_estimate_read(task, chain, &reading->estimate, &block);
    reading->fault = task->fault.code;
    snprintf(reading->detail, sizeof reading->detail, "%s", task->fault.detail);
    if (reading->estimate.revert_len > 0 && reading->estimate.revert_len <= sizeof reading->revert) {
        memcpy(reading->revert, reading->estimate.revert_data, reading->estimate.revert_len);
    }
}

static struct reading run_with(struct gas_node *nodes, size_t n, const struct gas_estimate *what) {
    static const fake_serve serves[] = {serve, serve};
    struct reading reading = {.estimate = *what};
    struct net net;
    net_start(&net, serves, n);
    for (size_t i = 0; i < n; i++) net.nodes[i].arg = &nodes[i];
    net.arg = &reading;
    net_open(&net, 1, 0);
    net_run(&net, read_estimate);
    net_close(&net);
    return reading;
}

static struct reading run(struct gas_node *nodes, size_t n) {
    return run_with(nodes, n, &(struct gas_estimate){.has_to = true, .to = {{[19] = 2}}});
}

static void test_what_is_asked(void **state) {
    (void)state;
    struct gas_node node = {.member = "result", .json = "\"0x5208\""};
    struct reading reading = run(&node, 1);
    assert_int_equal(reading.err, ERR_OK);
    assert_int_equal(reading.estimate.gas, 21000);
    assert_string_equal(node.params,
                        "[{\"data\":\"0x\",\"to\":\"0x0000000000000000000000000000000000000002\",\"value\":"
                        "\"0x0\"},{\"blockHash\":\"" HASH "\",\"requireCanonical\":true}]");
    const struct gas_estimate creation = {.has_from = true,
                                          .from = {{[19] = 1}},
                                          .data = (const uint8_t[]){0x60, 0x00},
                                          .data_len = 2,
                                          .value = u256_from_u64(255)};
    reading = run_with(&node, 1, &creation);
    assert_int_equal(reading.err, ERR_OK);
    assert_string_equal(
        node.params,
        "[{\"data\":\"0x6000\",\"from\":\"0x0000000000000000000000000000000000000001\",\"value\":\"0xff\"},"
        "{\"blockHash\":\"" HASH "\",\"requireCanonical\":true}]");
}

static void test_nodes_that_take_no_block(void **state) {
    (void)state;
    struct gas_node node = {.member = "result", .json = "\"0x5208\"", .takes_no_block = true};
    struct reading reading = run(&node, 1);
    assert_int_equal(reading.err, ERR_OK);
    assert_int_equal(reading.fault, ERR_OK);
    assert_int_equal(reading.estimate.gas, 21000);
    assert_int_equal(node.pinned, 1);
    assert_int_equal(node.unpinned, 1);
}

static void test_what_would_fail(void **state) {
    (void)state;
    struct gas_node node = {.member = "error",
                            .json = "{\"code\":3,\"message\":\"execution reverted\",\"data\":\"0xdeadbeef\"}"};
    struct reading reading = run(&node, 1);
    assert_int_equal(reading.err, ERR_EXECUTION_REVERTED);
    assert_int_equal(reading.fault, ERR_EXECUTION_REVERTED);
    assert_true(reading.estimate.reverted);
    assert_int_equal(reading.estimate.revert_len, 4);
    assert_memory_equal(reading.revert, "\xde\xad\xbe\xef", 4);
    assert_int_equal(node.pinned, 1);
    assert_int_equal(node.unpinned, 0);
    struct gas_node starved = {.member = "error",
                               .json = "{\"code\":-32000,\"message\":\"gas required exceeds allowance (50000000)\"}"};
    reading = run(&starved, 1);
    assert_int_equal(reading.err, ERR_EXECUTION_REVERTED);
    assert_false(reading.estimate.reverted);
    assert_string_equal(reading.detail, "the call ran out of gas");
}

static void test_a_sender_that_cannot_pay(void **state) {
    (void)state;
    static const char *const words[] = {
        "{\"code\":-32000,\"message\":\"insufficient funds for transfer\"}",
        "{\"code\":-32000,\"message\":\"insufficient sender balance\"}",
        "{\"code\":-32003,\"message\":\"Insufficient funds for gas * price + value\"}",
        "{\"code\":-32004,\"message\":\"Upfront cost exceeds account balance\"}",
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        struct gas_node node = {.member = "error", .json = words[i]};
        struct reading reading = run(&node, 1);
        assert_int_equal(reading.err, ERR_INSUFFICIENT_FUNDS);
        assert_int_equal(reading.fault, ERR_INSUFFICIENT_FUNDS);
        assert_false(reading.estimate.reverted);
    }
}

static void test_a_contract_that_says_the_same(void **state) {
    (void)state;
    static const char *const words[] = {
        "{\"code\":3,\"message\":\"execution reverted: insufficient funds\"}",
        "{\"code\":3,\"message\":\"insufficient funds\"}",
        ("{\"code\":-32603,\"message\":\"VM Exception while processing transaction: reverted with reason string "
         "'insufficient funds'\"}"),
        "{\"code\":-32015,\"message\":\"VM execution error.\",\"data\":\"Reverted insufficient funds\"}",
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        struct gas_node node = {.member = "error", .json = words[i]};
        struct reading reading = run(&node, 1);
        assert_int_equal(reading.err, ERR_EXECUTION_REVERTED);
        assert_true(reading.estimate.reverted);
    }
}

static void test_another_node_is_asked(void **state) {
    (void)state;
    static const char *const nonsense[] = {"\"0x\"", "21000", "null", "\"0x10000000000000000\"", "{}", "\"\""};
    for (size_t i = 0; i < sizeof nonsense / sizeof nonsense[0]; i++) {
        struct gas_node nodes[] = {{.member = "result", .json = nonsense[i]},
                                   {.member = "result", .json = "\"0x5209\""}};
        struct reading reading = run(nodes, 2);
        if (reading.err != ERR_OK || reading.estimate.gas != 21001) fail_msg("%s", nonsense[i]);
    }
}

int main(void) {
    setenv("no_proxy", "*", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_asked),
        cmocka_unit_test(test_nodes_that_take_no_block),
        cmocka_unit_test(test_what_would_fail),
        cmocka_unit_test(test_a_sender_that_cannot_pay),
        cmocka_unit_test(test_a_contract_that_says_the_same),
        cmocka_unit_test(test_another_node_is_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
