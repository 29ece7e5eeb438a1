/* Simulations at nodes that have eth_simulateV1, that do not, and that answer nonsense.
 * Each test owns its nodes; simulating happens in a coroutine, judging afterwards.
 * Runs on the test's thread, except what the nodes serve. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "net.h"
#include "rpc/simulate.h"

#define DONE "[{\"calls\":[{\"returnData\":\"0x07\",\"logs\":[],\"gasUsed\":\"0x5208\",\"status\":\"0x1\"}]}]"
#define UNKNOWN_METHOD "{\"code\":-32601,\"message\":\"the method eth_simulateV1 does not exist/is not available\"}"

/* How often a node was asked, by which method. */
struct counts {
    atomic_uint v1, calls;
};

static void count(struct fake_request *request) {
    struct counts *counts = request->node->arg;
    bool is_v1 = strcmp(fake_method(request->body), "eth_simulateV1") == 0;
    atomic_fetch_add(is_v1 ? &counts->v1 : &counts->calls, 1);
}

static bool is_v1(const struct fake_request *request) {
    return strcmp(fake_method(request->body), "eth_simulateV1") == 0;
}

static void serve_new(struct fake_request *request) {
    count(request);
    fake_answer(request, "result", is_v1(request) ? DONE : "\"0x08\"");
}

static void serve_old(struct fake_request *request) {
    count(request);
    fake_answer(request, is_v1(request) ? "error" : "result", is_v1(request) ? UNKNOWN_METHOD : "\"0x08\"");
}

/* Of what was sent, not of the method. */
static void serve_picky(struct fake_request *request) {
    count(request);
    fake_answer(request, is_v1(request) ? "error" : "result",
                is_v1(request) ? "{\"code\":-32602,\"message\":\"invalid argument 0\"}" : "\"0x08\"");
}

static void serve_nonsense(struct fake_request *request) {
    count(request);
    fake_answer(request, "result", is_v1(request) ? "[{\"calls\":[]}]" : "7");
}

static void serve_reverts(struct fake_request *request) {
    count(request);
    fake_answer(request, "error", "{\"code\":3,\"message\":\"execution reverted\",\"data\":\"0x12345678\"}");
}

static void serve_out_of_gas(struct fake_request *request) {
    count(request);
    fake_answer(request, "error", "{\"code\":-32000,\"message\":\"out of gas\"}");
}

/* As far as it goes, an answer. */
static void serve_half(struct fake_request *request) {
    count(request);
    fake_answer(request, "result", "[{\"calls\":[{\"returnData\":\"0x07\",\"gasUsed\":\"0x1\",\"status\":\"0x2\"}]}]");
}

static void serve_reverts_plainly(struct fake_request *request) {
    count(request);
    fake_answer(request, "error", "{\"code\":3,\"message\":\"execution reverted\"}");
}

static void serve_reverts_at_length(struct fake_request *request) {
    enum { DIGITS = 2 * (STATE_MAX_REVERT_BYTES + 1) };
    static char error[DIGITS + 80];
    count(request);
    (void)snprintf(error, sizeof error, "{\"code\":3,\"message\":\"execution reverted\",\"data\":\"0x%0*d\"}", DIGITS,
                   0);
    fake_answer(request, "error", error);
}

/* What two simulations, one after the other, came to. */
struct seen {
    enum err err[2];
    struct simulated simulated[2];
    uint8_t bytes[2][8];
    enum err fault[2];
};

static void simulate_twice(struct task *task, struct chain *chain, void *arg) {
    static const struct block_ref block = {.number = 1, .hash = {{[31] = 0xab}}};
    const struct simulation what = {.to = {{0x22}}};
    struct seen *seen = arg;
    for (size_t i = 0; i < 2; i++) {
        seen->err[i] = simulate_run(task, chain, &block, &seen->simulated[i], &what);
        seen->fault[i] = task->fault.code;
        const struct simulated *one = &seen->simulated[i];
        if (one->bytes != NULL && one->len <= sizeof seen->bytes[i]) memcpy(seen->bytes[i], one->bytes, one->len);
    }
}

static struct seen run(const fake_serve *serves, struct counts *counts, size_t n) {
    struct seen seen = {.err = {ERR_INTERNAL, ERR_INTERNAL}};
    struct net net;
    memset(counts, 0, n * sizeof *counts);
    net_start(&net, serves, n);
    for (size_t i = 0; i < n; i++) net.nodes[i].arg = &counts[i];
    net.arg = &seen;
    net_open(&net, 1, 0);
    net_run(&net, simulate_twice);
    net_close(&net);
    return seen;
}

static void test_with_eth_simulate(void **state) {
    (void)state;
    struct counts counts;
    struct seen seen = run((const fake_serve[]){serve_new}, &counts, 1);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(seen.err[i], ERR_OK);
        assert_int_equal(seen.fault[i], ERR_OK);
        assert_true(seen.simulated[i].traced);
        assert_int_equal(seen.simulated[i].gas_used, 21000);
        assert_int_equal(seen.bytes[i][0], 7);
    }
    assert_int_equal(counts.v1, 2);
    assert_int_equal(counts.calls, 0);
}

static void test_without_it_eth_call_does_and_it_is_not_asked_again(void **state) {
    (void)state;
    struct counts counts;
    struct seen seen = run((const fake_serve[]){serve_old}, &counts, 1);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(seen.err[i], ERR_OK);
        assert_int_equal(seen.fault[i], ERR_OK);
        assert_false(seen.simulated[i].traced);
        assert_int_equal(seen.bytes[i][0], 8);
    }
    assert_int_equal(counts.v1, 1);
    assert_int_equal(counts.calls, 2);
}

static void test_a_refusal_of_what_was_sent_is_not_remembered(void **state) {
    (void)state;
    struct counts counts;
    struct seen seen = run((const fake_serve[]){serve_picky}, &counts, 1);
    assert_int_equal(seen.err[1], ERR_OK);
    assert_int_equal(counts.v1, 2);
    assert_int_equal(counts.calls, 2);
}

static void test_another_node_has_it(void **state) {
    (void)state;
    struct counts counts[2];
    struct seen seen = run((const fake_serve[]){serve_old, serve_new}, counts, 2);
    assert_true(seen.simulated[0].traced && seen.simulated[1].traced);
    assert_int_equal(counts[0].calls + counts[1].calls, 0);
}

static void test_nonsense_is_for_another_node(void **state) {
    (void)state;
    struct counts counts[2];
    struct seen seen = run((const fake_serve[]){serve_nonsense, serve_new}, counts, 2);
    assert_int_equal(seen.err[0], ERR_OK);
    assert_true(seen.simulated[0].traced);
    assert_int_equal(seen.bytes[0][0], 7);
}

static void test_a_revert_is_an_answer(void **state) {
    (void)state;
    struct counts counts;
    struct seen seen = run((const fake_serve[]){serve_reverts}, &counts, 1);
    assert_int_equal(seen.err[0], ERR_OK);
    assert_int_equal(seen.fault[0], ERR_OK);
    assert_int_equal(seen.simulated[0].outcome, RPC_REVERTED);
    assert_int_equal(seen.simulated[0].len, 4);
    assert_memory_equal(seen.bytes[0], "\x12\x34\x56\x78", 4);
    assert_false(seen.simulated[0].traced);
}

/* Nothing of one node's nonsense is left in what another says. */
static void test_a_revert_without_data(void **state) {
    (void)state;
    static const fake_serve serves[][2] = {{serve_half, serve_reverts_plainly},
                                           {serve_reverts_plainly, serve_half},
                                           {serve_reverts_at_length, serve_half}};
    for (size_t i = 0; i < sizeof serves / sizeof *serves; i++) {
        struct counts counts[2];
        struct seen seen = run(serves[i], counts, 2);
        assert_int_equal(seen.err[0], ERR_OK);
        assert_int_equal(seen.simulated[0].outcome, RPC_REVERTED);
        assert_null(seen.simulated[0].bytes);
        assert_int_equal(seen.simulated[0].len, 0);
        assert_int_equal(seen.simulated[0].gas_used, 0);
        assert_false(seen.simulated[0].traced);
    }
}

static void test_out_of_gas_is_one_too(void **state) {
    (void)state;
    struct counts counts;
    struct seen seen = run((const fake_serve[]){serve_out_of_gas}, &counts, 1);
    assert_int_equal(seen.err[0], ERR_OK);
    assert_int_equal(seen.simulated[0].outcome, RPC_OUT_OF_GAS);
    assert_null(seen.simulated[0].bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_with_eth_simulate),
        cmocka_unit_test(test_without_it_eth_call_does_and_it_is_not_asked_again),
        cmocka_unit_test(test_a_refusal_of_what_was_sent_is_not_remembered),
        cmocka_unit_test(test_another_node_has_it),
        cmocka_unit_test(test_nonsense_is_for_another_node),
        cmocka_unit_test(test_a_revert_is_an_answer),
        cmocka_unit_test(test_a_revert_without_data),
        cmocka_unit_test(test_out_of_gas_is_one_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
