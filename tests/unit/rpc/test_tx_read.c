/* A transaction as nodes tell of it: every member read, another node asked when one does not know it, nonsense refused.
 * Each test owns its nodes; reading happens in a coroutine, judging afterwards.
 * Runs on the test's thread, except what the nodes serve. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "net.h"
#include "rpc/tx_read.h"

#define HASH "0x00000000000000000000000000000000000000000000000000000000000000ab"
#define FROM "0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48"
#define TO "0x00000000000000000000000000000000000000f2"

static const hash32 hash = {{[31] = 0xab}};

/* What a node says instead of a good transaction's members; NULL of a value: it leaves the member out. */
struct tx_node {
    const char *text; /* the whole result; NULL: a good one, but for */
    const char *key;
    const char *json;
    atomic_uint asked;
};

static json_t *make_result(const struct tx_node *node) {
    if (node->text != NULL) return json_loads(node->text, JSON_DECODE_ANY, NULL);
    json_t *tx = json_pack("{ss ss ss ss ss ss ss ss}", "hash", HASH, "blockHash", HASH, "from", FROM, "to", TO,
                           "nonce", "0x7", "gas", "0x5208", "value", "0xde0b6b3a7640000", "input", "0x01020304");
    if (node->key != NULL && node->json == NULL) json_object_del(tx, node->key);
    if (node->json != NULL) json_object_set_new(tx, node->key, json_loads(node->json, JSON_DECODE_ANY, NULL));
    return tx;
}

static void serve(struct fake_request *request) {
    struct tx_node *node = request->node->arg;
    json_t *result = make_result(node);
    char *text = json_dumps(result, JSON_ENCODE_ANY);
    atomic_fetch_add(&node->asked, 1);
    if (strcmp(fake_param(request->body, 0), HASH) != 0) abort();
    fake_answer(request, "result", text);
    free(text);
    json_decref(result);
}

struct reading {
    struct tx_read tx;
    uint8_t data[8];
    enum err err;
    enum err fault;
};

static void read_tx(struct task *task, struct chain *chain, void *arg) {
    struct reading *reading = arg;
    reading->err = tx_read(task, chain, &reading->tx, &hash);
    reading->fault = task->fault.code;
    if (reading->err == ERR_OK && reading->tx.data_len <= sizeof reading->data && reading->tx.data_len > 0) {
        memcpy(reading->data, reading->tx.data, reading->tx.data_len);
    }
}

static struct reading run(struct tx_node *nodes, size_t n) {
    static const fake_serve serves[] = {serve, serve};
    struct reading reading;
    struct net net;
    memset(&reading, 0, sizeof reading);
    net_start(&net, serves, n);
    for (size_t i = 0; i < n; i++) net.nodes[i].arg = &nodes[i];
    net.arg = &reading;
    net_open(&net, 1, 0);
    net_run(&net, read_tx);
    net_close(&net);
    return reading;
}

static void test_every_member(void **state) {
    (void)state;
    struct tx_node node = {.key = NULL};
    struct reading reading = run(&node, 1);
    assert_int_equal(reading.err, ERR_OK);
    assert_true(reading.tx.known && reading.tx.in_block && reading.tx.has_to);
    assert_int_equal(reading.tx.from.bytes[0], 0xa0);
    assert_int_equal(reading.tx.from.bytes[19], 0x48);
    assert_int_equal(reading.tx.to.bytes[19], 0xf2);
    assert_int_equal(reading.tx.nonce, 7);
    assert_int_equal(reading.tx.gas, 21000);
    assert_int_equal(reading.tx.value.limb[0], 1000000000000000000);
    assert_int_equal(reading.tx.data_len, 4);
    assert_memory_equal(reading.data, "\x01\x02\x03\x04", 4);
}

static void test_what_may_be_null(void **state) {
    (void)state;
    struct tx_node creates = {.key = "to", .json = "null"}, creates_too = {.key = "to"};
    assert_false(run(&creates, 1).tx.has_to);
    assert_false(run(&creates_too, 1).tx.has_to);
    struct tx_node waits = {.key = "blockHash", .json = "null"};
    struct reading reading = run(&waits, 1);
    assert_true(reading.tx.known);
    assert_false(reading.tx.in_block);
    struct tx_node empty = {.key = "input", .json = "\"0x\""};
    assert_int_equal(run(&empty, 1).tx.data_len, 0);
}

static void test_another_node_knows_it(void **state) {
    (void)state;
    struct tx_node nodes[] = {{.text = "null"}, {.key = NULL}};
    struct reading reading = run(nodes, 2);
    assert_int_equal(reading.err, ERR_OK);
    assert_true(reading.tx.known);
    assert_int_equal(nodes[0].asked, 1);
    assert_int_equal(nodes[1].asked, 1);
}

static void test_nobody_knows_it(void **state) {
    (void)state;
    struct tx_node nodes[] = {{.text = "null"}, {.text = "null"}};
    struct reading reading = run(nodes, 2);
    assert_int_equal(reading.err, ERR_OK);
    assert_int_equal(reading.fault, ERR_OK);
    assert_false(reading.tx.known);
}

static void test_nonsense(void **state) {
    (void)state;
    static const struct tx_node rows[] = {
        {.text = "{}"},
        {.text = "[]"},
        {.text = "\"0x\""},
        {.text = "true"},
        {.key = "hash",
         .json = "\""
                 "0x00000000000000000000000000000000000000000000000000000000000000ac"
                 "\""},
        {.key = "hash"},
        {.key = "blockHash", .json = "\"0x\""},
        {.key = "blockHash", .json = "7"},
        {.key = "from"},
        {.key = "from", .json = "null"},
        {.key = "from", .json = "\"0xa0\""},
        {.key = "to", .json = "\"0xa0\""},
        {.key = "nonce", .json = "7"},
        {.key = "nonce", .json = "\"0x10000000000000000\""},
        {.key = "gas"},
        {.key = "gas", .json = "\"0x\""},
        {.key = "value", .json = "\"0x1z\""},
        {.key = "value", .json = "\"0x10000000000000000000000000000000000000000000000000000000000000000\""},
        {.key = "input"},
        {.key = "input", .json = "\"\""},
        {.key = "input", .json = "\"0x0\""},
        {.key = "input", .json = "\"0xzz\""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tx_node nodes[2] = {{.key = NULL}, {.key = NULL}};
        nodes[0].text = rows[i].text;
        nodes[0].key = rows[i].key;
        nodes[0].json = rows[i].json;
        struct reading reading = run(nodes, 2);
        if (reading.err != ERR_OK || nodes[1].asked != 1) fail_msg("row %zu: the other node was not asked", i);
    }
}

struct counting {
    uint64_t nonce;
    enum err err;
};

static void count(struct task *task, struct chain *chain, void *arg) {
    static const address account = {{0xa0, [19] = 0x48}};
    struct counting *counting = arg;
    counting->err = tx_read_pending_nonce(task, chain, &counting->nonce, &account);
}

static void serve_count(struct fake_request *request) {
    const char *method = fake_method(request->body);
    if (strcmp(method, "eth_getTransactionCount") != 0 || strcmp(fake_param(request->body, 1), "pending") != 0) abort();
    if (strcmp(fake_param(request->body, 0), "0xa000000000000000000000000000000000000048") != 0) abort();
    fake_answer(request, "result", request->node->arg);
}

static void test_pending_nonces(void **state) {
    (void)state;
    static char good[] = "\"0x8\"";
    static char rows[][40] = {"\"0x7\"", "\"0x10000000000000000\"", "7", "null", "\"0x\""};
    static const fake_serve serves[] = {serve_count, serve_count};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct counting counting = {.nonce = 0};
        struct net net;
        net_start(&net, serves, 2);
        net.nodes[0].arg = rows[i];
        net.nodes[1].arg = good;
        net.arg = &counting;
        net_open(&net, 1, 0);
        net_run(&net, count);
        net_close(&net);
        assert_int_equal(counting.err, ERR_OK);
        assert_int_equal(counting.nonce, i == 0 ? 7 : 8); /* nonsense is for another node to better */
    }
}

int main(void) {
    setenv("no_proxy", "*", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_member),
        cmocka_unit_test(test_what_may_be_null),
        cmocka_unit_test(test_another_node_knows_it),
        cmocka_unit_test(test_nobody_knows_it),
        cmocka_unit_test(test_nonsense),
        cmocka_unit_test(test_pending_nonces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
