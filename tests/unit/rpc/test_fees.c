/* What nodes tell of fees: asked once for each block, another node where one tells nothing usable, and suggestions
 * where nobody has a history. Each test makes and takes down its own net of fake nodes. Runs on the test's thread,
 * except what the nodes serve. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "net.h"
#include "rpc/fees.h"

enum { BLOCK = 100, TASKS = 20 };

#define NO_METHOD "{\"code\":-32601,\"message\":\"the method does not exist\"}"
#define HISTORY(last, base_fee, reward) \
    "{\"oldestBlock\":\"" last "\",\"baseFeePerGas\":[\"" base_fee \
    "\",\"0x99\"],\"gasUsedRatio\":[0.25],\"reward\":[[" \
    "\"0x1\",\"0x2\",\"" reward "\"]],\"baseFeePerBlobGas\":[\"0x1\",\"0x5\"]}"
#define GOOD_HISTORY HISTORY("0x64", "0xb", "0x3")

/* What a node says: a result, or an error where it begins with {"code". NULL: that it has no such method. */
struct fee_node {
    const char *base_fee; /* of both blocks, JSON */
    const char *parent;   /* the whole result; NULL: a good one */
    const char *history;
    const char *tip;
    const char *price;
    const char *blob;
    bool unknown_block;
    atomic_uint headers, histories, tips, prices, blobs;
};

static json_t *answer_with(const json_t *call, const char *text) {
    if (text == NULL) return fake_reply(call, "error", NO_METHOD);
    bool is_error = strncmp(text, "{\"code\"", 7) == 0;
    return fake_reply(call, is_error ? "error" : "result", text);
}

static json_t *answer_header(struct fee_node *node, const json_t *call) {
    char block[512];
    bool is_parent = fake_param(call, 0)[65] == '2';
    atomic_fetch_add(&node->headers, 1);
    if (node->unknown_block) return fake_reply(call, "result", "null");
    if (is_parent && node->parent != NULL) return answer_with(call, node->parent);
    snprintf(block, sizeof block,
             "{\"hash\":\"%s\",\"parentHash\":\"%s\",\"number\":\"0x64\",\"timestamp\":\"0x1\",\"gasUsed\":\"%s\","
             "\"gasLimit\":\"0x64\",\"baseFeePerGas\":%s,\"excessBlobGas\":\"0x0\"}",
             fake_param(call, 0), fake_param(call, 0), is_parent ? "0x32" : "0x19", node->base_fee);
    return fake_reply(call, "result", block);
}

static json_t *answer_call(struct fee_node *node, const json_t *call) {
    const char *method = fake_method(call);
    const struct {
        const char *method;
        const char *text;
        atomic_uint *count;
    } rows[] = {{"eth_feeHistory", node->history, &node->histories},
                {"eth_maxPriorityFeePerGas", node->tip, &node->tips},
                {"eth_gasPrice", node->price, &node->prices},
                {"eth_blobBaseFee", node->blob, &node->blobs}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp(rows[i].method, method) != 0) continue;
        atomic_fetch_add(rows[i].count, 1);
        return answer_with(call, rows[i].text);
    }
    return answer_header(node, call);
}

static void serve(struct fake_request *request) {
    struct fee_node *node = request->node->arg;
    if (json_is_object(request->body)) {
        fake_send_json(request, 200, answer_call(node, request->body));
        return;
    }
    json_t *replies = json_array();
    for (size_t i = 0; i < json_array_size(request->body); i++) {
        json_array_append_new(replies, answer_call(node, json_array_get(request->body, i)));
    }
    fake_send_json(request, 200, replies);
}

/* In: number, which its hash and its parent's tell. */
static struct block_ref make_block(uint64_t number) {
    struct block_ref block = {.number = number};
    block.hash.bytes[31] = 0x01;
    block.hash.bytes[0] = block.parent_hash.bytes[0] = (uint8_t)number;
    block.parent_hash.bytes[31] = 0x02;
    return block;
}

struct reading {
    uint64_t number;
    struct fee_facts facts;
    enum err err;
    enum err fault;
};

static void read_fees(struct task *task, struct chain *chain, void *arg) {
    struct reading *reading = arg;
    struct block_ref block = make_block(reading->number);
    reading->err = fees_read(task, chain, &reading->facts, &block);
    reading->fault = task->fault.code;
}

static struct reading run_body(struct fee_node *nodes, size_t n, net_body body, uint64_t number) {
    static const fake_serve serves[] = {serve, serve};
    struct reading reading = {.number = number};
    struct net net;
    net_start(&net, serves, n);
    for (size_t i = 0; i < n; i++) {
        if (nodes[i].base_fee == NULL) nodes[i].base_fee = "\"0xb\"";
        net.nodes[i].arg = &nodes[i];
    }
    net.arg = &reading;
    net_open(&net, 1, 0);
    net_run(&net, body);
    net_close(&net);
    return reading;
}

static struct reading run(struct fee_node *nodes, size_t n) {
    return run_body(nodes, n, read_fees, BLOCK);
}

static void test_a_history_tells_all(void **state) {
    (void)state;
    struct fee_node node = {.history = GOOD_HISTORY};
    struct reading reading = run(&node, 1);
    const struct fee_facts *facts = &reading.facts;
    assert_int_equal(reading.err, ERR_OK);
    assert_int_equal(facts->head.gas_used, 25);
    assert_int_equal(facts->head.base_fee.limb[0], 11);
    assert_true(facts->has_parent);
    assert_int_equal(facts->parent.gas_used, 50);
    assert_int_equal(facts->history.n, 1);
    assert_int_equal(facts->history.rewards[0][2].limb[0], 3);
    assert_int_equal(facts->suggested, FEE_NO_SUGGESTION);
    assert_true(facts->has_blob_base_fee);
    assert_int_equal(facts->blob_base_fee.limb[0], 5);
    assert_int_equal(node.tips + node.prices + node.blobs, 0);
}

static void test_without_a_history(void **state) {
    (void)state;
    struct fee_node node = {.tip = "\"0x7\"", .blob = "\"0x8\""};
    struct reading reading = run(&node, 1);
    assert_int_equal(reading.err, ERR_OK);
    assert_int_equal(reading.fault, ERR_OK);
    assert_int_equal(reading.facts.history.n, 0);
    assert_int_equal(reading.facts.suggested, FEE_SUGGESTED_TIP);
    assert_int_equal(reading.facts.suggestion.limb[0], 7);
    assert_int_equal(reading.facts.blob_base_fee.limb[0], 8);
    assert_int_equal(node.prices, 0);
    struct fee_node priced = {.price = "\"0x9\""};
    reading = run(&priced, 1);
    assert_int_equal(reading.err, ERR_OK);
    assert_int_equal(reading.facts.suggested, FEE_SUGGESTED_PRICE);
    assert_int_equal(reading.facts.suggestion.limb[0], 9);
    assert_false(reading.facts.has_blob_base_fee);
    struct fee_node silent = {.price = NULL};
    reading = run(&silent, 1);
    assert_int_equal(reading.err, ERR_UPSTREAM_ERROR);
    assert_int_equal(reading.fault, ERR_UPSTREAM_ERROR);
}

static void test_without_a_base_fee(void **state) {
    (void)state;
    struct fee_node node = {.base_fee = "null", .price = "\"0x9\"", .tip = "\"0x7\""};
    struct reading reading = run(&node, 1);
    assert_int_equal(reading.err, ERR_OK);
    assert_false(reading.facts.head.has_base_fee);
    assert_int_equal(reading.facts.suggested, FEE_SUGGESTED_PRICE);
    assert_int_equal(node.tips, 0);
}

static void test_blocks_without_transactions_tell_nothing(void **state) {
    (void)state;
    struct fee_node node = {.history = "{\"oldestBlock\":\"0x64\",\"baseFeePerGas\":[\"0xb\",\"0x99\"],"
                                       "\"gasUsedRatio\":[0],\"reward\":[[\"0x0\",\"0x0\",\"0x0\"]]}",
                            .tip = "\"0x7\""};
    struct reading reading = run(&node, 1);
    assert_int_equal(reading.err, ERR_OK);
    assert_int_equal(reading.facts.history.n, 1);
    assert_int_equal(reading.facts.suggested, FEE_SUGGESTED_TIP);
}

static void test_liars_are_passed_over(void **state) {
    (void)state;
    static const char *const lies[] = {
        HISTORY("0x64", "0xffff", "0x3"), /* another base fee than the header's */
        HISTORY("0x63", "0xb", "0x3"),    /* of the block before */
        HISTORY("0x64", "0xb", "0x0"),    /* percentiles that fall */
        HISTORY("0x64", "0xb", "0x1000000000000000000000000000000000000000"),
        "[]",
        "null",
        "\"0x1\"",
        "{\"code\":-32000,\"message\":\"request beyond head block\"}",
    };
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        struct fee_node nodes[] = {{.history = lies[i]}, {.history = GOOD_HISTORY}};
        struct reading reading = run(nodes, 2);
        if (reading.err != ERR_OK || reading.facts.history.n != 1 || nodes[1].histories != 1) fail_msg("lie %zu", i);
    }
    struct fee_node nodes[] = {{.base_fee = "\"0x100000000000000000000000000000000\""}, {.history = GOOD_HISTORY}};
    struct reading reading = run(nodes, 2);
    assert_int_equal(reading.err, ERR_OK);
    assert_int_equal(reading.facts.head.base_fee.limb[0], 11);
}

/* Suggestions in vain are as bad as none. */
static void test_a_suggestion_that_is_no_amount(void **state) {
    (void)state;
    struct fee_node node = {.tip = "\"0x\"", .price = "\"0x100000000000000000000000000000000\""};
    assert_int_equal(run(&node, 1).err, ERR_UPSTREAM_ERROR);
}

static void test_a_block_that_nobody_has(void **state) {
    (void)state;
    struct fee_node node = {.unknown_block = true};
    struct reading reading = run(&node, 1);
    assert_int_equal(reading.err, ERR_BLOCK_NOT_FOUND);
    assert_int_equal(node.histories, 0);
}

static void test_the_parent_may_be_gone(void **state) {
    (void)state;
    struct fee_node node = {.history = GOOD_HISTORY, .parent = "null"};
    struct reading reading = run(&node, 1);
    assert_int_equal(reading.err, ERR_OK);
    assert_int_equal(reading.fault, ERR_OK);
    assert_false(reading.facts.has_parent);
    struct fee_node first = {.history = "{\"oldestBlock\":\"0x0\",\"baseFeePerGas\":[\"0xb\",\"0x99\"],"
                                        "\"gasUsedRatio\":[0.5]}",
                             .tip = "\"0x7\""};
    reading = run_body(&first, 1, read_fees, 0);
    assert_int_equal(reading.err, ERR_OK);
    assert_int_equal(first.headers, 1); /* it has no parent */
}

static void read_one_of_many(struct task *task, void *arg, size_t i) {
    struct fee_facts facts;
    struct block_ref block = make_block(BLOCK);
    (void)i;
    if (fees_read(task, arg, &facts, &block) != ERR_OK || facts.history.n != 1) abort();
}

static void read_by_many(struct task *task, struct chain *chain, void *arg) {
    task_parallel(task, TASKS, read_one_of_many, chain);
    read_fees(task, chain, arg);
}

static void test_many_who_ask_are_one_question(void **state) {
    (void)state;
    struct fee_node node = {.history = GOOD_HISTORY};
    struct reading reading = run_body(&node, 1, read_by_many, BLOCK);
    assert_int_equal(reading.err, ERR_OK);
    assert_int_equal(node.histories, 1);
    assert_int_equal(node.headers, 2);
}

static void read_two_blocks(struct task *task, struct chain *chain, void *arg) {
    struct reading *reading = arg;
    struct reading other = {.number = BLOCK};
    read_fees(task, chain, reading);
    struct block_ref block = make_block(BLOCK);
    block.hash.bytes[5] = 7; /* its sibling */
    if (fees_read(task, chain, &other.facts, &block) != ERR_OK) abort();
    if (hash32_equal(&other.facts.block, &reading->facts.block)) abort();
}

static void test_each_block_is_asked_for_itself(void **state) {
    (void)state;
    struct fee_node node = {.history = GOOD_HISTORY};
    struct reading reading = run_body(&node, 1, read_two_blocks, BLOCK);
    assert_int_equal(reading.err, ERR_OK);
    assert_int_equal(node.histories, 2);
}

int main(void) {
    setenv("no_proxy", "*", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_history_tells_all),
        cmocka_unit_test(test_without_a_history),
        cmocka_unit_test(test_without_a_base_fee),
        cmocka_unit_test(test_blocks_without_transactions_tell_nothing),
        cmocka_unit_test(test_liars_are_passed_over),
        cmocka_unit_test(test_a_suggestion_that_is_no_amount),
        cmocka_unit_test(test_a_block_that_nobody_has),
        cmocka_unit_test(test_the_parent_may_be_gone),
        cmocka_unit_test(test_many_who_ask_are_one_question),
        cmocka_unit_test(test_each_block_is_asked_for_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
