/* One eth_call to a net of fake nodes, what became of it, and what the commonest nodes say.
 * Plain values; the net belongs to its test.
 * Runs on the test's thread, except what the nodes serve. */
#ifndef DAPPD_TESTS_ONE_CALL_H
#define DAPPD_TESTS_ONE_CALL_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "net.h"

/* What one call came to, kept past the task. */
struct seen {
    enum err err;
    enum rpc_outcome outcome;
    char detail[TASK_DETAIL_BYTES];
    char fault_detail[TASK_DETAIL_BYTES];
    enum err fault;
    int retry_after_s;
    char result[64];
    size_t revert_len;
    uint32_t calls;
    bool timed; /* rpc_us was counted */
};

static inline void call_anything(struct task *task, struct chain *chain, void *arg) {
    struct seen *seen = arg;
    struct rpc_call call = {.method = "eth_call", .params = "[]"};
    seen->err = rpc_call(task, chain, &call);
    seen->outcome = call.outcome;
    seen->revert_len = call.revert_len;
    seen->fault = task->fault.code;
    seen->retry_after_s = task->fault.retry_after_s;
    seen->calls = task->rpc_calls;
    seen->timed = task->rpc_us > 0;
    snprintf(seen->detail, sizeof seen->detail, "%s", call.detail);
    snprintf(seen->fault_detail, sizeof seen->fault_detail, "%s", task->fault.detail);
    if (call.result != NULL) snprintf(seen->result, sizeof seen->result, "%s", json_string_value(call.result));
}

static inline struct seen run_call(struct net *net) {
    struct seen seen;
    memset(&seen, 0, sizeof seen);
    net->arg = &seen;
    net_run(net, call_anything);
    return seen;
}

/* Starts the nodes, makes one call and takes everything down but the counts. */
static inline struct seen call_once(struct net *net, const fake_serve *serve, size_t n) {
    net_start(net, serve, n);
    net_open(net, 1, 0);
    struct seen seen = run_call(net);
    net_close(net);
    return seen;
}

static inline void good(struct fake_request *request) {
    fake_answer(request, "result", "\"0x10\"");
}

static inline void never(struct fake_request *request) {
    (void)request;
    abort(); /* the test says that this node is not asked */
}

static inline void assert_good(const struct seen *seen) {
    assert_int_equal(seen->err, ERR_OK);
    assert_int_equal(seen->outcome, RPC_OK);
    assert_string_equal(seen->result, "0x10");
    assert_string_equal(seen->detail, "");
    assert_int_equal(seen->fault, ERR_OK);
}

static inline void assert_failed(const struct seen *seen, enum rpc_outcome outcome, enum err err) {
    assert_int_equal(seen->outcome, outcome);
    assert_int_equal(seen->err, err);
    assert_int_equal(seen->fault, err);
    assert_string_equal(seen->detail, seen->fault_detail);
    assert_true(seen->detail[0] != '\0');
    assert_null(strstr(seen->detail, "secret"));
    assert_null(strstr(seen->detail, "127.0.0.1"));
}

static inline void status_500(struct fake_request *request) {
    fake_send(request, 500, "", "oops");
}

static inline void node_error(struct fake_request *request) {
    fake_answer(request, "error", "{\"code\":-32603,\"message\":\"internal error\"}");
}

static inline void state_missing(struct fake_request *request) {
    fake_answer(request, "error", "{\"code\":-32000,\"message\":\"missing trie node 1 (path )\"}");
}

static inline void block_unknown(struct fake_request *request) {
    fake_answer(request, "error", "{\"code\":-32000,\"message\":\"header not found\"}");
}

static inline void status_429(struct fake_request *request) {
    fake_send(request, 429, "Retry-After: 7\r\n", "slow down");
}

static inline void errs_every_other_time(struct fake_request *request) {
    if (request->nth % 2 == 0) {
        node_error(request);
    } else {
        good(request);
    }
}

/* In: part, text that the chain's object in /status holds. Secrets it never holds. */
static inline void assert_status(struct net *net, const char *part) {
    struct buf status;
    struct json_out json;
    buf_init(&status, 4096);
    json_out_init(&json, &status);
    json_out_object_begin(&json);
    chain_render_status(net->chain, &json);
    json_out_object_end(&json);
    buf_append_char(&status, '\0');
    assert_non_null(strstr(status.data, part));
    assert_null(strstr(status.data, "secret"));
    buf_free(&status);
}

#endif
