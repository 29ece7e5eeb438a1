/* Ranges of final blocks read from nodes that serve a struct log_node, and what came of it. A struct reading belongs to
 * its test, which frees its logs.
 * Reading happens in a coroutine, where cmocka must not assert; the test judges afterwards. */
#ifndef DAPPD_TESTS_LOG_READING_H
#define DAPPD_TESTS_LOG_READING_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "log_node.h"
#include "rpc/chain_state.h"

#define ERROR_JSON(code, message) "{\"code\":" #code ",\"message\":\"" message "\"}"

enum { HEAD = 5000, MAX_READS = 4 };

/* What is read, one after the other, and what came of it. */
struct reading {
    struct logs_range ranges[MAX_READS];
    enum logs_outcome outcomes[MAX_READS];
    size_t n;
    bool every; /* every contract */
    enum logs_kind kind;
    struct logs logs;
    const address *tokens; /* NULL: log_node_token */
    size_t n_tokens;
    uint64_t max_blocks;
    struct upstream_health health; /* of the first node */
    struct fault fault;
};

static inline void read_ranges(struct task *task, struct chain *chain, void *arg) {
    struct reading *reading = arg;
    struct logs_filter filter = {.kind = reading->kind, .tokens = &log_node_token, .n_tokens = reading->every ? 0 : 1};
    if (reading->tokens != NULL) {
        filter.tokens = reading->tokens;
        filter.n_tokens = reading->n_tokens;
    }
    for (size_t i = 0; i < reading->n; i++) {
        reading->outcomes[i] = logs_read_range(task, chain, &reading->logs, &filter, &reading->ranges[i]);
    }
    reading->max_blocks = logs_max_blocks(chain);
    reading->health = chain->upstreams[0].health;
    reading->fault = task->fault;
}

/* Starts the nodes, reads and stops them. */
static inline void run(struct reading *reading, struct log_node *nodes, size_t n) {
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

static inline struct reading reading_of(uint64_t from, uint64_t to) {
    return (struct reading){.ranges = {{.from = from, .to = to}}, .n = 1};
}

static inline void assert_logs(const struct reading *reading, uint64_t every, uint64_t from, uint64_t to) {
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

#endif
