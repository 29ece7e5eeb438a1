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
    atomic_uint questions;
};

static void serve(struct fake_request *request) {
    struct past *past = request->node->arg;
    uint64_t block = strtoull(fake_param(request->body, 1), NULL, 16);
    atomic_fetch_add(&past->questions, 1);
    if (block < past->kept_from) {
        fake_answer(request, "error", "{\"code\":-32000,\"message\":\"missing trie node 1 (path )\"}");
    } else {
        fake_answer(request, "result", block >= past->created ? "\"0x6001\"" : "\"0x\"");
    }
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
    static const uint64_t blocks[] = {0, 1, 2, 777, HEAD - 1, HEAD};
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) {
        struct past past = {.created = blocks[i]};
        struct search search = run(&past);
        assert_int_equal(search.err, ERR_OK);
        assert_int_equal(search.block, blocks[i]);
        assert_true(past.questions <= 16);
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
        cmocka_unit_test(test_nodes_without_old_state),
        cmocka_unit_test(test_no_contract),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
