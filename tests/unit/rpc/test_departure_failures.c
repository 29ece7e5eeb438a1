/* What becomes of the reads of a packed call that fails as a whole.
 * Each test makes and takes down its own net of fake nodes.
 * Runs on the main thread; the nodes run on theirs. */
#include "trial.h"

static void answers_rubbish(struct fake_request *request, struct fake_state *state) {
    (void)state;
    fake_answer(request, "result", "\"0x1234\"");
}

static void times_out(struct fake_request *request, struct fake_state *state) {
    (void)state;
    fake_answer(request, "error", "{\"code\":-32000,\"message\":\"execution timed out\"}");
}

static void refuses(struct fake_request *request, struct fake_state *state) {
    (void)state;
    fake_answer(request, "error", "{\"code\":-32602,\"message\":\"invalid params\"}");
}

static void test_what_halves_would_not_tell_is_asked_alone(void **state) {
    (void)state;
    static void (*const rows[])(struct fake_request *, struct fake_state *) = {answers_rubbish, times_out, refuses};
    for (size_t i = 0; i < 3; i++) {
        struct fake_state node = good_node();
        node.instead = rows[i];
        plan(50);
        send_to(&node, 1, METHOD_MULTICALL3, true);
        assert_all_well();
        assert_true(node.packed <= 3); /* tries of one call */
        assert_int_equal(node.plain_requests, 1);
    }
}

static void limits_rate(struct fake_request *request, struct fake_state *state) {
    (void)state;
    fake_send(request, 429, "", "");
}

static void forgets_block(struct fake_request *request, struct fake_state *state) {
    (void)state;
    fake_answer(request, "error", "{\"code\":-32000,\"message\":\"header not found\"}");
}

static void lacks_state(struct fake_request *request, struct fake_state *state) {
    (void)state;
    fake_answer(request, "error", "{\"code\":-32000,\"message\":\"missing trie node\"}");
}

static void test_what_is_about_the_node_is_for_all(void **state) {
    (void)state;
    static const struct {
        void (*instead)(struct fake_request *, struct fake_state *);
        enum rpc_outcome outcome;
        enum err err;
    } rows[] = {{limits_rate, RPC_RATE_LIMITED, ERR_UPSTREAM_UNAVAILABLE},
                {forgets_block, RPC_BLOCK_UNKNOWN, ERR_BLOCK_NOT_FOUND},
                {lacks_state, RPC_STATE_MISSING, ERR_STATE_UNAVAILABLE}};
    for (size_t r = 0; r < 3; r++) {
        struct fake_state node = good_node();
        node.instead = rows[r].instead;
        plan(50);
        send_to(&node, 1, METHOD_MULTICALL3, true);
        for (size_t i = 0; i < trial.n; i++) {
            assert_int_equal(trial.fates[i].outcome, rows[r].outcome);
            assert_int_equal(trial.fates[i].err, rows[r].err);
            assert_true(trial.fates[i].detail[0] != '\0');
        }
        assert_int_equal(node.plain, 0);
    }
}

static void lacks_state_of_the_78th(struct fake_request *request, struct fake_state *state) {
    char *text = json_dumps(request->body, 0);
    bool asked = strstr(text, "0000004e") != NULL; /* its calldata */
    free(text);
    if (asked) {
        lacks_state(request, state);
    } else {
        serve_state_as_ever(request);
    }
}

static void test_state_that_one_read_misses_fails_it_alone(void **state) {
    (void)state;
    struct fake_state node = good_node();
    node.instead = lacks_state_of_the_78th;
    plan(MAX_READS);
    send_to(&node, 1, METHOD_FAN_OUT, true);
    for (size_t i = 0; i < trial.n; i++) assert_int_equal(trial.fates[i].err, i == 77 ? ERR_STATE_UNAVAILABLE : ERR_OK);
    assert_int_equal(node.plain, 0);
    assert_true(node.packed <= 2 * 8 + 1);
}

int main(void) {
    setenv("no_proxy", "*", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_halves_would_not_tell_is_asked_alone),
        cmocka_unit_test(test_what_is_about_the_node_is_for_all),
        cmocka_unit_test(test_state_that_one_read_misses_fails_it_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
