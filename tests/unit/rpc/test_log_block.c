/* Logs of one block by its hash, where the header's bloom says what can be true.
 * Each test owns its nodes; reading happens in a coroutine, judging afterwards.
 * Runs on the test's thread, except what the nodes serve. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "log_node.h"

#define NO_METHOD "{\"code\":-32601,\"message\":\"method not found\"}"

enum { HEAD = 5000, LOG_BLOCK = 70, EMPTY_BLOCK = 71 };

struct reading {
    enum logs_kind kind;
    struct header header;
    const address *tokens;
    size_t n_tokens;
    struct logs logs;
    enum err err;
    struct fault fault;
};

static void read_block(struct task *task, struct chain *chain, void *arg) {
    struct reading *reading = arg;
    struct logs_filter filter = {.kind = reading->kind, .tokens = reading->tokens, .n_tokens = reading->n_tokens};
    reading->err = logs_read_block(task, chain, &reading->logs, &filter, &reading->header);
    reading->fault = task->fault;
}

static void run(struct reading *reading, struct log_node *nodes, size_t n) {
    static const fake_serve serves[NET_MAX_NODES] = {log_node_serve, log_node_serve, log_node_serve};
    struct net net;
    net_start(&net, serves, n);
    for (size_t i = 0; i < n; i++) net.nodes[i].arg = &nodes[i];
    net.arg = reading;
    net_open(&net, 1, 0);
    logs_init(&reading->logs);
    net_run(&net, read_block);
    net_close(&net);
}

static struct reading reading_of(const struct log_node *node, uint64_t number) {
    return (struct reading){.header = log_node_header(node, number), .tokens = &log_node_token, .n_tokens = 1};
}

static void assert_one_log(struct reading *reading) {
    assert_int_equal(reading->err, ERR_OK);
    assert_int_equal(reading->fault.code, ERR_OK);
    assert_int_equal(reading->logs.n_transfers, 1);
    assert_int_equal(reading->logs.transfers[0].amount.limb[0], LOG_BLOCK);
    assert_int_equal(reading->logs.transfers[0].place.timestamp, 1000 + LOG_BLOCK);
    logs_free(&reading->logs);
}

static void test_reads_a_block(void **state) {
    (void)state;
    struct log_node node = {.head = HEAD, .every = 7, .no_timestamps = true};
    struct reading reading = reading_of(&node, LOG_BLOCK);
    run(&reading, &node, 1);
    assert_one_log(&reading);
    assert_int_equal(node.blocks, 1);
    assert_int_equal(node.headers, 0);
}

/* Too many for one answer, so that the receipts tell: there the contract has another one, without any topic. */
static void test_reads_all_events_of_a_block(void **state) {
    (void)state;
    struct log_node node = {.head = HEAD, .every = 7};
    struct reading reading = reading_of(&node, LOG_BLOCK);
    reading.kind = LOGS_EVENTS;
    run(&reading, &node, 1);
    assert_int_equal(reading.err, ERR_OK);
    assert_int_equal(reading.logs.n_events, 1);
    assert_int_equal(reading.logs.n_transfers, 0);
    logs_free(&reading.logs);

    node.logs_error = "{\"code\":-32005,\"message\":\"query returned more than 10000 results\"}";
    run(&reading, &node, 1);
    assert_int_equal(reading.err, ERR_OK);
    assert_int_equal(reading.logs.n_events, 2);
    assert_int_equal(reading.logs.events[0].n_topics, 3);
    assert_int_equal(reading.logs.events[1].n_topics, 0);
    assert_int_equal(reading.logs.events[1].place.timestamp, 1000 + LOG_BLOCK);
    assert_int_equal(node.receipts, 1);
    logs_free(&reading.logs);
}

static void test_what_the_bloom_rules_out_is_not_asked_for(void **state) {
    (void)state;
    static const address other = {{0xbb}};
    struct log_node node = {.head = HEAD, .every = 7};
    struct reading empty = reading_of(&node, EMPTY_BLOCK);
    run(&empty, &node, 1);
    assert_int_equal(empty.err, ERR_OK);
    struct reading elsewhere = reading_of(&node, LOG_BLOCK);
    elsewhere.tokens = &other;
    run(&elsewhere, &node, 1);
    assert_int_equal(elsewhere.err, ERR_OK);
    assert_int_equal(node.blocks, 0);
}

static void test_a_blank_bloom_proves_nothing(void **state) {
    (void)state;
    struct log_node node = {.head = HEAD, .every = 7, .blank_blooms = true};
    struct reading reading = reading_of(&node, LOG_BLOCK);
    run(&reading, &node, 1);
    assert_one_log(&reading);
}

static void test_an_empty_answer_without_a_bloom_is_not_believed(void **state) {
    (void)state;
    struct log_node nodes[] = {{.head = HEAD, .every = 7, .blank_blooms = true, .hides_blocks = 9},
                               {.head = HEAD, .every = 7, .blank_blooms = true}};
    struct reading reading = reading_of(&nodes[0], LOG_BLOCK);
    run(&reading, nodes, 2);
    assert_one_log(&reading);

    struct log_node alone = {.head = HEAD, .every = 7, .blank_blooms = true, .hides_blocks = 1};
    reading = reading_of(&alone, LOG_BLOCK);
    run(&reading, &alone, 1);
    assert_one_log(&reading);
    assert_int_equal(alone.receipts, 1);
}

static void test_an_empty_answer_against_the_bloom_is_not_believed(void **state) {
    (void)state;
    struct log_node nodes[] = {{.head = HEAD, .every = 7, .hides_blocks = 9}, {.head = HEAD, .every = 7}};
    struct reading reading = reading_of(&nodes[0], LOG_BLOCK);
    run(&reading, nodes, 2);
    assert_one_log(&reading);

    struct log_node alone = {.head = HEAD, .every = 7, .hides_blocks = 1, .receipts_error = NO_METHOD};
    reading = reading_of(&alone, LOG_BLOCK);
    run(&reading, &alone, 1);
    assert_one_log(&reading);
    assert_int_equal(alone.blocks, 2);
}

/* Its index of logs has a hole, and says so as often as it is asked. */
static void test_an_only_nodes_empty_answer_is_held_against_its_receipts(void **state) {
    (void)state;
    struct log_node node = {.head = HEAD, .every = 7, .hides_blocks = 9};
    struct reading reading = reading_of(&node, LOG_BLOCK);
    run(&reading, &node, 1);
    assert_one_log(&reading);
    assert_int_equal(node.blocks, 1);
    assert_int_equal(node.receipts, 1);

    struct log_node honest = {.head = HEAD, .every = 7, .false_blooms = true};
    reading = reading_of(&honest, EMPTY_BLOCK);
    run(&reading, &honest, 1);
    assert_int_equal(reading.err, ERR_OK);
    assert_int_equal(reading.logs.n_transfers, 0);
    assert_int_equal(honest.blocks, 1);
    assert_int_equal(honest.receipts, 1);
}

/* It knows receipts, so what it says of logs waits for them. */
static void test_receipts_that_cannot_be_had_now_prove_nothing(void **state) {
    (void)state;
    struct log_node node = {.head = HEAD,
                            .every = 7,
                            .hides_blocks = 9,
                            .receipts_error = "{\"code\":-32603,\"message\":\"internal error\"}"};
    struct reading reading = reading_of(&node, LOG_BLOCK);
    run(&reading, &node, 1);
    assert_int_equal(reading.err, ERR_UPSTREAM_ERROR);
    assert_int_equal(reading.logs.n_transfers, 0);
    logs_free(&reading.logs);
}

/* Blooms say yes to what is not there, too. */
static void test_an_empty_answer_that_is_repeated_is_believed(void **state) {
    (void)state;
    struct log_node nodes[] = {{.head = HEAD, .every = 7, .hides_blocks = 9}, {.head = HEAD, .hides_blocks = 9}};
    struct reading reading = reading_of(&nodes[0], LOG_BLOCK);
    run(&reading, nodes, 2);
    assert_int_equal(reading.err, ERR_OK);
    assert_int_equal(reading.logs.n_transfers, 0);
    assert_int_equal(nodes[0].blocks, 1);
    assert_int_equal(nodes[1].blocks, 1);

    struct log_node alone = {.head = HEAD, .every = 7, .hides_blocks = 9, .receipts_error = NO_METHOD};
    reading = reading_of(&alone, LOG_BLOCK);
    run(&reading, &alone, 1);
    assert_int_equal(reading.err, ERR_OK);
    assert_int_equal(alone.blocks, 2);
}

/* The node that could confirm it does not answer: then the first one has to say it again. */
static void test_an_empty_answer_that_nobody_else_can_confirm(void **state) {
    (void)state;
    struct log_node nodes[] = {
        {.head = HEAD, .every = 7, .hides_blocks = 1, .receipts_error = NO_METHOD},
        {.head = HEAD, .logs_error = NO_METHOD, .receipts_error = NO_METHOD},
    };
    struct reading reading = reading_of(&nodes[0], LOG_BLOCK);
    run(&reading, nodes, 2);
    assert_one_log(&reading);
    assert_int_equal(nodes[1].blocks, 1);
}

static void test_logs_that_the_bloom_excludes_are_nonsense(void **state) {
    (void)state;
    static const address both[] = {{{0xbb}}, {{0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa,
                                               0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa}}};
    struct log_node node = {.head = HEAD, .every = 7};
    struct reading reading = reading_of(&node, LOG_BLOCK);
    reading.tokens = both;
    reading.n_tokens = 2;
    memset(reading.header.bloom, 0, BLOOM_BYTES); /* of the other token, whose logs the node does not have */
    log_node_bloom(reading.header.bloom, both[0].bytes, sizeof both[0]);
    log_node_bloom(reading.header.bloom, erc20_events[ERC20_TOPIC_TRANSFER].topic.bytes, sizeof(hash32));
    run(&reading, &node, 1);
    assert_int_equal(reading.err, ERR_UPSTREAM_ERROR);
    assert_int_equal(reading.logs.n_transfers, 0);
    logs_free(&reading.logs);
}

/* An event's topics are none that transfers have: the contract alone says whether the block may have it. */
static void test_blooms_of_events(void **state) {
    (void)state;
    static const address other = {{0xbb}};
    struct log_node node = {.head = HEAD, .every = 7};
    struct reading reading = reading_of(&node, LOG_BLOCK);
    const address both[] = {other, log_node_token};
    reading.kind = LOGS_EVENTS;
    memset(reading.header.bloom, 0, BLOOM_BYTES);
    log_node_bloom(reading.header.bloom, log_node_token.bytes, sizeof log_node_token);
    run(&reading, &node, 1);
    assert_int_equal(reading.err, ERR_OK);
    assert_int_equal(reading.logs.n_events, 1);
    logs_free(&reading.logs);

    reading.tokens = both;
    reading.n_tokens = 2;
    memset(reading.header.bloom, 0, BLOOM_BYTES);
    log_node_bloom(reading.header.bloom, other.bytes, sizeof other);
    run(&reading, &node, 1);
    assert_int_equal(reading.err, ERR_UPSTREAM_ERROR);
    assert_int_equal(reading.logs.n_events, 0);
    logs_free(&reading.logs);
}

static void test_another_blocks_logs_are_nonsense(void **state) {
    (void)state;
    struct log_node nodes[] = {{.head = HEAD, .every = 7, .other_blocks = true}, {.head = HEAD, .every = 7}};
    struct reading reading = reading_of(&nodes[0], LOG_BLOCK);
    run(&reading, nodes, 2);
    assert_one_log(&reading);
}

static void test_a_block_that_is_gone(void **state) {
    (void)state;
    struct log_node node = {.head = HEAD, .every = 7, .logs_error = "{\"code\":-32000,\"message\":\"unknown block\"}"};
    struct reading reading = reading_of(&node, LOG_BLOCK);
    run(&reading, &node, 1);
    assert_int_equal(reading.err, ERR_BLOCK_NOT_FOUND);
    assert_int_equal(reading.fault.code, ERR_BLOCK_NOT_FOUND);
    logs_free(&reading.logs);
}

static void test_a_block_with_too_many_logs_is_read_in_parts(void **state) {
    (void)state;
    address tokens[5] = {log_node_token};
    for (size_t i = 1; i < 5; i++) memset(&tokens[i], 0xa0 + (int)i, sizeof tokens[i]);
    struct log_node node = {.head = HEAD,
                            .every = 7,
                            .max_tokens = 2,
                            .too_many = "{\"code\":-32005,\"message\":\"query returned more than 10000 results\"}"};
    struct reading reading = reading_of(&node, LOG_BLOCK);
    reading.tokens = tokens;
    reading.n_tokens = 5;
    run(&reading, &node, 1);
    assert_one_log(&reading);
    assert_int_equal(node.receipts, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_a_block),
        cmocka_unit_test(test_reads_all_events_of_a_block),
        cmocka_unit_test(test_what_the_bloom_rules_out_is_not_asked_for),
        cmocka_unit_test(test_a_blank_bloom_proves_nothing),
        cmocka_unit_test(test_an_empty_answer_without_a_bloom_is_not_believed),
        cmocka_unit_test(test_an_empty_answer_against_the_bloom_is_not_believed),
        cmocka_unit_test(test_an_only_nodes_empty_answer_is_held_against_its_receipts),
        cmocka_unit_test(test_receipts_that_cannot_be_had_now_prove_nothing),
        cmocka_unit_test(test_an_empty_answer_that_is_repeated_is_believed),
        cmocka_unit_test(test_an_empty_answer_that_nobody_else_can_confirm),
        cmocka_unit_test(test_logs_that_the_bloom_excludes_are_nonsense),
        cmocka_unit_test(test_blooms_of_events),
        cmocka_unit_test(test_another_blocks_logs_are_nonsense),
        cmocka_unit_test(test_a_block_that_is_gone),
        cmocka_unit_test(test_a_block_with_too_many_logs_is_read_in_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
