/* Calls of contracts: which question is asked, what is kept, and what each answer means to a client.
 * Each test makes and ends its fake chain; no contract is registered but one.
 * Runs on one thread. */
#include "services/fake_chain.h"

#include <jansson.h>

#include "eth/abi_read.h"
#include "rpc/simulate.h"
#include "services/call_service.h"

#define WORD(last_two_digits) "0x00000000000000000000000000000000000000000000000000000000000000" last_two_digits
#define BALANCE_OF "function balanceOf(address) view returns (uint256)"

enum { DETAIL_BYTES = TASK_DETAIL_BYTES, CONTRACT = 0x22, REGISTERED = 0x33, OWNER = 0x44 };

/* --- what stands in for the layers below --- */

static struct {
    unsigned simulations;
    struct simulated answer;
    struct simulation last;
} simulate;

enum err simulate_call(struct task *task, struct chain *chain, const struct block_ref *at, struct simulated *out,
                       const struct simulation *what) {
    (void)task;
    (void)chain;
    (void)at;
    simulate.simulations++;
    simulate.last = *what;
    *out = simulate.answer;
    return ERR_OK;
}

static enum err find(struct task *task, const struct known_contract **out, const address *contract) {
    static const char abi[] = "[\"function count() view returns (uint256 n, bool flag)\",\"error Short(uint8 n)\"]";
    char problem[ABI_PROBLEM_BYTES];
    struct known_contract *known = arena_alloc(task->arena, sizeof *known);
    *out = NULL;
    if (contract->bytes[0] != REGISTERED) return task_fail(task, ERR_CONTRACT_NOT_FOUND, "not registered");
    check(abi_read_text(&known->abi, task->arena, problem, abi, strlen(abi)) == ERR_OK);
    *out = known;
    return ERR_OK;
}

enum err abi_store_get(struct task *task, struct abi_store *store, const struct source *source,
                       const struct known_contract **out, const address *contract) {
    (void)store;
    (void)source;
    return find(task, out, contract);
}

void abi_store_find(struct task *task, struct abi_store *store, const struct source *source,
                    const struct known_contract **out, const address *contracts, size_t n) {
    (void)store;
    (void)source;
    struct task child = task_child(task);
    for (size_t i = 0; i < n; i++) {
        enum err err = find(&child, &out[i], &contracts[i]);
        (void)err; /* nobody is told */
    }
}

/* --- one call --- */

static struct {
    uint8_t contract;
    const char *function;
    const char *args;
    struct call_sender sender;
    struct block_spec spec;
} asked;

static struct {
    enum err err;
    char detail[DETAIL_BYTES];
    char result[4096];
    char revert[4096];
    char signature[64];
} got;

static void run(struct task *task, const struct source *source) {
    json_t *args = json_loads(asked.args, 0, NULL);
    struct contract_call call = {.contract = fake_address(asked.contract),
                                 .function = {asked.function, strlen(asked.function), args},
                                 .sender = asked.sender};
    struct block_ref block;
    memset(&got, 0, sizeof got);
    got.err = call_service_call(task, NULL, source, &call, &block, &asked.spec);
    if (got.err == ERR_OK) {
        (void)snprintf(got.result, sizeof got.result, "%.*s", (int)call.result.len, call.result.text);
        (void)snprintf(got.signature, sizeof got.signature, "%s", call.signature);
    } else {
        check(task->fault.code == got.err);
        (void)snprintf(got.detail, sizeof got.detail, "%s", task->fault.detail);
        (void)snprintf(got.revert, sizeof got.revert, "%.*s", (int)task->fault.revert_len, task->fault.revert);
    }
    json_decref(args);
}

static void ask(uint8_t contract, const char *function, const char *args) {
    asked.contract = contract;
    asked.function = function;
    asked.args = args;
    fake_run(run);
}

static void begin(const struct fake_answer *answers, size_t n) {
    memset(&asked, 0, sizeof asked);
    memset(&simulate, 0, sizeof simulate);
    asked.spec.kind = BLOCK_LATEST;
    fake_begin(answers, n);
}

static const char owner[] = "[\"0x4444444444444444444444444444444444444444\"]";

static void test_a_result_is_asked_once_at_a_block(void **state) {
    (void)state;
    static const struct fake_answer answers[] = {{.match = "call", .result = WORD("2a")}};
    begin(answers, 1);
    for (int i = 0; i < 3; i++) {
        ask(CONTRACT, BALANCE_OF, owner);
        assert_int_equal(got.err, ERR_OK);
        assert_string_equal(got.result, "\"42\"");
        assert_string_equal(got.signature, "balanceOf(address)");
    }
    assert_int_equal(fake.asked, 1);
    assert_non_null(strstr(fake.log, "call 0x2222222222222222222222222222222222222222 0x70a08231"));
    ask(CONTRACT, BALANCE_OF, "[\"0x4545454545454545454545454545454545454545\"]");
    assert_int_equal(fake.asked, 2);
    ask(CONTRACT + 1, BALANCE_OF, owner);
    fake.head++;
    ask(CONTRACT, BALANCE_OF, owner);
    assert_int_equal(fake.asked, 4);
    assert_int_equal(simulate.simulations, 0);
    fake_end();
}

static void test_a_revert_is_kept_as_well(void **state) {
    (void)state;
    static struct fake_answer answers[] = {{.match = "call",
                                            .outcome = RPC_REVERTED,
                                            .err = ERR_EXECUTION_REVERTED,
                                            .detail = "",
                                            .revert = "0x12345678"}};
    begin(answers, 1);
    for (int i = 0; i < 2; i++) {
        ask(CONTRACT, BALANCE_OF, owner);
        assert_int_equal(got.err, ERR_EXECUTION_REVERTED);
        assert_string_equal(got.detail, "execution reverted: custom error 0x12345678");
        assert_string_equal(got.revert, "{\"data\":\"0x12345678\"}");
    }
    assert_int_equal(fake.asked, 1);
    answers[0].revert = NULL;
    fake.head++;
    for (int i = 0; i < 2; i++) {
        ask(CONTRACT, BALANCE_OF, owner);
        assert_string_equal(got.revert, "{\"data\":null}");
    }
    assert_int_equal(fake.asked, 2);
    fake_end();
}

static void test_a_failure_of_the_node_is_not_kept(void **state) {
    (void)state;
    static const struct fake_answer answers[] = {
        {.match = "call", .outcome = RPC_OUT_OF_GAS, .err = ERR_EXECUTION_REVERTED, .detail = "out of gas"}};
    begin(answers, 1);
    for (unsigned i = 1; i < 3; i++) {
        ask(CONTRACT, BALANCE_OF, owner);
        assert_int_equal(got.err, ERR_EXECUTION_REVERTED);
        assert_string_equal(got.detail, "out of gas");
        assert_string_equal(got.revert, "");
        assert_int_equal(fake.asked, i);
    }
    fake_end();
}

static void test_nothing_is_explained_by_the_code(void **state) {
    (void)state;
    static const struct fake_answer none[] = {{.match = "call", .result = "0x"}, {.match = "code", .result = "0x"}};
    static const struct fake_answer some[] = {{.match = "call", .result = "0x"}, {.match = "code", .result = "0xfe"}};
    static const char nothing[] = "function poke() view";
    begin(none, 2);
    for (int i = 0; i < 2; i++) {
        ask(CONTRACT, BALANCE_OF, owner);
        assert_int_equal(got.err, ERR_NOT_A_CONTRACT);
    }
    assert_int_equal(fake.asked, 2);
    ask(CONTRACT, nothing, "[]");
    assert_int_equal(got.err, ERR_NOT_A_CONTRACT);
    fake_end();
    begin(some, 2);
    ask(CONTRACT, BALANCE_OF, owner);
    assert_int_equal(got.err, ERR_ABI_MISMATCH);
    ask(CONTRACT, nothing, "[]");
    assert_int_equal(got.err, ERR_OK);
    assert_string_equal(got.result, "null");
    fake_end();
}

static void test_half_an_answer_is_none(void **state) {
    (void)state;
    static const struct fake_answer answers[] = {{.match = "call", .result = "0x1234"}};
    begin(answers, 1);
    ask(CONTRACT, BALANCE_OF, owner);
    assert_int_equal(got.err, ERR_ABI_MISMATCH);
    assert_non_null(strstr(got.detail, "2 bytes"));
    fake_end();
}

static void test_a_long_result_is_asked_again(void **state) {
    (void)state;
    static char result[2 + 64 * 34 + 1] = "0x";
    static struct fake_answer answers[] = {{.match = "call", .result = result}};
    (void)snprintf(result, sizeof result, "%s%s%0*d", WORD("20"),
                   "0000000000000000000000000000000000000000000000000000000000000400", 64 * 32, 0);
    begin(answers, 1);
    for (unsigned i = 1; i < 3; i++) {
        ask(CONTRACT, "function blob() view returns (bytes)", "[]");
        assert_int_equal(got.err, ERR_OK);
        assert_int_equal(strlen(got.result), 2 + 2 + 2 * 1024);
        assert_int_equal(fake.asked, i);
    }
    fake_end();
}

static void test_what_is_no_view_or_has_a_sender_goes_alone(void **state) {
    (void)state;
    static const uint8_t word[32] = {[31] = 7};
    static const struct fake_answer answers[] = {{.match = "balance", .result = "0x64"}};
    begin(answers, 1);
    simulate.answer = (struct simulated){.outcome = RPC_OK, .bytes = word, .len = sizeof word};
    ask(CONTRACT, "function bump() returns (uint256)", "[]");
    assert_string_equal(got.result, "\"7\"");
    assert_int_equal(simulate.simulations, 1);
    assert_false(simulate.last.has_from);
    asked.sender = (struct call_sender){.has_from = true, .from = fake_address(OWNER)};
    ask(CONTRACT, BALANCE_OF, owner);
    assert_int_equal(simulate.simulations, 2);
    assert_true(simulate.last.has_from && simulate.last.from.bytes[5] == OWNER);
    assert_int_equal(fake.asked, 0);
    asked.sender.value = u256_from_u64(100);
    ask(CONTRACT, BALANCE_OF, owner);
    assert_int_equal(got.err, ERR_OK);
    assert_int_equal(fake.asked, 1);
    asked.sender.value = u256_from_u64(101);
    ask(CONTRACT, BALANCE_OF, owner);
    assert_int_equal(got.err, ERR_INSUFFICIENT_FUNDS);
    assert_int_equal(simulate.simulations, 3);
    fake_end();
}

static void test_a_value_alone_is_reason_enough(void **state) {
    (void)state;
    static const struct fake_answer answers[] = {{.match = "balance", .result = "0x64"}};
    begin(answers, 1);
    simulate.answer = (struct simulated){.outcome = RPC_OUT_OF_GAS};
    asked.sender = (struct call_sender){.has_value = true, .value = u256_from_u64(1)};
    ask(CONTRACT, BALANCE_OF, owner);
    assert_int_equal(simulate.simulations, 1);
    assert_true(!simulate.last.has_from && simulate.last.value.limb[0] == 1);
    assert_int_equal(got.err, ERR_EXECUTION_REVERTED);
    assert_string_equal(got.detail, "the call ran out of gas");
    fake_end();
}

static void move_on(void) {
    fake.head++;
}

/* By now the cache may know what is true at the newer block. */
static void test_an_answer_that_comes_late_is_not_kept(void **state) {
    (void)state;
    static const struct fake_answer answers[] = {{.match = "@100", .result = WORD("01")},
                                                 {.match = "@101", .result = WORD("02")}};
    begin(answers, 2);
    ask(CONTRACT, BALANCE_OF, owner);
    assert_string_equal(got.result, "\"1\"");
    fake.on_the_way = move_on;
    ask(CONTRACT, "function totalSupply() view returns (uint256)", "[]");
    assert_string_equal(got.result, "\"1\"");
    fake.on_the_way = NULL;
    fake.head = 100;
    ask(CONTRACT, "function totalSupply() view returns (uint256)", "[]");
    assert_int_equal(fake.asked, 3);
    fake.head = 101;
    ask(CONTRACT, BALANCE_OF, owner);
    assert_string_equal(got.result, "\"2\"");
    fake_end();
}

static void test_a_name_needs_a_registration(void **state) {
    (void)state;
    static const struct fake_answer answers[] = {
        {.match = "call", .result = WORD("05") "0000000000000000000000000000000000000000000000000000000000000001"}};
    begin(answers, 1);
    ask(CONTRACT, "count", "[]");
    assert_int_equal(got.err, ERR_CONTRACT_NOT_FOUND);
    ask(REGISTERED, "count", "[]");
    assert_string_equal(got.result, "{\"n\":\"5\",\"flag\":true}");
    ask(REGISTERED, "count()", "[]");
    assert_int_equal(got.err, ERR_OK);
    ask(REGISTERED, "counts", "[]");
    assert_int_equal(got.err, ERR_NOT_IN_ABI);
    ask(REGISTERED, "count", "[1]");
    assert_int_equal(got.err, ERR_INVALID_ARGUMENT);
    ask(REGISTERED, "function count(", "[]");
    assert_int_equal(got.err, ERR_INVALID_ABI);
    assert_int_equal(fake.asked, 1);
    fake_end();
}

/* What a standard or the contract's own ABI calls a view is one; a client's word alone is not believed. */
static void test_who_says_that_it_is_a_view(void **state) {
    (void)state;
    static const struct fake_answer answers[] = {
        {.match = "call", .result = WORD("05") "0000000000000000000000000000000000000000000000000000000000000001"}};
    begin(answers, 1);
    ask(CONTRACT, BALANCE_OF, owner);
    ask(REGISTERED, "count", "[]");
    ask(REGISTERED, "function count() returns (uint256)", "[]");
    assert_int_equal(simulate.simulations, 1);
    ask(REGISTERED, "function balanceOf(address) pure returns (uint256)", owner);
    assert_int_equal(fake.may_write, 0);
    ask(CONTRACT, "function count() view returns (uint256)", "[]");
    assert_int_equal(fake.may_write, 1);
    ask(REGISTERED, "function mint(address) view returns (uint256)", owner);
    assert_int_equal(fake.may_write, 2);
    ask(CONTRACT, "function transfer(address,uint256) view returns (bool)",
        "[\"0x4444444444444444444444444444444444444444\",1]");
    assert_int_equal(fake.may_write, 3);
    fake_end();
}

static void test_a_block_that_has_gone_is_pinned_anew(void **state) {
    (void)state;
    static const struct fake_answer answers[] = {
        {.match = "@100", .outcome = RPC_BLOCK_UNKNOWN, .err = ERR_BLOCK_NOT_FOUND, .detail = "unknown"},
        {.match = "@101", .result = WORD("01")}};
    begin(answers, 2);
    ask(CONTRACT, BALANCE_OF, owner);
    assert_int_equal(got.err, ERR_OK);
    assert_int_equal(fake.forgets, 1);
    asked.spec = (struct block_spec){.kind = BLOCK_NUMBER, .number = 100};
    ask(CONTRACT, BALANCE_OF, owner);
    assert_int_equal(got.err, ERR_BLOCK_NOT_FOUND);
    fake_end();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_result_is_asked_once_at_a_block),
        cmocka_unit_test(test_a_revert_is_kept_as_well),
        cmocka_unit_test(test_a_failure_of_the_node_is_not_kept),
        cmocka_unit_test(test_nothing_is_explained_by_the_code),
        cmocka_unit_test(test_half_an_answer_is_none),
        cmocka_unit_test(test_a_long_result_is_asked_again),
        cmocka_unit_test(test_what_is_no_view_or_has_a_sender_goes_alone),
        cmocka_unit_test(test_a_name_needs_a_registration),
        cmocka_unit_test(test_a_value_alone_is_reason_enough),
        cmocka_unit_test(test_an_answer_that_comes_late_is_not_kept),
        cmocka_unit_test(test_who_says_that_it_is_a_view),
        cmocka_unit_test(test_a_block_that_has_gone_is_pinned_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
