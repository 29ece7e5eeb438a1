/* A chain whose only node is reached by IPC: replies in the wrong order and another chain behind the same socket.
 * Each test makes and takes down its own node.
 * Runs on the main thread; the nodes run on theirs. */
#include "one_call.h"

#include "fake_ipc.h"

static char directory[] = "/tmp/dappd-test-ipc-chain-XXXXXX";
static char path[108];

static int make_directory(void **state) {
    (void)state;
    if (mkdtemp(directory) == NULL) return -1;
    (void)snprintf(path, sizeof path, "%s/node.ipc", directory);
    return 0;
}

static int remove_directory(void **state) {
    (void)state;
    return rmdir(directory);
}

/* A net whose node is the one on the socket; the HTTP node that comes with it is never asked. */
static void open_net(struct net *net) {
    net_start(net, (fake_serve[]){never}, 1);
    (void)snprintf(net->nodes[0].url, sizeof net->nodes[0].url, "ipc:%s", path);
    net_open(net, 1, 0);
}

static void answer(struct ipc_request *request, const char *chain_id) {
    json_t *call = json_loads(request->line, 0, NULL);
    bool about_chain = strcmp(fake_method(call), "eth_chainId") == 0;
    json_t *reply = fake_reply(call, "result", about_chain ? chain_id : "\"0x10\"");
    char *text = json_dumps(reply, JSON_COMPACT);
    ipc_say(request, text);
    ipc_say(request, "\n");
    free(text);
    json_decref(reply);
    json_decref(call);
}

static void ours(struct ipc_request *request) {
    answer(request, "\"0x1\"");
}

static void foreign(struct ipc_request *request) {
    answer(request, "\"0x5\"");
}

static void test_a_call_by_ipc(void **state) {
    (void)state;
    struct net net;
    struct fake_ipc node;
    ipc_start(&node, path, ours);
    open_net(&net);
    struct seen seen = run_call(&net);
    net_close(&net);
    ipc_stop(&node);
    assert_good(&seen);
    assert_int_equal(seen.calls, 2); /* with the chain id */
    assert_int_equal(node.connections, 1);
}

/* From the second request on, the first connection gives each reply a request too late. */
static void one_behind(struct ipc_request *request) {
    static int slow_socket;
    static char late[256];
    if (request->nth == 0) slow_socket = request->socket;
    if (request->nth == 0 || request->socket != slow_socket) {
        ours(request);
        return;
    }
    if (request->nth == 1) (void)snprintf(late, sizeof late, "{\"jsonrpc\":\"2.0\",\"id\":999,\"result\":\"0x77\"}");
    ipc_say(request, late);
    json_t *call = json_loads(request->line, 0, NULL);
    (void)snprintf(late, sizeof late, "{\"jsonrpc\":\"2.0\",\"id\":%lld,\"result\":\"0x10\"}",
                   (long long)json_integer_value(json_object_get(call, "id")));
    json_decref(call);
}

static void test_a_connection_that_answers_one_behind_is_left(void **state) {
    (void)state;
    struct net net;
    struct fake_ipc node;
    ipc_start(&node, path, one_behind);
    open_net(&net);
    struct seen seen = run_call(&net);
    net_close(&net);
    ipc_stop(&node);
    assert_good(&seen);
    assert_int_equal(node.connections, 2);
}

struct replacement {
    struct fake_ipc first, second;
    struct seen before, down, after;
};

static void call_around_replacement(struct task *task, struct chain *chain, void *arg) {
    struct replacement *replacement = arg;
    call_anything(task, chain, &replacement->before);
    ipc_stop(&replacement->first);
    call_anything(task, chain, &replacement->down);
    ipc_start(&replacement->second, path, foreign);
    call_anything(task, chain, &replacement->after);
}

static void test_another_chain_behind_the_same_socket_is_not_believed(void **state) {
    (void)state;
    static struct replacement replacement;
    struct net net;
    ipc_start(&replacement.first, path, ours);
    open_net(&net);
    net.arg = &replacement;
    net_run(&net, call_around_replacement);
    net_close(&net);
    ipc_stop(&replacement.second);
    assert_good(&replacement.before);
    assert_int_equal(replacement.down.outcome, RPC_UNREACHABLE);
    assert_int_not_equal(replacement.after.err, ERR_OK);
    assert_string_equal(replacement.after.result, "");
}

enum { CROWD = 40 }; /* more than a node gets connections */

struct crowd {
    struct chain *chain;
    struct fake_ipc first, second;
    struct seen before;
    struct seen after[CROWD];
};

static void call_in_crowd(struct task *task, void *arg, size_t i) {
    struct crowd *crowd = arg;
    call_anything(task, crowd->chain, &crowd->after[i]);
}

static void crowd_around_replacement(struct task *task, struct chain *chain, void *arg) {
    struct crowd *crowd = arg;
    call_anything(task, chain, &crowd->before);
    ipc_stop(&crowd->first);
    ipc_start(&crowd->second, path, foreign);
    crowd->chain = chain;
    task_parallel(task, CROWD, call_in_crowd, crowd);
}

/* Those who wait for a connection were told before that the node is ours, and go on with one that another has made. */
static void test_who_waits_for_a_connection_to_another_chain_does_not_believe_it(void **state) {
    (void)state;
    static struct crowd crowd;
    struct net net;
    ipc_start(&crowd.first, path, ours);
    open_net(&net);
    net.arg = &crowd;
    net_run(&net, crowd_around_replacement);
    net_close(&net);
    ipc_stop(&crowd.second);
    assert_good(&crowd.before);
    for (size_t i = 0; i < CROWD; i++) {
        assert_int_not_equal(crowd.after[i].err, ERR_OK);
        assert_string_equal(crowd.after[i].result, "");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_call_by_ipc),
        cmocka_unit_test(test_a_connection_that_answers_one_behind_is_left),
        cmocka_unit_test(test_another_chain_behind_the_same_socket_is_not_believed),
        cmocka_unit_test(test_who_waits_for_a_connection_to_another_chain_does_not_believe_it),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
