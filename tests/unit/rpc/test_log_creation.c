/* Where a contract was created, by what nodes say of its code at old blocks.
 * Each test owns its node; reading happens in a coroutine, judging afterwards.
 * Runs on the test's thread, except what the node serves. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "log_node.h"

enum { HEAD = 5000 };

/* A contract's life, and how far back the node's state goes. */
struct past {
    uint64_t created;
    uint64_t kept_from;
    bool silent;              /* of what it does not keep it says that there is nothing */
    uint64_t transactions_in; /* every so many blocks; 0: in every one */
    atomic_uint questions;
};

static bool has_transaction(const struct past *past, uint64_t block, const char *index) {
    bool any = block > 0 && (past->transactions_in == 0 || block % past->transactions_in == 0);
    return any && strcmp(index, "0x0") == 0;
}

/* Out: error, JSON, or NULL. */
static const char *answer_of(const struct past *past, const json_t *call, const char **error) {
    static const char sender[] = "{\"from\":\"0x00000000000000000000000000000000000000aa\"}";
    const char *method = fake_method(call);
    *error = NULL;
    if (strcmp(method, "eth_getTransactionByBlockNumberAndIndex") == 0) {
        return has_transaction(past, strtoull(fake_param(call, 0), NULL, 16), fake_param(call, 1)) ? sender : "null";
    }
    uint64_t block = strtoull(fake_param(call, 1), NULL, 16);
    bool keeps = block >= past->kept_from;
    if (!keeps && !past->silent) *error = "{\"code\":-32000,\"message\":\"missing trie node 1 (path )\"}";
    if (strcmp(method, "eth_getTransactionCount") == 0) return keeps ? "\"0x1\"" : "\"0x0\"";
    return keeps && block >= past->created ? "\"0x6001\"" : "\"0x\"";
}

static json_t *reply_of(struct past *past, const json_t *call) {
    const char *error;
    const char *result = answer_of(past, call, &error);
    atomic_fetch_add(&past->questions, 1);
    return fake_reply(call, error != NULL ? "error" : "result", error != NULL ? error : result);
}

static void serve(struct fake_request *request) {
    struct past *past = request->node->arg;
    if (json_is_object(request->body)) {
        fake_send_json(request, 200, reply_of(past, request->body));
        return;
    }
    json_t *replies = json_array();
    for (size_t i = 0; i < json_array_size(request->body); i++) {
        json_array_append_new(replies, reply_of(past, json_array_get(request->body, i)));
    }
    fake_send_json(request, 200, replies);
}

struct search {
    enum err err;
    enum err fault;
    uint64_t block;
};

static void find(struct task *task, struct chain *chain, void *arg) {
    struct search *search = arg;
    struct block_ref head = {.number = HEAD};
    search->err = logs_find_creation(task, chain, &search->block, &log_node_token, &head);
    search->fault = task->fault.code;
}

static struct search run(struct past *past) {
    static const fake_serve serves[] = {serve};
    struct search search = {.block = 12345};
    struct net net;
    net_start(&net, serves, 1);
    net.nodes[0].arg = past;
    net.arg = &search;
    net_open(&net, 1, 0);
    net_run(&net, find);
    net_close(&net);
    return search;
}

static void test_finds_the_block(void **state) {
    (void)state;
    static const uint64_t blocks[] = {0, 2, 777, HEAD - 1, HEAD};
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) {
        struct past past = {.created = blocks[i]};
        struct search search = run(&past);
        assert_int_equal(search.err, ERR_OK);
        assert_int_equal(search.block, blocks[i]);
        assert_true(past.questions <= 20);
    }
}

/* One that is read from a little too early is read whole. */
static void test_a_block_before_it_will_do(void **state) {
    (void)state;
    struct past past = {.created = 777, .transactions_in = 10};
    struct search search = run(&past);
    assert_int_equal(search.err, ERR_OK);
    assert_int_equal(search.fault, ERR_OK);
    assert_int_equal(search.block, 771);
}

/* It says of the contract what it says of everybody. */
static void test_a_node_that_hides_that_it_keeps_no_old_state(void **state) {
    (void)state;
    struct past past = {.created = 777, .kept_from = HEAD - 128, .silent = true};
    struct search search = run(&past);
    assert_int_equal(search.err, ERR_OK);
    assert_int_equal(search.fault, ERR_OK);
    assert_int_equal(search.block, 0);
}

static void test_nothing_to_prove_it_by(void **state) {
    (void)state;
    static const uint64_t rows[][2] = {{1, 0}, {777, 1000}}; /* created, transactions in */
    for (size_t i = 0; i < 2; i++) {
        struct past past = {.created = rows[i][0], .transactions_in = rows[i][1]};
        struct search search = run(&past);
        assert_int_equal(search.err, ERR_OK);
        assert_int_equal(search.fault, ERR_OK);
        assert_int_equal(search.block, 0);
    }
}

static void test_nodes_without_old_state(void **state) {
    (void)state;
    struct past past = {.created = 777, .kept_from = HEAD - 128};
    struct search search = run(&past);
    assert_int_equal(search.err, ERR_OK);
    assert_int_equal(search.fault, ERR_OK);
    assert_int_equal(search.block, 0);
}

static void test_no_contract(void **state) {
    (void)state;
    struct past past = {.created = HEAD + 1};
    struct search search = run(&past);
    assert_int_equal(search.err, ERR_NOT_A_TOKEN);
    assert_int_equal(search.fault, ERR_NOT_A_TOKEN);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_finds_the_block),
        cmocka_unit_test(test_a_block_before_it_will_do),
        cmocka_unit_test(test_a_node_that_hides_that_it_keeps_no_old_state),
        cmocka_unit_test(test_nothing_to_prove_it_by),
        cmocka_unit_test(test_nodes_without_old_state),
        cmocka_unit_test(test_no_contract),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
