/* What routes read alike from path and query: chains by id and name, blocks, addresses, and how mistakes are named.
 * Each test makes its request and frees it.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "app.h"
#include "http/answer.h"
#include "params.h"
#include "services/chain_service.h"

/* Chains that know no network: 1 and "mainnet", one whose id no node has told yet, one named like a number. */
struct chain {
    uint64_t id;
    const char *name;
};
uint64_t chain_id(const struct chain *chain) {
    return chain->id;
}
const char *chain_name(const struct chain *chain) {
    return chain->name;
}

enum { UNTOLD = 77 }; /* the chain without an id might have this one: its node does not tell */
enum err chain_service_find(struct task *task, struct chain *const *list, size_t n, uint64_t id, size_t *index) {
    for (*index = 0; *index < n && (id == 0 || list[*index]->id != id); ++*index) continue;
    return id == UNTOLD ? task_fail(task, ERR_UPSTREAM_UNAVAILABLE, "no node") : ERR_OK;
}

static struct chain chains[] = {{1, "mainnet"}, {0, "unknown"}, {8453, "base"}, {5, "10"}};
enum { CHAINS = sizeof chains / sizeof *chains };

/* A request with one query argument. */
struct asked {
    struct answer answer;
    struct chain *list[CHAINS];
    struct app app;
};

static void ask(struct asked *asked, const char *name, const char *value) {
    answer_begin(&asked->answer, HTTP_GET, "/");
    memset(&asked->app, 0, sizeof asked->app);
    for (size_t i = 0; i < CHAINS; i++) asked->list[i] = &chains[i];
    asked->app.chains = asked->list;
    asked->app.n_chains = CHAINS;
    asked->answer.req.app = &asked->app;
    if (name == NULL) return;
    asked->answer.req.query[0] = (struct query_arg){{name, strlen(name)}, {value, strlen(value)}};
    asked->answer.req.n_query = 1;
}

static void test_a_chain_that_might_be_the_one_is_not_denied(void **state) {
    (void)state;
    struct asked asked;
    struct source source;
    ask(&asked, "chain", "77");
    assert_int_equal(params_source(&asked.answer.req, &source), ERR_UPSTREAM_UNAVAILABLE);
    answer_end(&asked.answer);
}

static void test_chains(void **state) {
    (void)state;
    static const struct {
        const char *value; /* NULL: none given */
        int chain;         /* -1: refused */
    } rows[] = {
        {NULL, 0},       {"1", 0},     {"mainnet", 0},   {"8453", 2}, {"base", 2}, {"unknown", 1},
        {"10", 3},       {"5", 3},     {"0", -1},        {"", -1},    {"01", -1},  {"0x1", -1},
        {"Mainnet", -1}, {"main", -1}, {"mainnet ", -1}, {"2", -1},   {"84", -1},  {"84530", -1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct asked asked;
        struct source source;
        ask(&asked, rows[i].value != NULL ? "chain" : NULL, rows[i].value);
        enum err err = params_source(&asked.answer.req, &source);
        assert_int_equal(err, rows[i].chain < 0 ? ERR_INVALID_PARAMETER : ERR_OK);
        if (err == ERR_OK) assert_ptr_equal(source.chain, &chains[rows[i].chain]);
        if (err != ERR_OK) assert_non_null(strstr(asked.answer.req.task.fault.detail, "chain \""));
        answer_end(&asked.answer);
    }
}

static void test_blocks(void **state) {
    (void)state;
    static const struct {
        const char *value;
        int kind; /* -1: refused */
    } rows[] = {
        {NULL, BLOCK_LATEST}, {"latest", BLOCK_LATEST}, {"finalized", BLOCK_FINALIZED},
        {"0", BLOCK_NUMBER},  {"0x10", BLOCK_NUMBER},   {"", -1},
        {"earliest", -1},     {"pending", -1},          {"-1", -1},
        {"1e3", -1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct asked asked;
        struct block_spec spec;
        ask(&asked, rows[i].value != NULL ? "block" : NULL, rows[i].value);
        enum err err = params_block(&asked.answer.req, &spec);
        assert_int_equal(err, rows[i].kind < 0 ? ERR_INVALID_PARAMETER : ERR_OK);
        if (err == ERR_OK) assert_int_equal(spec.kind, rows[i].kind);
        if (err != ERR_OK) assert_non_null(strstr(asked.answer.req.task.fault.detail, "block \""));
        answer_end(&asked.answer);
    }
}

#define CHECKSUMMED "0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045"

static void test_addresses(void **state) {
    (void)state;
    static const struct {
        const char *text;
        enum err err;
    } rows[] = {
        {CHECKSUMMED, ERR_OK},
        {"0xd8da6bf26964af9d7eed9e03e53415d37aa96045", ERR_OK},
        {"0xD8DA6BF26964AF9D7EED9E03E53415D37AA96045", ERR_OK},
        {"0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96054", ERR_CHECKSUM_MISMATCH},
        {"", ERR_INVALID_ADDRESS},
        {"vitalik.eth", ERR_INVALID_ADDRESS},
        {"0xd8da6bf26964af9d7eed9e03e53415d37aa9604", ERR_INVALID_ADDRESS},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct answer answer;
        address out;
        char text[ADDRESS_TEXT_BYTES];
        answer_begin(&answer, HTTP_GET, "/");
        answer.req.params[1] = (struct slice){rows[i].text, strlen(rows[i].text)};
        answer.req.n_params = 2;
        assert_int_equal(params_address(&answer.req, &out, 1, "token"), rows[i].err);
        if (rows[i].err == ERR_OK) assert_string_equal(address_format(text, &out), CHECKSUMMED);
        if (rows[i].err != ERR_OK) {
            assert_int_equal(answer.req.task.fault.code, rows[i].err);
            assert_non_null(strstr(answer.req.task.fault.detail, "token \""));
            assert_non_null(strstr(answer.req.task.fault.detail, rows[i].text));
        }
        answer_end(&answer);
    }
}

/* However long the mistake, the detail ends with what is allowed. */
static void test_long_mistakes_are_cut(void **state) {
    (void)state;
    char text[4096];
    memset(text, 'x', sizeof text);
    struct task task = {.rpc_calls = 0};
    address out;
    struct block_spec spec;
    assert_int_equal(params_parse_address(&task, &out, (struct slice){text, sizeof text}, "address"),
                     ERR_INVALID_ADDRESS);
    assert_non_null(strstr(task.fault.detail, "40 hex digits"));
    assert_int_equal(params_parse_block(&task, &spec, (struct slice){text, sizeof text}), ERR_INVALID_PARAMETER);
    assert_non_null(strstr(task.fault.detail, "block hash"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chains),
        cmocka_unit_test(test_a_chain_that_might_be_the_one_is_not_denied),
        cmocka_unit_test(test_blocks),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_long_mistakes_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
