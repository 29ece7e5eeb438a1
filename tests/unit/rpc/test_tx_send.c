/* A signed transaction on its way to several nodes: who is given it, how often, and what all of their answers make.
 * Each test makes and takes down its own net of fake nodes.
 * Runs on the test's thread, except what the nodes serve. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "net.h"
#include "rpc/chain_state.h"

#define HASH "0x00000000000000000000000000000000000000000000000000000000000000ab"
#define OTHER "0x00000000000000000000000000000000000000000000000000000000000000ac"

static const hash32 hash = {{[31] = 0xab}};
static const uint8_t raw[] = {0x02, 0xf8, 0x6b};

/* What a node makes of every transaction. */
struct tx_node {
    const char *member; /* "result" or "error"; NULL: what follows is what it does */
    const char *json;
    fake_serve serve;
    atomic_uint sends;
    atomic_uint wrong; /* requests that were not the transaction */
};

static void serve(struct fake_request *request) {
    struct tx_node *node = request->node->arg;
    bool right = strcmp(fake_method(request->body), "eth_sendRawTransaction") == 0 &&
                 strcmp(fake_param(request->body, 0), "0x02f86b") == 0;
    atomic_fetch_add(right ? &node->sends : &node->wrong, 1);
    if (node->serve != NULL) {
        node->serve(request);
    } else {
        fake_answer(request, node->member, node->json);
    }
}

static void says_500(struct fake_request *request) {
    fake_send(request, 500, "", "oops");
}

static void says_429(struct fake_request *request) {
    fake_send(request, 429, "Retry-After: 1\r\n", "slow down");
}

static void cuts(struct fake_request *request) {
    request->close = true;
}

struct sent {
    unsigned nodes;
    enum tx_verdict verdict;
    unsigned taken;
    enum err fault;
};

static void send_it(struct task *task, struct chain *chain, void *arg) {
    struct sent *sent = arg;
    sent->verdict = tx_send(task, chain, &sent->taken, raw, sizeof raw, &hash, sent->nodes);
    sent->fault = task->fault.code;
}

/* In: opened, called before anything is sent; NULL: nothing. */
static struct sent run_with(struct tx_node *nodes, size_t n, unsigned asked, void (*opened)(struct net *net)) {
    static const fake_serve serves[] = {serve, serve, serve};
    struct net net;
    struct sent sent = {.nodes = asked};
    net_start(&net, serves, n);
    net.limits.attempt_timeout_ms = 10000;
    for (size_t i = 0; i < n; i++) {
        net.nodes[i].arg = &nodes[i];
        if (nodes[i].serve == fake_hang) net.limits.attempt_timeout_ms = 500; /* which is to pass */
    }
    net.arg = &sent;
    net_open(&net, 1, 0);
    if (opened != NULL) opened(&net);
    net_run(&net, send_it);
    for (size_t i = 0; i < n; i++) assert_int_equal(nodes[i].wrong, 0);
    assert_int_equal(sent.fault, ERR_OK);
    int64_t counted = 0;
    for (size_t i = 0; i < n; i++) counted += metrics_value(METRIC_TX_SENT, i, TX_TAKEN);
    assert_int_equal(counted, sent.taken);
    net_close(&net);
    return sent;
}

static struct sent run(struct tx_node *nodes, size_t n, unsigned asked) {
    return run_with(nodes, n, asked, NULL);
}

#define SAYS(what, value) .member = what, .json = value
#define ERROR(text) SAYS("error", "{\"code\":-32000,\"message\":\"" text "\"}")
#define TAKES SAYS("result", "\"" HASH "\"")

static void test_each_is_asked_once(void **state) {
    (void)state;
    struct tx_node nodes[] = {{TAKES}, {TAKES}, {TAKES}};
    struct sent sent = run(nodes, 3, 2);
    assert_int_equal(sent.verdict, TX_TAKEN);
    assert_int_equal(sent.taken, 2);
    assert_int_equal(nodes[0].sends, 1);
    assert_int_equal(nodes[1].sends, 1);
    assert_int_equal(nodes[2].sends, 0); /* the fittest come first */
}

static void test_more_than_there_are(void **state) {
    (void)state;
    struct tx_node node = {TAKES};
    struct sent sent = run(&node, 1, 99);
    assert_int_equal(sent.verdict, TX_TAKEN);
    assert_int_equal(sent.taken, 1);
    assert_int_equal(node.sends, 1);
}

static void test_known_is_taken(void **state) {
    (void)state;
    struct tx_node nodes[] = {{ERROR("nonce too low")}, {ERROR("already known")}};
    struct sent sent = run(nodes, 2, 2);
    assert_int_equal(sent.verdict, TX_TAKEN);
    assert_int_equal(sent.taken, 1);
}

static void test_nobody_tries_again(void **state) {
    (void)state;
    const struct tx_node silent[] = {
        {.serve = says_500},
        {.serve = says_429},
        {.serve = fake_hang},
        {SAYS("result", "\"" OTHER "\"")},
        {SAYS("result", "null")},
        {SAYS("result", "{\"hash\":\"" HASH "\"}")},
        {SAYS("result", "[]")},
        {SAYS("result", "true")},
        {ERROR("internal error")},
        {ERROR("rate limit exceeded")},
        {SAYS("error", "{\"code\":-32005,\"message\":\"limit exceeded\"}")},
        {SAYS("error", "\"nonsense\"")},
    };
    for (size_t i = 0; i < sizeof silent / sizeof silent[0]; i++) {
        struct tx_node node = silent[i];
        struct sent sent = run(&node, 1, 3);
        if (sent.verdict != TX_UNCERTAIN) fail_msg("%zu: %s", i, tx_verdict_info(sent.verdict)->name);
        assert_int_equal(sent.taken, 0);
        assert_int_equal(node.sends, 1);
    }
}

/* libcurl itself asks once more when a connection that was kept turns out to be closed: one over which nothing came. */
static void test_a_connection_that_is_cut(void **state) {
    (void)state;
    struct tx_node node = {.serve = cuts};
    struct sent sent = run(&node, 1, 3);
    assert_int_equal(sent.verdict, TX_UNCERTAIN);
    assert_true(node.sends <= 2);
}

static void test_the_most_telling_answer_counts(void **state) {
    (void)state;
    const struct {
        struct tx_node nodes[2];
        enum tx_verdict verdict;
    } rows[] = {
        {{{ERROR("insufficient funds for transfer")}, {TAKES}}, TX_TAKEN},
        {{{ERROR("insufficient funds for transfer")}, {.serve = says_500}}, TX_UNCERTAIN},
        {{{ERROR("insufficient funds for transfer")}, {ERROR("nonce too low")}}, TX_NONCE_USED},
        {{{ERROR("insufficient funds for transfer")}, {ERROR("invalid sender")}}, TX_NO_FUNDS},
        {{{ERROR("transaction underpriced")}, {ERROR("replacement transaction underpriced")}}, TX_UNDERPRICED},
        {{{ERROR("exceeds block gas limit")}, {ERROR("intrinsic gas too low")}}, TX_GAS_TOO_LOW},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tx_node nodes[2];
        memcpy(nodes, rows[i].nodes, sizeof nodes);
        struct sent sent = run(nodes, 2, 2);
        if (sent.verdict != rows[i].verdict) fail_msg("%zu: %s", i, tx_verdict_info(sent.verdict)->name);
        assert_int_equal(nodes[0].sends + nodes[1].sends, 2);
    }
}

/* Some refuse what others take. */
static void test_what_is_refused_is_given_to_the_others(void **state) {
    (void)state;
    struct tx_node nodes[] = {{ERROR("transaction underpriced")}, {ERROR("transaction underpriced")}, {TAKES}};
    struct sent sent = run(nodes, 3, 1);
    assert_int_equal(sent.verdict, TX_TAKEN);
    assert_int_equal(sent.taken, 1);
    for (size_t i = 0; i < 3; i++) assert_int_equal(nodes[i].sends, 1);
    struct tx_node silent[] = {{ERROR("transaction underpriced")}, {.serve = says_500}};
    sent = run(silent, 2, 1);
    assert_int_equal(sent.verdict, TX_UNCERTAIN);
    struct tx_node unsure[] = {{.serve = says_500}, {TAKES}};
    sent = run(unsure, 2, 1);
    assert_int_equal(sent.verdict, TX_UNCERTAIN);
    assert_int_equal(unsure[1].sends, 0);
    struct tx_node all[] = {{ERROR("invalid sender")}, {ERROR("insufficient funds for transfer")}};
    sent = run(all, 2, 1);
    assert_int_equal(sent.verdict, TX_NO_FUNDS);
}

static void make_first_foreign(struct net *net) {
    atomic_store(&net->nodes[0].chain_id, 5);
}

/* It has not been given the transaction, so what it might have said leaves nothing open. */
static void test_a_node_of_another_chain_is_not_given_it(void **state) {
    (void)state;
    struct tx_node nodes[] = {{TAKES}, {ERROR("insufficient funds for transfer")}};
    struct sent sent = run_with(nodes, 2, 2, make_first_foreign);
    assert_int_equal(sent.verdict, TX_NO_FUNDS);
    assert_int_equal(nodes[0].sends, 0);
    struct tx_node alone = {TAKES};
    sent = run_with(&alone, 1, 2, make_first_foreign);
    assert_int_equal(sent.verdict, TX_UNCERTAIN);
    assert_int_equal(alone.sends, 0);
}

static void open_breaker(struct net *net) {
    struct upstream *upstream = &net->chain->upstreams[0];
    const struct upstream_result failed = {.verdict = UPSTREAM_FAILED, .outcome = RPC_UNREACHABLE};
    upstream_identify(upstream, UPSTREAM_VERIFIED, 0);
    for (unsigned i = 0; i < 40; i++) upstream_record(upstream, &failed, upstream_now_ms());
}

static void test_one_that_is_down_only_for_want_of_another(void **state) {
    (void)state;
    struct tx_node nodes[] = {{TAKES}, {TAKES}};
    struct sent sent = run_with(nodes, 2, 2, open_breaker);
    assert_int_equal(sent.verdict, TX_TAKEN);
    assert_int_equal(nodes[0].sends, 0);
    assert_int_equal(nodes[1].sends, 1);
    struct tx_node alone = {TAKES};
    sent = run_with(&alone, 1, 2, open_breaker);
    assert_int_equal(sent.verdict, TX_TAKEN);
    assert_int_equal(alone.sends, 1);
}

int main(void) {
    setenv("no_proxy", "*", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_is_asked_once),
        cmocka_unit_test(test_more_than_there_are),
        cmocka_unit_test(test_known_is_taken),
        cmocka_unit_test(test_nobody_tries_again),
        cmocka_unit_test(test_a_connection_that_is_cut),
        cmocka_unit_test(test_the_most_telling_answer_counts),
        cmocka_unit_test(test_what_is_refused_is_given_to_the_others),
        cmocka_unit_test(test_a_node_of_another_chain_is_not_given_it),
        cmocka_unit_test(test_one_that_is_down_only_for_want_of_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
