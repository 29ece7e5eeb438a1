/* Replies of every kind a node is known to send, and what a caller sees of them.
 * Each test makes and takes down its own net of fake nodes.
 * Runs on the main thread; the nodes run on theirs. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "one_call.h"
#include "eth/erc20.h"

#define REVERT_DATA \
    "0x08c379a00000000000000000000000000000000000000000000000000000000000000020000000000000000000000000000000000000" \
    "00000000000000000000000000026e6f000000000000000000000000000000000000000000000000000000000000"

static void wrong_id(struct fake_request *request) {
    fake_send(request, 200, "", "{\"jsonrpc\":\"2.0\",\"id\":999999,\"result\":\"0x66\"}");
}

static void string_id(struct fake_request *request) {
    char text[128];
    snprintf(text, sizeof text, "{\"id\":\"%lld\",\"result\":\"0x66\"}",
             (long long)json_integer_value(json_object_get(request->body, "id")));
    fake_send(request, 200, "", text);
}

static void html(struct fake_request *request) {
    fake_send(request, 200, "Content-Type: text/html\r\n", "<html><title>Welcome to secret-key</title></html>");
}

static void redirect(struct fake_request *request) {
    fake_send(request, 302, "Location: http://127.0.0.1:1/\r\n", "");
}

static void status_403(struct fake_request *request) {
    fake_send(request, 403, "", "forbidden");
}

static void reset_in_body(struct fake_request *request) {
    static const char half[] = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"jsonrpc\":";
    struct linger hard = {.l_onoff = 1};
    fake_write(request, half, strlen(half));
    setsockopt(request->socket, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    request->close = true;
}

static void not_http(struct fake_request *request) {
    fake_write(request, "220 mail ready\r\n", 16);
    request->close = true;
}

static void closes(struct fake_request *request) {
    request->close = true;
}

static void deep(struct fake_request *request) {
    char text[512] = "{\"id\":1,\"result\":";
    memset(text + strlen(text), '[', 200);
    fake_send(request, 200, "", text);
}

static void test_good_reply(void **state) {
    (void)state;
    struct net net;
    struct seen seen = call_once(&net, (fake_serve[]){good}, 1); /* nobody to hedge with on a slow machine */
    assert_good(&seen);
    assert_int_equal(seen.calls, 2); /* with the chain id */
    assert_true(seen.timed);
    assert_int_equal(net.nodes[0].chain_id_questions, 1);
    assert_int_equal(net.nodes[0].requests, 1);
    assert_non_null(strstr(net.nodes[0].headers, "POST /secret-key HTTP/1.1"));
    assert_non_null(strstr(net.nodes[0].headers, "Content-Type: application/json"));
    assert_non_null(strstr(net.nodes[0].headers, "User-Agent: dappd/"));
    assert_non_null(strstr(net.nodes[0].headers, "Accept-Encoding: "));
    assert_null(strstr(net.nodes[0].headers, "traceparent"));
    assert_null(strstr(net.nodes[0].headers, "Expect"));
}

/* The first node does this, the second is well. */
static void assert_second_answers(fake_serve first) {
    struct net net;
    struct seen seen = call_once(&net, (fake_serve[]){first, good}, 2);
    assert_good(&seen);
    assert_int_equal(net.nodes[0].requests, 1);
    assert_int_equal(net.nodes[1].requests, 1);
}

static void test_next_node_answers(void **state) {
    (void)state;
    assert_second_answers(wrong_id);
    assert_second_answers(string_id);
    assert_second_answers(html);
    assert_second_answers(redirect);
    assert_second_answers(status_500);
    assert_second_answers(status_403);
    assert_second_answers(status_429);
    assert_second_answers(reset_in_body);
    assert_second_answers(not_http);
    assert_second_answers(deep);
    assert_second_answers(node_error);
    assert_second_answers(state_missing);
    assert_second_answers(block_unknown);
}

/* libcurl itself tries once more when a kept connection turns out to be closed. */
static void test_next_node_answers_after_close(void **state) {
    (void)state;
    struct net net;
    struct seen seen = call_once(&net, (fake_serve[]){closes, good}, 2);
    assert_good(&seen);
    assert_int_equal(net.nodes[1].requests, 1);
}

static void test_failures_of_the_only_node(void **state) {
    (void)state;
    static const struct {
        fake_serve serve;
        enum rpc_outcome outcome;
        enum err err;
        unsigned requests;
    } rows[] = {
        {wrong_id, RPC_NONSENSE, ERR_UPSTREAM_ERROR, 3},
        {html, RPC_NONSENSE, ERR_UPSTREAM_ERROR, 3},
        {status_500, RPC_UNREACHABLE, ERR_UPSTREAM_UNAVAILABLE, 3},
        {status_403, RPC_NODE_ERROR, ERR_UPSTREAM_ERROR, 3},
        {reset_in_body, RPC_UNREACHABLE, ERR_UPSTREAM_UNAVAILABLE, 3},
        {node_error, RPC_NODE_ERROR, ERR_UPSTREAM_ERROR, 3},
        {state_missing, RPC_STATE_MISSING, ERR_STATE_UNAVAILABLE, 1}, /* it will say the same again */
        {block_unknown, RPC_BLOCK_UNKNOWN, ERR_BLOCK_NOT_FOUND, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct net net;
        struct seen seen = call_once(&net, &rows[i].serve, 1);
        assert_failed(&seen, rows[i].outcome, rows[i].err);
        assert_int_equal(net.nodes[0].requests, rows[i].requests);
        assert_int_equal(seen.retry_after_s > 0, rows[i].err == ERR_UPSTREAM_UNAVAILABLE);
    }
}

static void huge(struct fake_request *request) {
    static const char head[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    static const char chunk[] =
        "100\r\n0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
        "0123456789abcdef\r\n";
    fake_write(request, head, strlen(head));
    for (int i = 0; i < 100000; i++) fake_write(request, chunk, strlen(chunk)); /* 25 MB if all were taken */
    request->close = true;
}

static void announces_huge(struct fake_request *request) {
    static const char head[] = "HTTP/1.1 200 OK\r\nContent-Length: 900000000\r\n\r\n{";
    fake_write(request, head, strlen(head));
    fake_hang(request);
}

static void test_oversized_replies(void **state) {
    (void)state;
    static const fake_serve rows[] = {huge, announces_huge};
    for (size_t i = 0; i < 2; i++) {
        struct net net;
        struct seen seen = call_once(&net, &rows[i], 1);
        assert_failed(&seen, RPC_TOO_LARGE, ERR_UPSTREAM_ERROR);
        assert_int_equal(net.nodes[0].requests, 1);
    }
    assert_second_answers(huge);
}

static void reverts(struct fake_request *request) {
    fake_answer(request, "error",
                "{\"code\":3,\"message\":\"execution reverted: secret\",\"data\":\"" REVERT_DATA "\"}");
}

static void reverts_without_data(struct fake_request *request) {
    fake_answer(request, "error", "{\"code\":-32603,\"message\":\"EVM error InvalidFEOpcode at secret\"}");
}

static void refuses(struct fake_request *request) {
    fake_answer(request, "error", "{\"code\":-32602,\"message\":\"invalid argument 0: secret\"}");
}

static void test_final_answers(void **state) {
    (void)state;
    struct net net;
    struct seen seen = call_once(&net, (fake_serve[]){reverts, never}, 2);
    assert_failed(&seen, RPC_REVERTED, ERR_EXECUTION_REVERTED);
    assert_string_equal(seen.detail, "execution reverted: no");
    assert_int_equal(seen.revert_len, 100);

    seen = call_once(&net, (fake_serve[]){reverts_without_data, never}, 2);
    assert_failed(&seen, RPC_REVERTED, ERR_EXECUTION_REVERTED);
    assert_string_equal(seen.detail, "execution reverted");
    assert_int_equal(seen.revert_len, 0);
}

/* Another node may know the method or the form of the parameters; the same node is not asked again. */
static void test_what_one_node_refuses_another_may_do(void **state) {
    (void)state;
    struct net net;
    assert_second_answers(refuses);
    struct seen seen = call_once(&net, (fake_serve[]){refuses}, 1);
    assert_failed(&seen, RPC_INVALID, ERR_UPSTREAM_ERROR);
    assert_int_equal(net.nodes[0].requests, 1);
}

static void reverts_in_result(struct fake_request *request) {
    fake_answer(request, "result", "\"" REVERT_DATA "\"");
}

static void call_contract(struct task *task, struct chain *chain, void *arg) {
    struct seen *seen = arg;
    address to = {{0}};
    struct block_ref block = {.number = 1};
    struct abi_call data;
    erc20_call_balance_of(&data, &to);
    struct rpc_call call = {.method = "eth_call", .params = rpc_params_call(task, &to, data.data, data.len, &block)};
    seen->err = rpc_call(task, chain, &call);
    seen->outcome = call.outcome;
    snprintf(seen->detail, sizeof seen->detail, "%s", call.detail);
    snprintf(seen->result, sizeof seen->result, "%d", (int)strlen(call.params));
}

static void test_revert_in_a_result(void **state) {
    (void)state;
    struct net net;
    struct seen seen = {.err = ERR_OK};
    net_start(&net, (fake_serve[]){reverts_in_result}, 1);
    net_open(&net, 1, 0);
    net.arg = &seen;
    net_run(&net, call_contract);
    net_close(&net);
    assert_int_equal(seen.err, ERR_EXECUTION_REVERTED);
    assert_string_equal(seen.detail, "execution reverted: no");
}

static void call_without_memory(struct task *task, struct chain *chain, void *arg) {
    struct arena *before = task->arena;
    task->arena = arena_new(16);
    call_anything(task, chain, arg);
    arena_free(task->arena);
    task->arena = before;
}

static void test_no_memory_left_for_the_reply(void **state) {
    (void)state;
    struct net net;
    struct seen seen;
    memset(&seen, 0, sizeof seen);
    net_start(&net, (fake_serve[]){good}, 1);
    net_open(&net, 1, 0);
    net.arg = &seen;
    net_run(&net, call_without_memory);
    net_close(&net);
    assert_int_equal(seen.err, ERR_UPSTREAM_ERROR);
}

static void traced(struct task *task, struct chain *chain, void *arg) {
    memset(task->trace.trace_id, 0xab, sizeof task->trace.trace_id);
    memset(task->trace.span_id, 0xcd, sizeof task->trace.span_id);
    task->trace.flags = 1;
    call_anything(task, chain, arg);
}

static void test_carries_the_trace(void **state) {
    (void)state;
    struct net net;
    struct seen seen;
    memset(&seen, 0, sizeof seen);
    net_start(&net, (fake_serve[]){good}, 1);
    net_open(&net, 1, 0);
    net.arg = &seen;
    net_run(&net, traced);
    net_close(&net);
    assert_good(&seen);
    const char *header = strstr(net.nodes[0].headers, "traceparent: 00-abababababababababababababababab-");
    assert_non_null(header);
    assert_memory_equal(header + 65, "-01\r\n", 5);
    assert_memory_not_equal(header + 49, "cdcdcdcdcdcdcdcd", 16); /* the call has a span of its own */
}

int main(void) {
    setenv("no_proxy", "*", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_reply),
        cmocka_unit_test(test_next_node_answers),
        cmocka_unit_test(test_next_node_answers_after_close),
        cmocka_unit_test(test_failures_of_the_only_node),
        cmocka_unit_test(test_oversized_replies),
        cmocka_unit_test(test_final_answers),
        cmocka_unit_test(test_what_one_node_refuses_another_may_do),
        cmocka_unit_test(test_revert_in_a_result),
        cmocka_unit_test(test_no_memory_left_for_the_reply),
        cmocka_unit_test(test_carries_the_trace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
