/* Headers by number and by hash are those that were asked for, or an error.
 * Each test owns its nodes; reading happens in a coroutine, judging afterwards.
 * Runs on the test's thread, except what the nodes serve. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "log_node.h"

enum { HEAD = 5000, MAX_HEADERS = 300 };

struct reading {
    uint64_t first;
    size_t n;
    const hash32 *hash; /* of one; NULL: by number */
    struct header headers[MAX_HEADERS];
    enum err err;
    enum err fault;
};

static void read_headers(struct task *task, struct chain *chain, void *arg) {
    struct reading *reading = arg;
    reading->err = reading->hash != NULL ? header_read_hash(task, chain, reading->headers, reading->hash)
                                         : headers_read(task, chain, reading->headers, reading->first, reading->n);
    reading->fault = task->fault.code;
}

static void run(struct reading *reading, const fake_serve *serves, struct log_node *nodes, size_t n) {
    struct net net;
    net_start(&net, serves, n);
    for (size_t i = 0; i < n; i++) net.nodes[i].arg = &nodes[i];
    net.arg = reading;
    net_open(&net, 1, 0);
    net_run(&net, read_headers);
    net_close(&net);
}

static void assert_header(const struct log_node *node, const struct header *header, uint64_t number) {
    struct header want = log_node_header(node, number);
    assert_int_equal(header->block.number, number);
    assert_int_equal(header->block.timestamp, want.block.timestamp);
    assert_memory_equal(&header->block.hash, &want.block.hash, sizeof(hash32));
    assert_memory_equal(&header->block.parent_hash, &want.block.parent_hash, sizeof(hash32));
    assert_memory_equal(header->bloom, want.bloom, BLOOM_BYTES);
    assert_int_equal(header->has_transactions, want.has_transactions);
    assert_false(header->block.finalized || header->block.head);
}

static const fake_serve good[] = {log_node_serve, log_node_serve};

static void test_reads_headers_in_batches(void **state) {
    (void)state;
    struct log_node node = {.head = HEAD, .every = 7};
    struct reading reading = {.first = 100, .n = MAX_HEADERS};
    run(&reading, good, &node, 1);
    assert_int_equal(reading.err, ERR_OK);
    for (size_t i = 0; i < MAX_HEADERS; i++) assert_header(&node, &reading.headers[i], 100 + i);
    assert_int_equal(node.headers, MAX_HEADERS);
}

static void test_a_block_that_is_not_there_yet(void **state) {
    (void)state;
    struct log_node node = {.head = 101};
    struct reading reading = {.first = 100, .n = 4};
    run(&reading, good, &node, 1);
    assert_int_equal(reading.err, ERR_BLOCK_NOT_FOUND);
    assert_int_equal(reading.fault, ERR_BLOCK_NOT_FOUND);
}

static void test_another_node_may_have_it(void **state) {
    (void)state;
    struct log_node nodes[] = {{.head = 101}, {.head = HEAD}};
    struct reading reading = {.first = 100, .n = 4};
    run(&reading, good, nodes, 2);
    assert_int_equal(reading.err, ERR_OK);
    for (size_t i = 0; i < 4; i++) assert_header(&nodes[0], &reading.headers[i], 100 + i);
}

static void test_reads_a_header_by_hash(void **state) {
    (void)state;
    struct log_node node = {.head = HEAD, .every = 7};
    hash32 hash = log_node_hash(77, 1);
    struct reading reading = {.hash = &hash};
    run(&reading, good, &node, 1);
    assert_int_equal(reading.err, ERR_OK);
    assert_header(&node, &reading.headers[0], 77);
}

/* Block 77, whatever it is asked for. */
static void serve_77(struct fake_request *request) {
    json_t *block = log_node_block(request->node->arg, 77);
    char *text = json_dumps(block, 0);
    fake_answer(request, "result", text);
    free(text);
    json_decref(block);
}

static void serve_without_bloom(struct fake_request *request) {
    json_t *block = log_node_block(request->node->arg, 78);
    json_object_del(block, "logsBloom");
    char *text = json_dumps(block, 0);
    fake_answer(request, "result", text);
    free(text);
    json_decref(block);
}

static void test_another_block_is_nonsense(void **state) {
    (void)state;
    static const fake_serve serves[] = {serve_77, serve_without_bloom, log_node_serve};
    struct log_node nodes[] = {{.head = HEAD}, {.head = HEAD}, {.head = HEAD}};
    hash32 hash = log_node_hash(78, 1);
    struct reading by_number = {.first = 78, .n = 1}, by_hash = {.hash = &hash};
    run(&by_number, serves, nodes, 3);
    run(&by_hash, serves, nodes, 3);
    assert_int_equal(by_number.err, ERR_OK);
    assert_int_equal(by_hash.err, ERR_OK);
    assert_header(&nodes[0], &by_number.headers[0], 78);
    assert_header(&nodes[0], &by_hash.headers[0], 78);
    run(&by_hash, serves, nodes, 2);
    assert_int_equal(by_hash.err, ERR_UPSTREAM_ERROR);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_headers_in_batches),  cmocka_unit_test(test_a_block_that_is_not_there_yet),
        cmocka_unit_test(test_another_node_may_have_it),  cmocka_unit_test(test_reads_a_header_by_hash),
        cmocka_unit_test(test_another_block_is_nonsense),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
