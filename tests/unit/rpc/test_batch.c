/* Many calls at once: each gets its own answer, whatever becomes of its neighbours and of the batch they travel in.
 * Each test makes and takes down its own net of fake nodes.
 * Runs on the main thread; the nodes run on theirs. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "net.h"

enum { MAX_CALLS = 250 };

/* What became of each call, kept past the task. The call's parameter is its index; a good node echoes it. */
struct batch {
    size_t n;
    enum rpc_outcome outcomes[MAX_CALLS];
    enum err errs[MAX_CALLS];
    char results[MAX_CALLS][16];
    char details[MAX_CALLS][64];
};

static void send_batch(struct task *task, struct chain *chain, void *arg) {
    struct batch *batch = arg;
    struct rpc_call calls[MAX_CALLS];
    for (size_t i = 0; i < batch->n; i++) {
        calls[i] = (struct rpc_call){.method = "test_echo", .params = arena_printf(task->arena, "[\"%zu\"]", i)};
    }
    rpc_batch(task, chain, calls, batch->n);
    for (size_t i = 0; i < batch->n; i++) {
        batch->outcomes[i] = calls[i].outcome;
        batch->errs[i] = calls[i].err;
        snprintf(batch->details[i], sizeof batch->details[i], "%.60s", calls[i].detail);
        const char *result = calls[i].result == NULL ? "" : json_string_value(calls[i].result);
        snprintf(batch->results[i], sizeof batch->results[i], "%s", result);
    }
}

static void run_batch(struct net *net, struct batch *batch, size_t n) {
    memset(batch, 0, sizeof *batch);
    batch->n = n;
    net->arg = batch;
    net_run(net, send_batch);
}

static void assert_echoed(const struct batch *batch, size_t i) {
    char want[16];
    snprintf(want, sizeof want, "%zu", i);
    assert_int_equal(batch->outcomes[i], RPC_OK);
    assert_int_equal(batch->errs[i], ERR_OK);
    assert_string_equal(batch->results[i], want);
}

static void assert_all_echoed(const struct batch *batch) {
    for (size_t i = 0; i < batch->n; i++) assert_echoed(batch, i);
}

static json_t *echo(const json_t *call) {
    char json[32];
    snprintf(json, sizeof json, "\"%s\"", fake_param(call, 0));
    return fake_reply(call, "result", json);
}

static size_t count_calls(const struct fake_request *request) {
    return json_is_array(request->body) ? json_array_size(request->body) : 1;
}

static const json_t *call_at(const struct fake_request *request, size_t i) {
    return json_is_array(request->body) ? json_array_get(request->body, i) : request->body;
}

/* Echoes every call, the last one first. */
static void echoes(struct fake_request *request) {
    if (json_is_object(request->body)) {
        fake_send_json(request, 200, echo(request->body));
        return;
    }
    json_t *replies = json_array();
    for (size_t i = count_calls(request); i > 0; i--) json_array_append_new(replies, echo(call_at(request, i - 1)));
    fake_send_json(request, 200, replies);
}

static void run_once(struct batch *batch, struct net *net, const fake_serve *serve, size_t nodes, size_t n) {
    net_start(net, serve, nodes);
    net_open(net, 1, 0);
    run_batch(net, batch, n);
    net_close(net);
}

static void test_splits_and_matches_by_id(void **state) {
    (void)state;
    struct net net;
    struct batch batch;
    run_once(&batch, &net, (fake_serve[]){echoes}, 1, MAX_CALLS);
    assert_all_echoed(&batch);
    assert_int_equal(net.nodes[0].requests, 3);             /* 100, 100, 50 */
    assert_in_range(net.nodes[0].chain_id_questions, 1, 3); /* first, and of the new connections, mostly together */
}

static void test_of_one_and_of_none(void **state) {
    (void)state;
    struct net net;
    struct batch batch;
    run_once(&batch, &net, (fake_serve[]){echoes}, 1, 1);
    assert_all_echoed(&batch);
    run_once(&batch, &net, (fake_serve[]){echoes}, 1, 0);
    assert_int_equal(net.nodes[0].requests, 0);
}

/* Nodes that take three calls at most, each with its own way of saying so. */
static void refuses_with_object(struct fake_request *request) {
    if (count_calls(request) <= 3) {
        echoes(request);
        return;
    }
    fake_send(request, 500, "",
              "{\"id\":null,\"jsonrpc\":\"2.0\",\"error\":{\"message\":\"Batch of more than 3 requests are not "
              "allowed on free tier\",\"code\":31}}");
}

static void refuses_with_array(struct fake_request *request) {
    if (count_calls(request) <= 3) {
        echoes(request);
        return;
    }
    fake_send(request, 200, "",
              "[{\"id\":null,\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32000,\"message\":\"batch limit 3 "
              "exceeded\"}}]");
}

static void refuses_in_first_item(struct fake_request *request) {
    if (count_calls(request) <= 3) {
        echoes(request);
        return;
    }
    json_t *replies = json_array();
    json_array_append_new(
        replies, fake_reply(call_at(request, 0), "error", "{\"code\":-32600,\"message\":\"batch too large\"}"));
    fake_send_json(request, 200, replies);
}

static void refuses_with_413(struct fake_request *request) {
    if (count_calls(request) <= 3) {
        echoes(request);
    } else {
        fake_send(request, 413, "", "<html>too large</html>");
    }
}

static void refuses_without_reason(struct fake_request *request) {
    if (count_calls(request) <= 3) {
        echoes(request);
    } else {
        fake_send(request, 200, "", "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32603,\"message\":\"internal error\"}}");
    }
}

static void takes_no_batches(struct fake_request *request) {
    if (json_is_object(request->body)) {
        echoes(request);
    } else {
        fake_send(request, 400, "",
                  "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32600,\"message\":\"Invalid request\"}}");
    }
}

static void answers_large(struct fake_request *request) {
    if (count_calls(request) <= 3) {
        echoes(request);
        return;
    }
    char *text = calloc(1, 64 * 1024);
    memset(text, ' ', 64 * 1024 - 1);
    fake_send(request, 200, "", text);
    free(text);
}

static void test_refused_batches_get_shorter(void **state) {
    (void)state;
    static const fake_serve rows[] = {refuses_with_object, refuses_with_array,     refuses_in_first_item,
                                      refuses_with_413,    refuses_without_reason, takes_no_batches,
                                      answers_large};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct net net;
        struct batch batch;
        net_start(&net, &rows[i], 1);
        net.limits.max_reply_bytes = 32 * 1024;
        net_open(&net, 1, 0);
        run_batch(&net, &batch, 20);
        assert_all_echoed(&batch);
        unsigned requests = atomic_load(&net.nodes[0].requests);
        run_batch(&net, &batch, 20); /* the limit is known by now */
        assert_all_echoed(&batch);
        unsigned again = atomic_load(&net.nodes[0].requests) - requests;
        assert_int_equal(again, rows[i] == takes_no_batches ? 20 : 10);
        net_close(&net);
    }
}

/* Leaves out every other call of the first batch. */
static void leaves_gaps(struct fake_request *request) {
    if (request->nth > 0) {
        echoes(request);
        return;
    }
    json_t *replies = json_array();
    for (size_t i = 0; i < count_calls(request); i += 2) json_array_append_new(replies, echo(call_at(request, i)));
    fake_send_json(request, 200, replies);
}

/* Limits every other call of the first batch. */
static void limits_some(struct fake_request *request) {
    if (request->nth > 0) {
        echoes(request);
        return;
    }
    json_t *replies = json_array();
    for (size_t i = 0; i < count_calls(request); i++) {
        const json_t *call = call_at(request, i);
        json_t *limited = fake_reply(call, "error", "{\"code\":429,\"message\":\"slow down\"}");
        json_array_append_new(replies, i % 2 == 0 ? echo(call) : limited);
        if (i % 2 == 0) json_decref(limited);
    }
    fake_send_json(request, 200, replies);
}

static atomic_size_t last_size;

static void echoes_and_counts(struct fake_request *request) {
    atomic_store(&last_size, count_calls(request));
    echoes(request);
}

static void test_only_what_failed_is_sent_again(void **state) {
    (void)state;
    static const fake_serve rows[] = {leaves_gaps, limits_some};
    for (size_t i = 0; i < 2; i++) {
        struct net net;
        struct batch batch;
        run_once(&batch, &net, (fake_serve[]){rows[i], echoes_and_counts}, 2, 20);
        assert_all_echoed(&batch);
        assert_int_equal(net.nodes[0].requests, 1);
        assert_int_equal(net.nodes[1].requests, 1);
        assert_int_equal(last_size, 10);
        run_once(&batch, &net, &rows[i], 1, 20); /* the same node, a little later */
        assert_all_echoed(&batch);
        assert_int_equal(net.nodes[0].requests, 2);
    }
}

static void fails_each_its_own_way(struct fake_request *request) {
    static const char *const errors[] = {
        NULL,
        "{\"code\":-32000,\"message\":\"header not found\"}",
        "{\"code\":-32602,\"message\":\"invalid params\"}",
        "{\"code\":-32000,\"message\":\"missing trie node\"}",
    };
    json_t *replies = json_array();
    for (size_t i = 0; i < count_calls(request); i++) {
        const json_t *call = call_at(request, i);
        const char *error = errors[strtoul(fake_param(call, 0), NULL, 10) % 4];
        json_array_append_new(replies, error == NULL ? echo(call) : fake_reply(call, "error", error));
    }
    fake_send_json(request, 200, replies);
}

static void test_failures_stay_alone(void **state) {
    (void)state;
    struct net net;
    struct batch batch;
    static const enum rpc_outcome want[] = {RPC_OK, RPC_BLOCK_UNKNOWN, RPC_INVALID, RPC_STATE_MISSING};
    run_once(&batch, &net, (fake_serve[]){fails_each_its_own_way}, 1, 20);
    assert_int_equal(net.nodes[0].requests, 1);
    for (size_t i = 0; i < batch.n; i++) {
        assert_int_equal(batch.outcomes[i], want[i % 4]);
        if (i % 4 == 0) assert_echoed(&batch, i);
        assert_int_equal(batch.details[i][0] == '\0', i % 4 == 0);
    }
}

static atomic_size_t sizes[2];

/* Half of the calls fail for good on this node, half of them only once. */
static void fails_for_good_or_once(struct fake_request *request) {
    json_t *replies = json_array();
    if (request->nth < 2) atomic_store(&sizes[request->nth], count_calls(request));
    for (size_t i = 0; i < count_calls(request); i++) {
        const json_t *call = call_at(request, i);
        bool for_good = strtoul(fake_param(call, 0), NULL, 10) % 2 == 0;
        const char *error = for_good ? "{\"code\":-32000,\"message\":\"missing trie node\"}" : "{\"code\":-32603}";
        bool well = !for_good && request->nth > 0;
        json_array_append_new(replies, well ? echo(call) : fake_reply(call, "error", error));
    }
    fake_send_json(request, 200, replies);
}

static void test_same_node_is_not_asked_what_it_will_not_answer(void **state) {
    (void)state;
    struct net net;
    struct batch batch;
    run_once(&batch, &net, (fake_serve[]){fails_for_good_or_once}, 1, 20);
    assert_int_equal(sizes[0], 20);
    assert_int_equal(sizes[1], 10);
    for (size_t i = 0; i < batch.n; i++) {
        if (i % 2 == 1) assert_echoed(&batch, i);
        if (i % 2 == 0) assert_int_equal(batch.outcomes[i], RPC_STATE_MISSING);
    }
}

static void is_down(struct fake_request *request) {
    fake_send(request, 503, "", "");
}

static void test_next_node_gets_the_batch(void **state) {
    (void)state;
    struct net net;
    struct batch batch;
    run_once(&batch, &net, (fake_serve[]){is_down, echoes_and_counts}, 2, 20);
    assert_all_echoed(&batch);
    assert_int_equal(net.nodes[0].requests, 1);
    assert_int_equal(net.nodes[1].requests, 1);
    assert_int_equal(last_size, 20);
}

static void refuses_the_key(struct fake_request *request) {
    fake_send(request, 401, "",
              "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32600,\"message\":\"Must be authenticated!\"}}");
}

/* Shorter batches would not help, and cost. */
static void test_refused_key_is_not_a_refused_batch(void **state) {
    (void)state;
    struct net net;
    struct batch batch;
    run_once(&batch, &net, (fake_serve[]){refuses_the_key}, 1, 100);
    assert_int_equal(net.nodes[0].requests, 3);
    for (size_t i = 0; i < batch.n; i++) assert_int_equal(batch.errs[i], ERR_UPSTREAM_ERROR);
}

static void test_deadline(void **state) {
    (void)state;
    struct net net;
    struct batch batch;
    net_start(&net, (fake_serve[]){fake_hang}, 1);
    net_open(&net, 1, 0);
    net.task_ms = 200;
    run_batch(&net, &batch, MAX_CALLS);
    net_close(&net);
    for (size_t i = 0; i < batch.n; i++) assert_int_equal(batch.errs[i], ERR_TIMEOUT);
}

int main(void) {
    setenv("no_proxy", "*", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_splits_and_matches_by_id),
        cmocka_unit_test(test_of_one_and_of_none),
        cmocka_unit_test(test_refused_batches_get_shorter),
        cmocka_unit_test(test_only_what_failed_is_sent_again),
        cmocka_unit_test(test_failures_stay_alone),
        cmocka_unit_test(test_same_node_is_not_asked_what_it_will_not_answer),
        cmocka_unit_test(test_next_node_gets_the_batch),
        cmocka_unit_test(test_refused_key_is_not_a_refused_batch),
        cmocka_unit_test(test_deadline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
