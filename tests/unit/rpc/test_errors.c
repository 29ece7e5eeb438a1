/* Every error a node is known to send means what tests/vectors/rpc_errors.tsv says it means.
 * Owns nothing.
 * Runs on one thread, from the root of the checkout. */
#include "vectors.h"

#include "core/err.h"
#include "rpc/errors.h"

enum { MIN_ROWS = 150 };

static void test_known_errors(void **state) {
    (void)state;
    struct vectors v;
    vectors_open(&v, "rpc_errors.tsv");
    while (vectors_next(&v, 5)) {
        const char *source = v.fields[0];
        int status = (int)strtol(v.fields[1], NULL, 10);
        int64_t code = strtoll(v.fields[2], NULL, 10);
        const char *message = v.fields[4];
        enum rpc_outcome outcome = rpc_error_classify(status, code, message, strlen(message));
        if (strcmp(rpc_outcome_name(outcome), v.fields[3]) != 0) {
            fail_msg("%s: %s, not %s", source, rpc_outcome_name(outcome), v.fields[3]);
        }
    }
    vectors_close(&v, MIN_ROWS);
}

static void test_case_does_not_matter(void **state) {
    (void)state;
    assert_int_equal(rpc_error_classify(200, 0, "HEADER NOT FOUND", 16), RPC_BLOCK_UNKNOWN);
    assert_int_equal(rpc_error_classify(200, 0, "Header Not Found", 16), RPC_BLOCK_UNKNOWN);
}

static void test_parts_of_a_pattern_keep_their_order(void **state) {
    (void)state;
    static const char there[] = "this batch of calls is too large";
    static const char reversed[] = "too large, this batch";
    assert_int_equal(rpc_error_classify(200, 0, there, strlen(there)), RPC_TOO_LARGE);
    assert_int_equal(rpc_error_classify(200, 0, reversed, strlen(reversed)), RPC_NODE_ERROR);
}

static void test_text_is_bounded(void **state) {
    (void)state;
    char text[1024];
    memset(text, ' ', sizeof text);
    memcpy(text + 1000, "revert", 6);
    assert_int_equal(rpc_error_classify(200, 0, text, sizeof text), RPC_NODE_ERROR);
    memcpy(text + 500, "revert", 6);
    assert_int_equal(rpc_error_classify(200, 0, text, sizeof text), RPC_REVERTED);
    assert_int_equal(rpc_error_classify(200, 0, text + 500, 5), RPC_NODE_ERROR);
    assert_int_equal(rpc_error_classify(200, 0, "a\0revert", 8), RPC_REVERTED);
}

static void test_replies_without_json_rpc(void **state) {
    (void)state;
    static const struct {
        int status;
        enum rpc_outcome outcome;
    } rows[] = {
        {200, RPC_NONSENSE},    {204, RPC_NONSENSE},     {301, RPC_NONSENSE},    {400, RPC_NODE_ERROR},
        {401, RPC_NODE_ERROR},  {402, RPC_RATE_LIMITED}, {403, RPC_NODE_ERROR},  {404, RPC_NODE_ERROR},
        {413, RPC_TOO_LARGE},   {429, RPC_RATE_LIMITED}, {500, RPC_UNREACHABLE}, {502, RPC_UNREACHABLE},
        {503, RPC_UNREACHABLE}, {504, RPC_UNREACHABLE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(rpc_http_classify(rows[i].status), rows[i].outcome);
    }
}

/* What each outcome means for a client. */
static void test_outcomes_lead_to_errors(void **state) {
    (void)state;
    static const enum err want[RPC_OUTCOME_COUNT] = {
        [RPC_OK] = ERR_OK,
        [RPC_REVERTED] = ERR_EXECUTION_REVERTED,
        [RPC_OUT_OF_GAS] = ERR_EXECUTION_REVERTED,
        [RPC_INVALID] = ERR_UPSTREAM_ERROR,
        [RPC_BLOCK_UNKNOWN] = ERR_BLOCK_NOT_FOUND,
        [RPC_STATE_MISSING] = ERR_STATE_UNAVAILABLE,
        [RPC_RATE_LIMITED] = ERR_UPSTREAM_UNAVAILABLE,
        [RPC_TOO_LARGE] = ERR_UPSTREAM_ERROR,
        [RPC_NODE_ERROR] = ERR_UPSTREAM_ERROR,
        [RPC_NONSENSE] = ERR_UPSTREAM_ERROR,
        [RPC_UNREACHABLE] = ERR_UPSTREAM_UNAVAILABLE,
        [RPC_TIMED_OUT] = ERR_UPSTREAM_UNAVAILABLE,
    };
    for (size_t i = 0; i < RPC_OUTCOME_COUNT; i++) {
        const struct rpc_policy *policy = rpc_policy((enum rpc_outcome)i);
        assert_int_equal(policy->err, want[i]);
        assert_true(policy->name != NULL && policy->detail != NULL && policy->telling > 0);
        assert_true((policy->detail[0] == '\0') == (i == RPC_OK));
    }
    assert_int_equal(rpc_policy(RPC_REVERTED)->retry, RPC_RETRY_NEVER);
    assert_int_equal(rpc_policy(RPC_OUT_OF_GAS)->retry, RPC_RETRY_ELSEWHERE);
    assert_int_equal(rpc_policy(RPC_INVALID)->retry, RPC_RETRY_ELSEWHERE);
    assert_int_equal(rpc_policy(RPC_STATE_MISSING)->retry, RPC_RETRY_ELSEWHERE);
    assert_int_equal(rpc_policy(RPC_BLOCK_UNKNOWN)->retry, RPC_RETRY_ELSEWHERE);
    assert_int_equal(rpc_policy(RPC_UNREACHABLE)->retry, RPC_RETRY_ANYWHERE);
}

/* A revert is final wherever it was seen; that one node ran out of gas says less, but more than what a node lacks. */
static void test_what_tells_most(void **state) {
    (void)state;
    assert_true(rpc_policy(RPC_REVERTED)->telling > rpc_policy(RPC_OUT_OF_GAS)->telling);
    assert_true(rpc_policy(RPC_OUT_OF_GAS)->telling > rpc_policy(RPC_STATE_MISSING)->telling);
    assert_true(rpc_policy(RPC_OUT_OF_GAS)->telling > rpc_policy(RPC_TIMED_OUT)->telling);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_errors),
        cmocka_unit_test(test_case_does_not_matter),
        cmocka_unit_test(test_parts_of_a_pattern_keep_their_order),
        cmocka_unit_test(test_text_is_bounded),
        cmocka_unit_test(test_replies_without_json_rpc),
        cmocka_unit_test(test_outcomes_lead_to_errors),
        cmocka_unit_test(test_what_tells_most),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
