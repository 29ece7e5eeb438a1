/* Chains and upstreams: from the file, from rpc_urls, and from both; never a URL in a problem.
 * Each test loads and frees its own configuration.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "config_fixture.h"

/* A chain with one upstream and whatever else stands in it. */
#define CHAIN(more) "chains:\n  - upstreams: [{url: http://a}]\n" more
#define NAME_RULE \
    "is not allowed; it must be 1 to 64 letters, digits, dots, dashes and underscores, and not digits alone"

/* Not every command asks nodes. */
static void test_no_chain_and_no_urls(void **state) {
    (void)state;
    static const char *const files[] = {NULL, "threads: 1\n", "chains: []\n", "index_tokens: every\n"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct config *config = expect_config((struct input){.yaml = files[i]});
        assert_int_equal(config->n_chains, 0);
        config_free(config);
    }
}

static void test_rpc_urls_make_a_default_chain(void **state) {
    (void)state;
    struct config *config = expect_config((struct input){.args = {"--rpc-urls", "http://a,https://b:1/KEY?x=1"}});
    assert_int_equal(config->n_chains, 1);
    const struct chain_config *chain = &config->chains[0];
    assert_string_equal(chain->name, "default");
    assert_int_equal(chain->id, 0);
    assert_string_equal(chain->native_symbol, "ETH");
    assert_int_equal(chain->native_decimals, 18);
    assert_int_equal(chain->block_time_ms, 0);
    assert_int_equal(chain->n_upstreams, 2);
    assert_string_equal(chain->upstreams[0].name, "rpc1");
    assert_string_equal(chain->upstreams[0].url, "http://a");
    assert_string_equal(chain->upstreams[1].name, "rpc2");
    assert_string_equal(chain->upstreams[1].url, "https://b:1/KEY?x=1");
    config_free(config);
}

static void test_chains_of_the_file(void **state) {
    (void)state;
    struct config *config = expect_config(
        (struct input){.yaml = "chains:\n"
                               "  - name: mainnet\n    id: 1\n    block_time_ms: 12000\n"
                               "    upstreams:\n      - name: alpha\n        url: https://a\n      - url: https://b\n"
                               "  - name: polygon\n    id: 137\n    native_symbol: POL\n    native_decimals: 0\n"
                               "    upstreams: [{url: http://c}]\n"});
    assert_int_equal(config->n_chains, 2);
    const struct chain_config *one = &config->chains[0], *two = &config->chains[1];
    assert_string_equal(one->name, "mainnet");
    assert_int_equal(one->id, 1);
    assert_int_equal(one->block_time_ms, 12000);
    assert_int_equal(one->n_upstreams, 2);
    assert_string_equal(one->upstreams[0].name, "alpha");
    assert_string_equal(one->upstreams[0].url, "https://a");
    assert_string_equal(one->upstreams[1].name, "rpc2"); /* by its place among all */
    assert_int_equal(two->id, 137);
    assert_string_equal(two->native_symbol, "POL");
    assert_int_equal(two->native_decimals, 0);
    assert_string_equal(two->upstreams[0].name, "rpc3");
    assert_string_equal(two->upstreams[0].url, "http://c");
    config_free(config);
}

static void test_rpc_urls_replace_the_first_chains_upstreams(void **state) {
    (void)state;
    const char *yaml = "rpc_urls: http://file\n"
                       "chains:\n  - name: one\n    id: 1\n    upstreams: [{name: old, url: http://old}]\n"
                       "  - name: two\n    upstreams: [{name: kept, url: http://kept}]\n";
    struct config *config = expect_config((struct input){.yaml = yaml, .env = {"DAPPD_RPC_URLS=http://x,http://y"}});
    assert_string_equal(config->chains[0].name, "one");
    assert_int_equal(config->chains[0].id, 1);
    assert_int_equal(config->chains[0].n_upstreams, 2);
    assert_string_equal(config->chains[0].upstreams[0].name, "rpc1");
    assert_string_equal(config->chains[0].upstreams[1].url, "http://y");
    assert_string_equal(config->chains[1].upstreams[0].name, "kept");
    config_free(config);

    config = expect_config((struct input){.yaml = yaml, .args = {"--rpc-urls="}});
    assert_string_equal(config->chains[0].upstreams[0].name, "old");
    config_free(config);
}

static void test_urls_have_a_known_scheme(void **state) {
    (void)state;
    static const char *const web_sockets[] = {"ws://node/KEY", "wss://node/KEY", "WSS://node/KEY"};
    for (size_t i = 0; i < sizeof web_sockets / sizeof web_sockets[0]; i++) {
        char urls[64];
        (void)snprintf(urls, sizeof urls, "http://a,%s", web_sockets[i]);
        expect_problem(
            "--rpc-urls: upstream 2 of chain default: WebSocket URLs (ws:, wss:) are not supported; give the "
            "node's http:// or https:// URL",
            (struct input){.args = {"--rpc-urls", urls}});
    }
    static const char *const others[] = {"ftp://node/KEY", "node/KEY", "node:8545", "http:/node", "http//node", "/ipc"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        expect_problem(
            "--rpc-urls: upstream 1 of chain default: the URL must begin with http://, https://, http+unix:/ or ipc:/",
            (struct input){.args = {"--rpc-urls", others[i]}});
    }
    config_free(expect_config((struct input){.args = {"--rpc-urls", "HTTP://node,HttpS://node"}}));
}

static void test_urls_have_a_host_and_maybe_a_port(void **state) {
    (void)state;
    static const char *const refused[] = {
        "http://",        "http:///x",   "http://:80",    "http://a:",   "http://a:b",     "http://a:0",
        "http://a:65536", "http://[::1", "http://[::1]8", "http://u:p@", "http://u:p@:80", "https://?x"};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        expect_problem("--rpc-urls: upstream 1 of chain default: the URL has no valid host and port",
                       (struct input){.args = {"--rpc-urls", refused[i]}});
    }
    config_free(expect_config((struct input){
        .args = {"--rpc-urls", "http://a:1,http://[::1]:8545/x,http://[::1],http://u:p@a:65535,https://a?k=://"}}));
}

static void test_urls_hold_printable_ascii_only(void **state) {
    (void)state;
    static const char *const refused[] = {"http://a b", "http://a\n", "http://a/\x7f", "http://\xc3\xa9"};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        expect_problem("--rpc-urls: upstream 1 of chain default: the URL holds a space, a control character or one "
                       "beyond ASCII",
                       (struct input){.args = {"--rpc-urls", refused[i]}});
    }
}

static void test_an_upstream_needs_a_url(void **state) {
    (void)state;
    expect_problem("DAPPD_RPC_URLS: upstream 2 of chain default: the URL is missing",
                   (struct input){.env = {"DAPPD_RPC_URLS=http://a,,http://b"}});
    expect_problem("conf.yaml: upstream 1 of chain main: the URL is missing",
                   (struct input){.yaml = "chains:\n  - name: main\n    upstreams: [{name: a}]\n"});
}

static void test_a_chain_needs_upstreams(void **state) {
    (void)state;
    expect_problem("conf.yaml: chain main has 0 upstreams; it must have 1 to 32",
                   (struct input){.yaml = "chains:\n  - name: main\n"});
    expect_problem(
        "conf.yaml: chain two has 0 upstreams; it must have 1 to 32",
        (struct input){.yaml = "chains:\n  - name: one\n  - name: two\n    upstreams: []\n", .env = {NODE_ENV}});
}

static void test_a_chain_has_at_most_32_upstreams(void **state) {
    (void)state;
    char urls[512] = "--rpc-urls=http://a", *end = urls + strlen(urls);
    for (int i = 0; i < 31; i++) end += snprintf(end, 16, ",http://a%d", i);
    struct config *config = expect_config((struct input){.args = {urls}});
    assert_int_equal(config->chains[0].n_upstreams, 32);
    config_free(config);
    (void)stpcpy(end, ",http://a");
    expect_problem("--rpc-urls: chain default has 33 upstreams; it must have 1 to 32", (struct input){.args = {urls}});
}

static void test_a_node_is_listed_once(void **state) {
    (void)state;
    expect_problem("upstreams rpc1 and rpc3 of chain default have the same URL; list a node once",
                   (struct input){.args = {"--rpc-urls=http://secret,http://b,http://secret"}});
}

static void test_there_are_at_most_64_chains(void **state) {
    (void)state;
    char *yaml = calloc(1, 8192);
    assert_non_null(yaml);
    char *end = stpcpy(yaml, "chains:\n");
    for (int i = 0; i < 65; i++) end = stpcpy(end, "  - upstreams: [{url: http://a}]\n");
    expect_problem("conf.yaml: 65 chains are listed; at most 64 are allowed", (struct input){.yaml = yaml});
    free(yaml);
}

static void test_chain_names_differ(void **state) {
    (void)state;
    expect_problem("conf.yaml: chains 1 and 3 are both named \"a\"; names must differ",
                   (struct input){.yaml = "chains:\n  - {name: a, upstreams: [{url: http://a}]}\n"
                                          "  - {name: b, upstreams: [{url: http://a}]}\n"
                                          "  - {name: a, upstreams: [{url: http://a}]}\n"});
    expect_problem("conf.yaml: chains 1 and 2 are both named \"default\"; names must differ",
                   (struct input){.yaml = CHAIN("  - upstreams: [{url: http://a}]\n")});
}

static void test_chain_ids_differ(void **state) {
    (void)state;
    expect_problem("conf.yaml: chains a and b both have the id 10",
                   (struct input){.yaml = "chains:\n  - {name: a, id: 10, upstreams: [{url: http://a}]}\n"
                                          "  - {name: b, id: 10, upstreams: [{url: http://a}]}\n"});
    config_free(expect_config((struct input){.yaml = "chains:\n  - {name: a, upstreams: [{url: http://a}]}\n"
                                                     "  - {name: b, upstreams: [{url: http://a}]}\n"}));
}

static void test_upstream_names_differ_in_all_chains(void **state) {
    (void)state;
    expect_problem(
        "conf.yaml: more than one upstream is named \"u\"; names must differ in all chains",
        (struct input){.yaml = "chains:\n  - {name: a, upstreams: [{name: u, url: http://a}]}\n"
                               "  - {name: b, upstreams: [{name: v, url: http://a}, {name: u, url: http://a}]}\n"});
    expect_problem("conf.yaml: more than one upstream is named \"rpc2\"; names must differ in all chains",
                   (struct input){.yaml = "chains:\n  - upstreams: [{name: rpc2, url: http://a}, {url: http://a}]\n"});
}

static void test_names_are_checked(void **state) {
    (void)state;
    expect_problem("conf.yaml: the chain's name \"my chain\" " NAME_RULE,
                   (struct input){.yaml = CHAIN("    name: my chain\n")});
    expect_problem("conf.yaml: the chain's name \"137\" " NAME_RULE, (struct input){.yaml = CHAIN("    name: 137\n")});
    expect_problem("conf.yaml: the chain's name \"\" " NAME_RULE, (struct input){.yaml = CHAIN("    name: ''\n")});
    expect_problem("conf.yaml: the upstream's name (a URL, not shown) " NAME_RULE,
                   (struct input){.yaml = "chains:\n  - upstreams: [{name: http://node/KEY, url: http://a}]\n"});
    struct config *config = expect_config((struct input){.yaml = CHAIN("    name: Base_main.net-2\n")});
    assert_string_equal(config->chains[0].name, "Base_main.net-2");
    config_free(config);
}

static void test_numbers_of_a_chain_are_checked(void **state) {
    (void)state;
    expect_problem("conf.yaml: id \"0x1\" of chain default is not allowed; it must be a number from 1 to "
                   "9223372036854775771 in plain decimal digits",
                   (struct input){.yaml = CHAIN("    id: 0x1\n")});
    expect_problem(
        "conf.yaml: id \"0\" of chain a is not allowed; it must be a number from 1 to 9223372036854775771 in "
        "plain decimal digits",
        (struct input){.yaml = CHAIN("    name: a\n    id: 0\n")});
    expect_problem(
        "conf.yaml: native_decimals \"78\" of chain default is not allowed; it must be a number from 0 to 77 "
        "in plain decimal digits",
        (struct input){.yaml = CHAIN("    native_decimals: 78\n")});
    expect_problem("conf.yaml: block_time_ms \"12s\" of chain default is not allowed; it must be a number from 0 to "
                   "3600000 in plain decimal digits",
                   (struct input){.yaml = CHAIN("    block_time_ms: 12s\n")});
    config_free(expect_config((struct input){.yaml = CHAIN("    id: 9223372036854775771\n    native_decimals: 77\n")}));
}

static void test_the_native_symbol_is_short_text(void **state) {
    (void)state;
    expect_problem("conf.yaml: native_symbol \"SEVENTEEN_LETTERS\" of chain default is not allowed; it must be 1 to 16 "
                   "bytes of printable text",
                   (struct input){.yaml = CHAIN("    native_symbol: SEVENTEEN_LETTERS\n")});
    expect_problem("conf.yaml: native_symbol \"ab\" of chain default is not allowed; it must be 1 to 16 bytes of "
                   "printable text",
                   (struct input){.yaml = CHAIN("    native_symbol: \"a\\eb\"\n")});
    struct config *config = expect_config((struct input){.yaml = CHAIN("    native_symbol: \xce\x9e\n")});
    assert_string_equal(config->chains[0].native_symbol, "\xce\x9e");
    config_free(config);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_chain_and_no_urls),
        cmocka_unit_test(test_rpc_urls_make_a_default_chain),
        cmocka_unit_test(test_chains_of_the_file),
        cmocka_unit_test(test_rpc_urls_replace_the_first_chains_upstreams),
        cmocka_unit_test(test_urls_have_a_known_scheme),
        cmocka_unit_test(test_urls_have_a_host_and_maybe_a_port),
        cmocka_unit_test(test_urls_hold_printable_ascii_only),
        cmocka_unit_test(test_an_upstream_needs_a_url),
        cmocka_unit_test(test_a_chain_needs_upstreams),
        cmocka_unit_test(test_a_chain_has_at_most_32_upstreams),
        cmocka_unit_test(test_a_node_is_listed_once),
        cmocka_unit_test(test_there_are_at_most_64_chains),
        cmocka_unit_test(test_chain_names_differ),
        cmocka_unit_test(test_chain_ids_differ),
        cmocka_unit_test(test_upstream_names_differ_in_all_chains),
        cmocka_unit_test(test_names_are_checked),
        cmocka_unit_test(test_numbers_of_a_chain_are_checked),
        cmocka_unit_test(test_the_native_symbol_is_short_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
