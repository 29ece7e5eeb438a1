/* What became of a transaction: mined in a block that is still there, pending, or unknown to all nodes.
 * Each test owns its nodes; reading happens in a coroutine, judging afterwards.
 * Runs on the test's thread, except what the nodes serve. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "log_node.h"
#include "rpc/receipt.h"

enum { HEAD = 5000, BLOCK = 70 };

/* What a node knows of the transaction of block 70's log. */
struct tx_node {
    struct log_node chain;
    unsigned hidden; /* times that it has no receipt */
    bool pending;    /* while it has none */
    bool reverted;
    bool creates;
    bool elsewhere; /* its receipt names a block that was replaced */
    bool other_tx;  /* the log in it is of another transaction */
    bool odd_status;
    bool has_root; /* and no status */
    bool no_status;
    bool no_gas_price;
    atomic_uint receipts;
};

static json_t *make_receipt(const struct tx_node *node) {
    static const address from = {{1}}, to = {{2}}, contract = {{3}};
    hash32 tx = log_node_hash(BLOCK, 3), block = log_node_hash(BLOCK, node->elsewhere ? 2 : 1);
    json_t *log = log_node_log(&node->chain, BLOCK), *logs = json_array();
    json_object_set_new(log, "blockHash", log_node_bytes(&block, 32));
    json_object_del(log, "blockTimestamp");
    if (node->other_tx) json_object_set_new(log, "transactionHash", log_node_bytes(&block, 32));
    if (!node->reverted) json_array_append(logs, log);
    json_decref(log);
    json_t *receipt = json_pack(
        "{so so so so so so so so so so}", "transactionHash", log_node_bytes(&tx, 32), "blockHash",
        log_node_bytes(&block, 32), "blockNumber", log_node_quantity(BLOCK), "transactionIndex", log_node_quantity(5),
        "status", log_node_quantity(node->odd_status ? 2 : !node->reverted), "from", log_node_bytes(&from, 20), "to",
        node->creates ? json_null() : log_node_bytes(&to, 20), "contractAddress",
        node->creates ? log_node_bytes(&contract, 20) : json_null(), "gasUsed", log_node_quantity(21000), "logs", logs);
    if (node->has_root) json_object_set_new(receipt, "root", log_node_bytes(&block, 32));
    if (!node->no_gas_price) json_object_set_new(receipt, "effectiveGasPrice", log_node_quantity(1000000007));
    if (node->has_root || node->no_status) json_object_del(receipt, "status");
    return receipt;
}

static json_t *make_transaction(const struct tx_node *node, bool mined) {
    hash32 tx = log_node_hash(BLOCK, 3), block = log_node_hash(BLOCK, 1);
    if (!node->pending && !mined) return json_null();
    return json_pack("{so so}", "hash", log_node_bytes(&tx, 32), "blockHash",
                     mined ? log_node_bytes(&block, 32) : json_null());
}

static void serve(struct fake_request *request) {
    struct tx_node *node = request->node->arg;
    const char *method = fake_method(request->body);
    json_t *result;
    if (strcmp(method, "eth_getTransactionReceipt") == 0) {
        bool hidden = atomic_fetch_add(&node->receipts, 1) < node->hidden;
        result = hidden ? json_null() : make_receipt(node);
    } else if (strcmp(method, "eth_getTransactionByHash") == 0) {
        result = make_transaction(node, atomic_load(&node->receipts) >= node->hidden);
    } else {
        result =
            log_node_block(&node->chain, log_node_number(json_array_get(json_object_get(request->body, "params"), 0)));
    }
    char *text = json_dumps(result, JSON_ENCODE_ANY);
    fake_answer(request, "result", text);
    free(text);
    json_decref(result);
}

struct reading {
    struct receipt receipt;
    enum err err;
    enum err fault;
};

static void read_receipt(struct task *task, struct chain *chain, void *arg) {
    struct reading *reading = arg;
    hash32 tx = log_node_hash(BLOCK, 3);
    reading->err = receipt_read(task, chain, &reading->receipt, &tx);
    reading->fault = task->fault.code;
}

static struct reading run(struct tx_node *nodes, size_t n) {
    static const fake_serve serves[] = {serve, serve};
    struct reading reading;
    struct net net;
    net_start(&net, serves, n);
    for (size_t i = 0; i < n; i++) {
        nodes[i].chain.head = HEAD;
        nodes[i].chain.every = 7;
        net.nodes[i].arg = &nodes[i];
    }
    net.arg = &reading;
    net_open(&net, 1, 0);
    net_run(&net, read_receipt);
    net_close(&net);
    return reading;
}

static void assert_mined(struct reading *reading) {
    const struct receipt *receipt = &reading->receipt;
    hash32 block = log_node_hash(BLOCK, 1);
    assert_int_equal(reading->err, ERR_OK);
    assert_int_equal(reading->fault, ERR_OK);
    assert_int_equal(receipt->state, RECEIPT_MINED);
    assert_int_equal(receipt->block.number, BLOCK);
    assert_int_equal(receipt->block.timestamp, 1000 + BLOCK);
    assert_memory_equal(&receipt->block.hash, &block, sizeof block);
    assert_int_equal(receipt->index, 5);
    assert_int_equal(receipt->from.bytes[0], 1);
    assert_int_equal(receipt->gas_used.limb[0], 21000);
    assert_int_equal(receipt->gas_price.limb[0], receipt->has_gas_price ? 1000000007 : 0);
}

static void test_a_mined_one(void **state) {
    (void)state;
    struct tx_node node = {.pending = false};
    struct reading reading = run(&node, 1);
    assert_mined(&reading);
    assert_true(reading.receipt.has_status && reading.receipt.succeeded && reading.receipt.has_to &&
                !reading.receipt.has_contract);
    assert_int_equal(reading.receipt.to.bytes[0], 2);
    assert_int_equal(reading.receipt.logs.n_transfers, 1);
    assert_int_equal(reading.receipt.logs.transfers[0].place.timestamp, 1000 + BLOCK);
    assert_int_equal(reading.receipt.logs.n_events, 1);
    assert_int_equal(reading.receipt.logs.events[0].place.timestamp, 1000 + BLOCK);
    assert_memory_equal(&reading.receipt.logs.events[0].contract, &log_node_token, sizeof log_node_token);
    receipt_free(&reading.receipt);
}

static void test_a_reverted_one_that_creates(void **state) {
    (void)state;
    struct tx_node node = {.reverted = true, .creates = true};
    struct reading reading = run(&node, 1);
    assert_mined(&reading);
    assert_false(reading.receipt.succeeded || reading.receipt.has_to);
    assert_true(reading.receipt.has_contract);
    assert_int_equal(reading.receipt.contract.bytes[0], 3);
    assert_int_equal(reading.receipt.logs.n_transfers, 0);
    receipt_free(&reading.receipt);
}

static void test_one_from_before_byzantium(void **state) {
    (void)state;
    struct tx_node node = {.has_root = true};
    struct reading reading = run(&node, 1);
    assert_mined(&reading);
    assert_false(reading.receipt.has_status || reading.receipt.succeeded);
    receipt_free(&reading.receipt);

    struct tx_node neither = {.no_status = true};
    reading = run(&neither, 1);
    assert_int_equal(reading.err, ERR_UPSTREAM_ERROR);
}

static void test_pending_and_unknown(void **state) {
    (void)state;
    struct tx_node nodes[] = {{.hidden = 99}, {.hidden = 99, .pending = true}};
    struct reading reading = run(nodes, 2);
    assert_int_equal(reading.err, ERR_OK);
    assert_int_equal(reading.receipt.state, RECEIPT_PENDING);
    nodes[1].pending = false;
    reading = run(nodes, 2);
    assert_int_equal(reading.err, ERR_OK);
    assert_int_equal(reading.fault, ERR_OK);
    assert_int_equal(reading.receipt.state, RECEIPT_UNKNOWN);
}

static void test_another_node_knows_it(void **state) {
    (void)state;
    struct tx_node nodes[] = {{.hidden = 99}, {.hidden = 0}};
    struct reading reading = run(nodes, 2);
    assert_mined(&reading);
    receipt_free(&reading.receipt);
}

static void test_one_that_is_mined_meanwhile(void **state) {
    (void)state;
    struct tx_node node = {.hidden = 1};
    struct reading reading = run(&node, 1);
    assert_mined(&reading);
    assert_int_equal(node.receipts, 2);
    receipt_free(&reading.receipt);
}

static void test_a_block_that_was_replaced(void **state) {
    (void)state;
    struct tx_node node = {.elsewhere = true};
    struct reading reading = run(&node, 1);
    assert_int_equal(reading.err, ERR_UPSTREAM_ERROR);
    assert_int_equal(reading.receipt.logs.n_transfers, 0);
}

static void test_nonsense(void **state) {
    (void)state;
    struct tx_node nodes[] = {{.other_tx = true}, {.odd_status = true}};
    struct reading reading = run(nodes, 2);
    assert_int_equal(reading.err, ERR_UPSTREAM_ERROR);
    assert_int_equal(reading.receipt.logs.n_transfers, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_mined_one),
        cmocka_unit_test(test_a_reverted_one_that_creates),
        cmocka_unit_test(test_one_from_before_byzantium),
        cmocka_unit_test(test_pending_and_unknown),
        cmocka_unit_test(test_another_node_knows_it),
        cmocka_unit_test(test_one_that_is_mined_meanwhile),
        cmocka_unit_test(test_a_block_that_was_replaced),
        cmocka_unit_test(test_nonsense),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
