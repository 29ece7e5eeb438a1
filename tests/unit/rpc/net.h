/* A chain of fake nodes and a reactor to talk to them from.
 * A struct net belongs to its test. Bodies run in a coroutine, where cmocka must not assert: they note what they see
 * and the test asserts afterwards. */
#ifndef DAPPD_TESTS_NET_H
#define DAPPD_TESTS_NET_H

#include "core/cache.h"
#include "core/metrics.h"
#include "core/task.h"
#include "fake_node.h"
#include "rpc/rpc.h"
#include "rpc/state.h"
#include "rpc/tx_send.h"

enum { NET_MAX_NODES = 3, NET_MAX_REACTORS = 2, NET_ARENA_BYTES = 64 * 1024 * 1024 };

struct net {
    struct fake_node nodes[NET_MAX_NODES];
    size_t n;
    struct cache *cache;
    struct chain *chain;
    struct rpc_limits limits;
    uint64_t task_ms; /* time a body's task gets */
    bool equals;      /* the nodes have the same priority */
    void *arg;        /* what bodies are given */
};

typedef void (*net_body)(struct task *task, struct chain *chain, void *arg);

static inline void net_start_metrics(void) {
    static const char *const upstreams[] = {"first", "second", "third"};
    static const char *const chains[] = {"test"};
    static const char *const caches[] = {"amount", "token", "block"};
    const char *outcomes[RPC_OUTCOME_COUNT];
    for (unsigned i = 0; i < RPC_OUTCOME_COUNT; i++) outcomes[i] = rpc_outcome_name((enum rpc_outcome)i);
    metrics_start(NET_MAX_REACTORS + 1);
    metrics_set_label_values(METRIC_LABEL_UPSTREAM, upstreams, NET_MAX_NODES);
    metrics_set_label_values(METRIC_LABEL_OUTCOME, outcomes, RPC_OUTCOME_COUNT);
    metrics_set_label_values(METRIC_LABEL_CHAIN, chains, 1);
    metrics_set_label_values(METRIC_LABEL_CACHE, caches, 3);
    state_set_metric_labels();
    tx_send_set_metric_labels();
}

/* Starts one node for each function, in order of priority. The caller may change limits until net_open. */
static inline void net_start(struct net *net, const fake_serve *serve, size_t n) {
    memset(net, 0, sizeof *net);
    net->n = n;
    net->task_ms = 20000;
    net->limits = (struct rpc_limits){
        .connect_timeout_ms = 2000, .attempt_timeout_ms = 5000, .max_reply_bytes = 1024 * 1024, .max_batch = 100};
    for (size_t i = 0; i < n; i++) fake_start(&net->nodes[i], serve[i]);
    net_start_metrics();
    net->cache = cache_new(1024 * 1024);
}

/* In: chain_id, 0: whatever the first node says; block_time_ms, 0: measured. */
static inline void net_open(struct net *net, uint64_t chain_id, uint64_t block_time_ms) {
    static const char *const names[NET_MAX_NODES] = {"first", "second", "third"};
    struct upstream_config upstreams[NET_MAX_NODES];
    for (size_t i = 0; i < net->n; i++) {
        upstreams[i] = (struct upstream_config){
            .name = names[i], .url = net->nodes[i].url, .priority = net->equals ? 0 : (unsigned)i};
    }
    struct chain_config config = {.name = "test",
                                  .id = chain_id,
                                  .native_symbol = "ETH",
                                  .native_decimals = 18,
                                  .block_time_ms = block_time_ms,
                                  .upstreams = upstreams,
                                  .n_upstreams = net->n};
    net->chain = chain_new(&config, &net->limits, net->cache, 0, 0);
}

static inline void net_close(struct net *net) {
    for (size_t i = 0; i < net->n; i++) fake_stop(&net->nodes[i]);
    chain_free(net->chain);
    cache_free(net->cache);
    metrics_stop();
}

struct net_run {
    struct net *net;
    struct reactor *reactor;
    net_body body;
    bool follow;
};

static inline void net_run_body(void *arg) {
    struct net_run *run = arg;
    struct task task = {
        .reactor = run->reactor,
        .arena = arena_new(NET_ARENA_BYTES),
        .deadline_ms = reactor_now_ms(run->reactor) + run->net->task_ms,
        .name = "test",
    };
    run->body(&task, run->net->chain, run->net->arg);
    arena_free(task.arena);
    if (run->follow) chain_stop(run->net->chain);
    reactor_stop(run->reactor);
}

/* Runs a body on a reactor of its own, with the head followed or not. In: index, 0 or 1; another thread may run the
 * other. */
static inline void net_run_on(unsigned index, struct net *net, net_body body, bool follow) {
    struct net_run run = {.net = net, .reactor = reactor_new(index), .body = body, .follow = follow};
    metrics_use_shard(index);
    struct reactor_rpc *rpc = rpc_attach(run.reactor);
    if (follow) chain_follow(net->chain, run.reactor);
    reactor_spawn(run.reactor, net_run_body, &run);
    reactor_run(run.reactor);
    rpc_detach(rpc);
    reactor_free(run.reactor);
}

static inline void net_run(struct net *net, net_body body) {
    net_run_on(0, net, body, false);
}

#endif
