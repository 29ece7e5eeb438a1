/* Ranges of final blocks: what is taken from a node, what is not, and what of a range to ask for next.
 * Each test owns its nodes; reading happens in a coroutine, judging afterwards.
 * Runs on the test's thread, except what the nodes serve. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "log_node.h"

enum { HEAD = 5000, MAX_READS = 4 };

/* What is read, one after the other, and what came of it. */
struct reading {
    struct logs_range ranges[MAX_READS];
    enum logs_outcome outcomes[MAX_READS];
    size_t n;
    bool every; /* every contract */
    struct logs logs;
    uint64_t max_blocks;
    struct fault fault;
};

static void read_ranges(struct task *task, struct chain *chain, void *arg) {
    struct reading *reading = arg;
    struct logs_filter filter = {.tokens = &log_node_token, .n_tokens = reading->every ? 0 : 1};
    for (size_t i = 0; i < reading->n; i++) {
        reading->outcomes[i] = logs_read_range(task, chain, &reading->logs, &filter, &reading->ranges[i]);
    }
    reading->max_blocks = logs_max_blocks(chain);
    reading->fault = task->fault;
}

/* Starts the nodes, reads and stops them. */
static void run(struct reading *reading, struct log_node *nodes, size_t n) {
    static const fake_serve serves[NET_MAX_NODES] = {log_node_serve, log_node_serve, log_node_serve};
    struct net net;
    net_start(&net, serves, n);
    for (size_t i = 0; i < n; i++) net.nodes[i].arg = &nodes[i];
    net.arg = reading;
    net_open(&net, 1, 0);
    logs_init(&reading->logs);
    net_run(&net, read_ranges);
    net_close(&net);
}

static struct reading reading_of(uint64_t from, uint64_t to) {
    return (struct reading){.ranges = {{.from = from, .to = to}}, .n = 1};
}

static void assert_logs(const struct reading *reading, uint64_t every, uint64_t from, uint64_t to) {
    size_t i = 0;
    for (uint64_t n = from; n <= to; n++) {
        if (n % every != 0) continue;
        assert_true(i < reading->logs.n_transfers);
        const struct transfer_log *log = &reading->logs.transfers[i++];
        hash32 hash = log_node_hash(n, 1);
        assert_int_equal(log->place.block_number, n);
        assert_int_equal(log->place.timestamp, 1000 + n);
        assert_memory_equal(&log->place.block_hash, &hash, sizeof hash);
        assert_int_equal(log->amount.limb[0], n);
        assert_memory_equal(&log->token, &log_node_token, sizeof log_node_token);
    }
    assert_int_equal(reading->logs.n_transfers, i);
}

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
    run(&reading, &node, 1);
    assert_int_equal(reading.outcomes[0], LOGS_OK);
    assert_logs(&reading, 7, 1, 100);
    logs_free(&reading.logs);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_a_range),
        cmocka_unit_test(test_asks_for_times_that_logs_lack),
        cmocka_unit_test(test_a_node_without_batches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
