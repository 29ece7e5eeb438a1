/* What most nodes say of a transaction, receipts of many, and calling one again: from nodes that answer what each test
 * gives them.
 * Each test owns its nodes; asking happens in a coroutine, judging afterwards.
 * Runs on the test's thread, except what the nodes serve. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "net.h"
#include "rpc/chain_state.h"
#include "rpc/receipt.h"
#include "rpc/tx_poll.h"
#include "rpc/tx_replay.h"

#define ZEROS "00000000000000000000000000000000000000000000000000000000000000"
#define RECEIPT(block, status) \
    "{\"transactionHash\":\"0xcd" ZEROS "\",\"blockHash\":\"0x" block ZEROS "\",\"blockNumber\":\"0x5\"," \
    "\"transactionIndex\":\"0x1\",\"status\":\"" status "\",\"from\":\"0x0100000000000000000000000000000000000000\"," \
    "\"to\":null,\"contractAddress\":null,\"gasUsed\":\"0x5208\",\"logs\":[]}"
#define IN_IT RECEIPT("bb", "0x1")
#define FAILED RECEIPT("bb", "0x0")
#define ELSEWHERE RECEIPT("bc", "0x1")

static const hash32 tx = {{0xcd}}, other = {{0xce}}, block = {{0xbb}};
static const address sender = {{0xaa}};

/* In: arg of a node, the result; NULL: an error. */
static void serve(struct fake_request *request) {
    const char *result = request->node->arg;
    const char *error = "{\"code\":-32603,\"message\":\"internal error\"}";
    fake_answer(request, result != NULL ? "result" : "error", result != NULL ? result : error);
}

static void ask(const char *const *results, size_t n, net_body body, void *arg) {
    static const fake_serve serves[] = {serve, serve, serve};
    struct net net;
    net_start(&net, serves, n);
    for (size_t i = 0; i < n; i++) {
        char *result;
        memcpy(&result, &results[i], sizeof result); /* the node's argument is nobody's to change */
        net.nodes[i].arg = result;
    }
    net.arg = arg;
    net_open(&net, 1, 0);
    net_run(&net, body);
    net_close(&net);
}

static void poll_nonce(struct task *task, struct chain *chain, void *arg) {
    *(enum tx_poll *)arg = tx_poll_nonce(task, chain, &sender, 7, &block);
}

static void poll_funds(struct task *task, struct chain *chain, void *arg) {
    const u256 amount = u256_from_u64(255);
    *(enum tx_poll *)arg = tx_poll_funds(task, chain, &sender, &amount, &block);
}

static void poll_receipt(struct task *task, struct chain *chain, void *arg) {
    *(enum tx_poll *)arg = tx_poll_receipt(task, chain, &tx, &block, false);
}

struct example {
    const char *results[3];
    size_t n;
    enum tx_poll poll;
};

static void check(const struct example *examples, size_t n, net_body body) {
    for (size_t i = 0; i < n; i++) {
        enum tx_poll poll = TX_POLL_UNCLEAR;
        ask(examples[i].results, examples[i].n, body, &poll);
        if (poll != examples[i].poll) fail_msg("row %zu: %u", i, (unsigned)poll);
    }
}

static void test_nonce(void **state) {
    (void)state;
    static const struct example examples[] = {
        {{"\"0x8\""}, 1, TX_POLL_YES},
        {{"\"0x7\""}, 1, TX_POLL_NO},
        {{"\"0x8\"", "\"0x7\"", "\"0x7\""}, 3, TX_POLL_NO},
        {{"\"0x8\"", "\"0x7\"", "\"0x9\""}, 3, TX_POLL_YES},
        {{"\"0x8\"", "\"0x7\""}, 2, TX_POLL_UNCLEAR},
        {{"\"0x8\"", NULL, NULL}, 3, TX_POLL_YES},
        {{"\"eight\"", NULL, "null"}, 3, TX_POLL_UNCLEAR},
    };
    check(examples, sizeof examples / sizeof *examples, poll_nonce);
}

static void test_funds(void **state) {
    (void)state;
    static const struct example examples[] = {
        {{"\"0xff\""}, 1, TX_POLL_YES},
        {{"\"0xfe\""}, 1, TX_POLL_NO},
        {{"\"0xfe\"", "\"0x10000000000000000\"", "\"0xff\""}, 3, TX_POLL_YES},
        {{"\"0xff\"", "\"0xfe\""}, 2, TX_POLL_UNCLEAR},
        {{"\"none\"", NULL, "null"}, 3, TX_POLL_UNCLEAR},
    };
    check(examples, sizeof examples / sizeof *examples, poll_funds);
}

static void test_receipt(void **state) {
    (void)state;
    static const struct example examples[] = {
        {{IN_IT, IN_IT, ELSEWHERE}, 3, TX_POLL_YES}, {{FAILED, IN_IT, ELSEWHERE}, 3, TX_POLL_NO},
        {{IN_IT, "null", "null"}, 3, TX_POLL_NO},    {{IN_IT, "null"}, 2, TX_POLL_UNCLEAR},
        {{IN_IT, NULL, "{}"}, 3, TX_POLL_YES},
    };
    check(examples, sizeof examples / sizeof *examples, poll_receipt);
}

/* One that is known to be down has no say, and keeps nobody waiting. */
static void test_who_is_down(void **state) {
    (void)state;
    static const fake_serve serves[] = {serve, serve};
    static char yes[] = "\"0x8\"", no[] = "\"0x7\"";
    const struct upstream_result failed = {.verdict = UPSTREAM_FAILED, .outcome = RPC_UNREACHABLE};
    enum tx_poll poll = TX_POLL_UNCLEAR;
    struct net net;
    net_start(&net, serves, 2);
    net.nodes[0].arg = no;
    net.nodes[1].arg = yes;
    net.arg = &poll;
    net_open(&net, 1, 0);
    upstream_identify(&net.chain->upstreams[0], UPSTREAM_VERIFIED, 0);
    for (unsigned i = 0; i < 40; i++) upstream_record(&net.chain->upstreams[0], &failed, upstream_now_ms());
    net_run(&net, poll_nonce);
    net_close(&net);
    assert_int_equal(poll, TX_POLL_YES);
}

struct many {
    struct receipt receipts[2];
    enum err errs[2];
    size_t n;
};

static void read_many(struct task *task, struct chain *chain, void *arg) {
    const hash32 txs[] = {tx, other};
    struct many *many = arg;
    receipt_read_many(task, chain, many->receipts, many->errs, txs, many->n);
}

/* What one node lacks another has; a receipt of another transaction is none. */
static void test_many(void **state) {
    (void)state;
    static const char *const there[] = {"null", FAILED}, *const nowhere[] = {"null", "null"};
    static const char *const nonsense[] = {"{}"};
    struct many many = {.n = 2};
    ask(there, 2, read_many, &many);
    assert_int_equal(many.errs[0], ERR_OK);
    assert_int_equal(many.receipts[0].state, RECEIPT_MINED);
    assert_int_equal(many.receipts[0].block.number, 5);
    assert_false(many.receipts[0].succeeded);
    assert_int_equal(many.receipts[1].state, RECEIPT_UNKNOWN);
    for (size_t i = 0; i < 2; i++) receipt_free(&many.receipts[i]);
    many.n = 1;
    ask(nowhere, 2, read_many, &many);
    assert_int_equal(many.errs[0], ERR_OK);
    assert_int_equal(many.receipts[0].state, RECEIPT_UNKNOWN);
    ask(nonsense, 1, read_many, &many);
    assert_int_equal(many.errs[0], ERR_UPSTREAM_ERROR);
}

/* What the node was asked, and what it came to. */
struct replayed {
    struct tx_replay replay;
    enum err err;
    uint8_t revert[64]; /* what came back is gone with the task */
    json_t *call;
};

static void serve_revert(struct fake_request *request) {
    struct replayed *replayed = request->node->arg;
    replayed->call = json_deep_copy(json_array_get(json_object_get(request->body, "params"), 0));
    fake_answer(request, "error", "{\"code\":3,\"message\":\"execution reverted\",\"data\":\"0x08c379a0ff\"}");
}

static void replay(struct task *task, struct chain *chain, void *arg) {
    struct replayed *replayed = arg;
    replayed->err = tx_replay(task, chain, &replayed->replay, &block);
    if (replayed->replay.revert_len <= sizeof replayed->revert && replayed->replay.revert_data != NULL) {
        memcpy(replayed->revert, replayed->replay.revert_data, replayed->replay.revert_len);
    }
}

static void assert_member(const struct replayed *replayed, const char *name, const char *value) {
    const json_t *member = json_object_get(replayed->call, name);
    if (value == NULL) {
        assert_null(member);
        return;
    }
    assert_string_equal(json_string_value(member), value);
}

static void run_replay(struct replayed *replayed) {
    static const fake_serve serves[] = {serve_revert};
    struct net net;
    net_start(&net, serves, 1);
    net.nodes[0].arg = replayed;
    net.arg = replayed;
    net_open(&net, 1, 0);
    net_run(&net, replay);
    net_close(&net);
    assert_int_equal(replayed->err, ERR_OK);
    assert_true(replayed->replay.reverted);
    assert_int_equal(replayed->replay.revert_len, 5);
    assert_memory_equal(replayed->revert, "\x08\xc3\x79\xa0\xff", 5);
}

static void test_replay(void **state) {
    (void)state;
    static const uint8_t data[] = {0xde, 0xad};
    struct replayed replayed = {
        .replay = {
            .from = {{0xaa}}, .to = {{0xbb}}, .value = u256_from_u64(255), .gas = 21000, .data = data, .data_len = 2}};
    run_replay(&replayed);
    assert_member(&replayed, "from", "0xaa00000000000000000000000000000000000000");
    assert_member(&replayed, "to", "0xbb00000000000000000000000000000000000000");
    assert_member(&replayed, "value", "0xff");
    assert_member(&replayed, "gas", "0x5208");
    assert_member(&replayed, "data", "0xdead");
    json_decref(replayed.call);
    replayed.replay.creates = true;
    run_replay(&replayed);
    assert_member(&replayed, "to", NULL);
    json_decref(replayed.call);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nonce),       cmocka_unit_test(test_funds), cmocka_unit_test(test_receipt),
        cmocka_unit_test(test_who_is_down), cmocka_unit_test(test_many),  cmocka_unit_test(test_replay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
