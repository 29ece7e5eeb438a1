/* Ranges of final blocks: what is taken from a node, what is not, and what of a range to ask for next.
 * Each test owns its nodes; reading happens in a coroutine, judging afterwards.
 * Runs on the test's thread, except what the nodes serve. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "log_reading.h"

static void test_reads_a_range(void **state) {
    (void)state;
    struct log_node node = {.head = HEAD, .every = 7};
    struct reading reading = reading_of(1, 1000);
    run(&reading, &node, 1);
    assert_int_equal(reading.outcomes[0], LOGS_OK);
    assert_logs(&reading, 7, 1, 1000);
    hash32 hash = log_node_hash(1000, 1);
    assert_int_equal(reading.ranges[0].last.number, 1000);
    assert_int_equal(reading.ranges[0].last.timestamp, 2000);
    assert_memory_equal(&reading.ranges[0].last.hash, &hash, sizeof hash);
    assert_int_equal(node.ranges, 1);
    assert_int_equal(node.headers, 1);
    logs_free(&reading.logs);
}

/* Also of blocks whose times the logs lack, and of a node's answer that another one has to make good. */
static void test_reads_events(void **state) {
    (void)state;
    struct log_node nodes[] = {{.head = HEAD, .every = 7, .no_timestamps = true, .hides_ranges = true},
                               {.head = HEAD, .every = 7, .no_timestamps = true}};
    struct reading reading = reading_of(1, 700);
    reading.kind = LOGS_EVENTS;
    run(&reading, nodes, 2);
    assert_int_equal(reading.outcomes[0], LOGS_OK);
    assert_int_equal(reading.logs.n_transfers, 0);
    assert_int_equal(reading.logs.n_events, 100);
    for (size_t i = 0; i < 100; i++) {
        const struct event_log *event = &reading.logs.events[i];
        hash32 amount = log_node_hash(7 * (i + 1), 0);
        assert_int_equal(event->place.block_number, 7 * (i + 1));
        assert_int_equal(event->place.timestamp, 1000 + 7 * (i + 1));
        assert_memory_equal(&event->contract, &log_node_token, sizeof log_node_token);
        assert_int_equal(event->n_topics, 3);
        assert_int_equal(event->data_len, sizeof amount);
        assert_memory_equal(event->data, amount.bytes, sizeof amount);
    }
    assert_int_equal(nodes[0].ranges + nodes[1].ranges, 2);
    logs_free(&reading.logs);
}

static void test_asks_for_times_that_logs_lack(void **state) {
    (void)state;
    struct log_node node = {.head = HEAD, .every = 10, .no_timestamps = true};
    struct reading reading = reading_of(1, 1005);
    run(&reading, &node, 1);
    assert_int_equal(reading.outcomes[0], LOGS_OK);
    assert_logs(&reading, 10, 1, 1005);
    assert_int_equal(node.headers, 1 + 100);
    logs_free(&reading.logs);
}

static void test_a_node_without_batches(void **state) {
    (void)state;
    struct log_node node = {.head = HEAD, .every = 7, .no_batches = true};
    struct reading reading = reading_of(1, 100);
    reading.ranges[1] = (struct logs_range){.from = 101, .to = 200};
    reading.n = 2;
    run(&reading, &node, 1);
    assert_int_equal(reading.outcomes[0], LOGS_OK);
    assert_int_equal(reading.outcomes[1], LOGS_OK);
    assert_logs(&reading, 7, 1, 200);
    assert_int_equal(node.ranges, 2);
    assert_int_equal(node.headers_before_logs, 2); /* it had the block before it answered */
    logs_free(&reading.logs);
}

/* It has answered with an empty list, which proves nothing. */
static void test_a_node_that_is_behind_does_not_count(void **state) {
    (void)state;
    struct log_node nodes[] = {{.head = 50, .every = 7}, {.head = HEAD, .every = 7}};
    struct reading reading = reading_of(60, 100);
    run(&reading, nodes, 2);
    assert_int_equal(reading.outcomes[0], LOGS_OK);
    assert_logs(&reading, 7, 60, 100);
    logs_free(&reading.logs);

    struct log_node alone = {.head = 80, .every = 7};
    reading = reading_of(60, 100);
    run(&reading, &alone, 1);
    assert_int_equal(reading.outcomes[0], LOGS_FAILED);
    assert_int_equal(reading.fault.code, ERR_BLOCK_NOT_FOUND);
    assert_int_equal(reading.logs.n_transfers, 0);
    logs_free(&reading.logs);
}

static void test_a_limit_is_learned(void **state) {
    (void)state;
    struct log_node node = {
        .head = HEAD, .every = 7, .max_blocks = 50, .too_many = ERROR_JSON(-32701, "exceed maximum block range: 50")};
    struct reading reading = reading_of(1, 1000);
    reading.ranges[1] = (struct logs_range){.from = 1, .to = 51};
    reading.ranges[2] = (struct logs_range){.from = 1, .to = 50};
    reading.n = 3;
    run(&reading, &node, 1);
    assert_int_equal(reading.outcomes[0], LOGS_SPLIT);
    assert_int_equal(reading.ranges[0].suggested_to, 50);
    assert_int_equal(reading.outcomes[1], LOGS_SPLIT);
    assert_int_equal(reading.ranges[1].suggested_to, 50);
    assert_int_equal(reading.outcomes[2], LOGS_OK);
    assert_int_equal(reading.max_blocks, 50);
    assert_int_equal(node.ranges, 2); /* nobody was asked what is known */
    assert_logs(&reading, 7, 1, 50);
    logs_free(&reading.logs);
}

static void test_a_limit_without_a_number_is_found_by_halving(void **state) {
    (void)state;
    struct log_node node = {
        .head = HEAD, .every = 7, .max_blocks = 50, .too_many = ERROR_JSON(-32600, "block range is too wide")};
    struct reading reading = reading_of(1, 200);
    reading.ranges[1] = (struct logs_range){.from = 1, .to = 100};
    reading.ranges[2] = (struct logs_range){.from = 1, .to = 50};
    reading.n = 3;
    run(&reading, &node, 1);
    assert_int_equal(reading.outcomes[0], LOGS_SPLIT);
    assert_int_equal(reading.ranges[0].suggested_to, 100);
    assert_int_equal(reading.outcomes[1], LOGS_SPLIT);
    assert_int_equal(reading.ranges[1].suggested_to, 50);
    assert_int_equal(reading.outcomes[2], LOGS_OK);
    logs_free(&reading.logs);
}

static void test_a_node_that_takes_more_is_asked_instead(void **state) {
    (void)state;
    struct log_node nodes[] = {
        {.head = HEAD, .every = 7, .max_blocks = 10, .too_many = ERROR_JSON(-32047, "Max range: 10")},
        {.head = HEAD, .every = 7},
    };
    struct reading reading = reading_of(1, 100);
    reading.ranges[1] = (struct logs_range){.from = 101, .to = 200};
    reading.n = 2;
    run(&reading, nodes, 2);
    assert_int_equal(reading.outcomes[0], LOGS_OK);
    assert_int_equal(reading.outcomes[1], LOGS_OK);
    assert_int_equal(reading.max_blocks, 0);
    assert_int_equal(nodes[0].ranges, 1);
    assert_int_equal(nodes[1].ranges, 2);
    assert_logs(&reading, 7, 1, 200);
    logs_free(&reading.logs);
}

/* Too much in the range is no limit on ranges. */
static void test_too_many_logs(void **state) {
    (void)state;
    struct log_node node = {.head = HEAD,
                            .every = 7,
                            .max_blocks = 50,
                            .too_many =
                                ERROR_JSON(-32602, "query exceeds max results 20000, retry with the range 1-33")};
    struct reading reading = reading_of(1, 100);
    run(&reading, &node, 1);
    assert_int_equal(reading.outcomes[0], LOGS_SPLIT);
    assert_int_equal(reading.ranges[0].suggested_to, 33);
    assert_int_equal(reading.max_blocks, 0);
    logs_free(&reading.logs);
}

static void test_errors(void **state) {
    (void)state;
    static const struct {
        const char *error;
        enum logs_outcome outcome;
        enum err err;
    } rows[] = {
        {ERROR_JSON(-32000, "something went wrong"), LOGS_SPLIT, ERR_UPSTREAM_ERROR},
        {ERROR_JSON(-32602, "some new wording"), LOGS_SPLIT, ERR_UPSTREAM_ERROR},
        {ERROR_JSON(-32602, "Archive requests require a personal token"), LOGS_FAILED, ERR_STATE_UNAVAILABLE},
        {ERROR_JSON(-32000, "unknown block"), LOGS_FAILED, ERR_BLOCK_NOT_FOUND},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct log_node node = {.head = HEAD, .every = 7, .logs_error = rows[i].error};
        struct reading reading = reading_of(1, 100);
        run(&reading, &node, 1);
        assert_int_equal(reading.outcomes[0], rows[i].outcome);
        assert_int_equal(reading.fault.code, rows[i].err);
        assert_null(strstr(reading.fault.detail, "wording"));
        assert_int_equal(reading.ranges[0].suggested_to, 0);
        logs_free(&reading.logs);
    }
}

static void test_an_error_of_one_block_is_final(void **state) {
    (void)state;
    struct log_node node = {.head = HEAD, .logs_error = ERROR_JSON(-32000, "something went wrong")};
    struct reading reading = reading_of(70, 70);
    run(&reading, &node, 1);
    assert_int_equal(reading.outcomes[0], LOGS_FAILED);
    assert_int_equal(reading.fault.code, ERR_UPSTREAM_ERROR);
    logs_free(&reading.logs);
}

static void test_one_block_that_is_too_large_comes_from_its_receipts(void **state) {
    (void)state;
    struct log_node node = {
        .head = HEAD, .every = 7, .max_tokens = 1, .too_many = ERROR_JSON(-32005, "Too many logs requested")};
    struct reading reading = reading_of(70, 70);
    reading.every = true;
    run(&reading, &node, 1);
    assert_int_equal(reading.outcomes[0], LOGS_OK);
    assert_int_equal(reading.fault.code, ERR_OK);
    assert_int_equal(node.receipts, 1);
    assert_int_equal(reading.ranges[0].last.number, 70);
    assert_logs(&reading, 7, 70, 70);
    logs_free(&reading.logs);
}

/* More contracts than fit into one question. */
static void test_many_contracts(void **state) {
    (void)state;
    address *tokens = calloc(2500, sizeof *tokens);
    for (unsigned i = 0; i < 2500; i++) memcpy(tokens[i].bytes, &i, sizeof i);
    tokens[7] = log_node_token; /* sorted last, into the third question */
    struct log_node node = {.head = HEAD, .every = 7, .max_tokens = 1000, .too_many = ERROR_JSON(-32602, "no")};
    struct reading reading = reading_of(1, 100);
    reading.tokens = tokens;
    reading.n_tokens = 2500;
    run(&reading, &node, 1);
    assert_int_equal(reading.outcomes[0], LOGS_OK);
    assert_int_equal(node.ranges, 3);
    assert_logs(&reading, 7, 1, 100);
    logs_free(&reading.logs);
    free(tokens);
}

/* A proxy gives up on the node because the range is heavy, which is no word against the node. */
static void test_heavy_ranges_do_not_make_a_node_ill(void **state) {
    (void)state;
    struct log_node node = {.head = HEAD, .every = 7, .status = 504};
    struct reading reading = reading_of(1, 100);
    reading.n = MAX_READS;
    for (size_t i = 1; i < MAX_READS; i++) reading.ranges[i] = reading.ranges[0];
    run(&reading, &node, 1);
    for (size_t i = 0; i < MAX_READS; i++) assert_int_equal(reading.outcomes[i], LOGS_SPLIT);
    assert_int_equal(reading.health.failed, 0);
    assert_int_equal(reading.health.failures, 0);
    logs_free(&reading.logs);

    struct log_node ill = {.head = HEAD, .every = 7, .status = 503};
    run(&reading, &ill, 1);
    assert_int_equal(reading.outcomes[0], LOGS_FAILED);
    assert_int_equal(reading.fault.code, ERR_UPSTREAM_UNAVAILABLE);
    assert_true(reading.health.failed > 0);
    logs_free(&reading.logs);
}

static void hang(struct fake_request *request) {
    fake_hang(request);
}

static void test_the_deadline(void **state) {
    (void)state;
    static const fake_serve serves[] = {hang};
    struct reading reading = reading_of(1, 100);
    struct net net;
    net_start(&net, serves, 1);
    net.arg = &reading;
    net.task_ms = 300;
    net_open(&net, 1, 0);
    logs_init(&reading.logs);
    net_run(&net, read_ranges);
    net_close(&net);
    assert_int_equal(reading.outcomes[0], LOGS_FAILED);
    assert_int_equal(reading.fault.code, ERR_TIMEOUT);
    assert_int_equal(reading.health.failed, 0);
    logs_free(&reading.logs);
}

/* Logs of the last block that are of another fork. */
static void test_logs_that_contradict_the_header(void **state) {
    (void)state;
    struct log_node nodes[] = {{.head = HEAD, .every = 7, .other_blocks = true}, {.head = HEAD, .every = 7}};
    struct reading reading = reading_of(1, 70);
    run(&reading, nodes, 2);
    assert_int_equal(reading.outcomes[0], LOGS_OK);
    assert_logs(&reading, 7, 1, 70);
    assert_int_equal(nodes[1].ranges, 1);
    logs_free(&reading.logs);

    struct log_node unlikely = {.head = HEAD, .every = 7, .other_blocks = true, .no_timestamps = true};
    reading = reading_of(1, 69);
    run(&reading, &unlikely, 1);
    assert_int_equal(reading.outcomes[0], LOGS_FAILED);
    assert_int_equal(reading.fault.code, ERR_UPSTREAM_ERROR);
    assert_int_equal(reading.logs.n_transfers, 0);
    logs_free(&reading.logs);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_a_range),
        cmocka_unit_test(test_reads_events),
        cmocka_unit_test(test_asks_for_times_that_logs_lack),
        cmocka_unit_test(test_a_node_without_batches),
        cmocka_unit_test(test_a_node_that_is_behind_does_not_count),
        cmocka_unit_test(test_a_limit_is_learned),
        cmocka_unit_test(test_a_limit_without_a_number_is_found_by_halving),
        cmocka_unit_test(test_a_node_that_takes_more_is_asked_instead),
        cmocka_unit_test(test_too_many_logs),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_an_error_of_one_block_is_final),
        cmocka_unit_test(test_one_block_that_is_too_large_comes_from_its_receipts),
        cmocka_unit_test(test_many_contracts),
        cmocka_unit_test(test_heavy_ranges_do_not_make_a_node_ill),
        cmocka_unit_test(test_the_deadline),
        cmocka_unit_test(test_logs_that_contradict_the_header),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
