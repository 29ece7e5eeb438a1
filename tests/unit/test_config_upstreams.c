/* What the file says of a chain's upstreams: priorities, limits, headers, sockets and references to the environment.
 * Each test frees the configuration it loads.
 * Runs on one thread. */
#include "config_fixture.h"

#include <stdio.h>

#define CHAIN(upstreams) "chains:\n  - name: main\n    upstreams:\n" upstreams
#define HEADER(header) CHAIN("      - {url: http://a, headers: [" header "]}\n")

static const struct upstream_config *upstreams_of(const struct config *config) {
    return config->chains[0].upstreams;
}

static void test_priority_is_the_position_without_one(void **state) {
    (void)state;
    struct config *config = expect_config((struct input){
        .yaml = CHAIN("      - url: http://a\n      - {url: http://b, priority: 0}\n      - url: http://c\n"
                      "      - {url: http://d, priority: 1000}\n")});
    static const unsigned expected[] = {1, 0, 3, 1000};
    for (size_t i = 0; i < 4; i++) assert_int_equal(upstreams_of(config)[i].priority, expected[i]);
    config_free(config);

    config = expect_config((struct input){.args = {"--rpc-urls", "http://a,http://b"}});
    assert_int_equal(upstreams_of(config)[0].priority, 1);
    assert_int_equal(upstreams_of(config)[1].priority, 2);
    config_free(config);
}

static void test_limits_of_an_upstream(void **state) {
    (void)state;
    struct config *config = expect_config((struct input){
        .yaml = CHAIN("      - {url: http://a, calls_per_s: 25, max_batch: 10}\n      - url: http://b\n")});
    assert_int_equal(upstreams_of(config)[0].calls_per_s, 25);
    assert_int_equal(upstreams_of(config)[0].max_batch, 10);
    assert_int_equal(upstreams_of(config)[1].calls_per_s, 0);
    assert_int_equal(upstreams_of(config)[1].max_batch, 0);
    config_free(config);
}

static void test_numbers_of_an_upstream_are_checked(void **state) {
    (void)state;
    static const struct {
        const char *key, *text, *range;
    } rows[] = {
        {"priority", "1001", "0 to 1000"},          {"priority", "-1", "0 to 1000"},
        {"calls_per_s", "0", "1 to 1000000"},       {"calls_per_s", "2.5", "1 to 1000000"},
        {"calls_per_s", "010", "1 to 1000000"},     {"max_batch", "0", "1 to 1000"},
        {"max_batch", "1001", "1 to 1000"},         {"max_batch", "ten", "1 to 1000"},
        {"calls_per_s", "1000001", "1 to 1000000"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char yaml[256], sentence[256];
        (void)snprintf(yaml, sizeof yaml, CHAIN("      - url: http://a\n      - {url: http://b, %s: %s}\n"),
                       rows[i].key, rows[i].text);
        (void)snprintf(
            sentence, sizeof sentence,
            "conf.yaml: %s \"%s\" of upstream 2 of chain main is not allowed; it must be a number from %s in "
            "plain decimal digits",
            rows[i].key, rows[i].text, rows[i].range);
        expect_problem(sentence, (struct input){.yaml = yaml});
    }
}

static void test_headers_of_an_upstream(void **state) {
    (void)state;
    struct config *config =
        expect_config((struct input){.yaml = CHAIN("      - url: https://a\n        headers:\n"
                                                   "          - {name: Authorization, value: Bearer abc}\n"
                                                   "          - name: X-Api-Key\n            value: \"k{}:,\"\n"
                                                   "      - {url: http://b, headers: []}\n")});
    const struct upstream_config *upstream = &upstreams_of(config)[0];
    assert_int_equal(upstream->n_headers, 2);
    assert_string_equal(upstream->headers[0].name, "Authorization");
    assert_string_equal(upstream->headers[0].value, "Bearer abc");
    assert_string_equal(upstream->headers[1].name, "X-Api-Key");
    assert_string_equal(upstream->headers[1].value, "k{}:,");
    assert_int_equal(upstreams_of(config)[1].n_headers, 0);
    config_free(config);
}

static void test_names_of_headers_are_tokens(void **state) {
    (void)state;
    static const char *const refused[] = {"''", "X Y", "'X:'", "\"X\\r\\nY\"", "\"\xc3\xa9\"", "'Key: SECRET'", "(X)"};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        char yaml[256];
        (void)snprintf(yaml, sizeof yaml, HEADER("{name: A, value: b}, {name: %s, value: SECRET}"), refused[i]);
        expect_problem("conf.yaml: upstream 1 of chain main: header 2: the name must be 1 to 64 letters, digits and "
                       "characters of !#$%&'*+-.^_`|~",
                       (struct input){.yaml = yaml});
    }
    expect_problem("conf.yaml: upstream 1 of chain main: header 1: the name must be 1 to 64 letters, digits and "
                   "characters of !#$%&'*+-.^_`|~",
                   (struct input){.yaml = HEADER("{value: SECRET}")});
}

static void test_values_of_headers_are_visible_ascii(void **state) {
    (void)state;
    static const char *const refused[] = {
        "\"SECRET\\r\\nHost: x\"", "\"SECRET\\n\"",    "\"SEC\\tRET\"", "\" SECRET\"", "\"SECRET \"",
        "\"SECR\\x7f\"",           "\"SECR\xc3\xa9T\""};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        char yaml[256];
        (void)snprintf(yaml, sizeof yaml, HEADER("{name: X-Key, value: %s}"), refused[i]);
        expect_problem("conf.yaml: upstream 1 of chain main: header X-Key: the value must be visible ASCII characters, "
                       "with spaces only between them",
                       (struct input){.yaml = yaml});
    }
    expect_problem("conf.yaml: upstream 1 of chain main: header X-Key: the value is missing",
                   (struct input){.yaml = HEADER("{name: X-Key}")});
    expect_problem("conf.yaml: upstream 1 of chain main: header X-Key: the value is missing",
                   (struct input){.yaml = HEADER("{name: X-Key, value: ''}")});
}

static void test_a_headers_value_has_at_most_4096_bytes(void **state) {
    (void)state;
    char yaml[4400];
    (void)snprintf(yaml, sizeof yaml, HEADER("{name: X, value: a%04095d}"), 0);
    config_free(expect_config((struct input){.yaml = yaml}));
    (void)snprintf(yaml, sizeof yaml, HEADER("{name: X, value: a%04096d}"), 0);
    expect_problem("conf.yaml: upstream 1 of chain main: header X: the value is longer than 4096 bytes",
                   (struct input){.yaml = yaml});
}

static void test_headers_of_our_own_are_refused(void **state) {
    (void)state;
    static const char *const own[] = {"Content-Type",      "content-length", "HOST",
                                      "Transfer-Encoding", "traceparent",    "Connection"};
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        char yaml[256], sentence[256];
        (void)snprintf(yaml, sizeof yaml, HEADER("{name: %s, value: SECRET}"), own[i]);
        (void)snprintf(sentence, sizeof sentence,
                       "conf.yaml: upstream 1 of chain main: header %s: dappd sets it itself, it cannot be configured",
                       own[i]);
        expect_problem(sentence, (struct input){.yaml = yaml});
    }
}

static void test_headers_are_few_and_differ(void **state) {
    (void)state;
    expect_problem("conf.yaml: upstream 1 of chain main: header x-key: it is given twice",
                   (struct input){.yaml = HEADER("{name: X-Key, value: a}, {name: x-key, value: b}")});
    char yaml[1024], *end = stpcpy(yaml, CHAIN("      - {url: http://a, headers: ["));
    for (char c = 'a'; c < 'a' + 17; c++) {
        const char header[] = {'{', 'n', 'a', 'm', 'e', ':', ' ', c, '}', ',', '\0'};
        end = stpcpy(end, header);
    }
    (void)stpcpy(end, "]}\n");
    expect_problem("conf.yaml: upstream 1 of chain main has 17 headers; at most 16 are allowed",
                   (struct input){.yaml = yaml});
}

static void test_sockets(void **state) {
    (void)state;
    struct config *config = expect_config((struct input){
        .args = {"--rpc-urls", "ipc:/run/geth.ipc,http+unix:/run/node.sock:/rpc,http+unix:///run/other.sock"}});
    assert_int_equal(config->chains[0].n_upstreams, 3);
    assert_string_equal(upstreams_of(config)[0].url, "ipc:/run/geth.ipc");
    assert_string_equal(upstreams_of(config)[1].url, "http+unix:/run/node.sock:/rpc");
    config_free(config);
    expect_problem("conf.yaml: upstream 1 of chain main: the scheme must be followed by the absolute path of a socket",
                   (struct input){.yaml = CHAIN("      - url: ipc:secret.ipc\n")});
    expect_problem("conf.yaml: upstream 1 of chain main: headers belong to HTTP; a node with an ipc: URL gets none",
                   (struct input){.yaml = CHAIN("      - {url: ipc:/a, headers: [{name: A, value: b}]}\n")});
    config_free(expect_config(
        (struct input){.yaml = CHAIN("      - {url: 'http+unix:/a', headers: [{name: A, value: b}]}\n")}));
}

static void test_references_to_the_environment(void **state) {
    (void)state;
    struct config *config = expect_config((struct input){
        .yaml = CHAIN("      - url: https://${HOST_1}/v1/${_KEY}?a=$b&c={}\n"
                      "        headers: [{name: Authorization, value: 'Bearer ${_KEY}'}, {name: X, value: $5}]\n"),
        .env = {"HOST_1=node.example", "_KEY=abc${HOST_1}"}});
    const struct upstream_config *upstream = upstreams_of(config);
    assert_string_equal(upstream->url, "https://node.example/v1/abc${HOST_1}?a=$b&c={}"); /* replaced once */
    assert_string_equal(upstream->headers[0].value, "Bearer abc${HOST_1}");
    assert_string_equal(upstream->headers[1].value, "$5");
    config_free(config);
}

static void test_references_are_checked(void **state) {
    (void)state;
    static const char unset[] =
        "conf.yaml: upstream 1 of chain main: the environment variable KEY is not set, or empty";
    static const char broken[] =
        "conf.yaml: upstream 1 of chain main: behind ${ must come the name of an environment variable and }";
    expect_problem(unset, (struct input){.yaml = CHAIN("      - url: https://a/${KEY}\n")});
    expect_problem(unset, (struct input){.yaml = CHAIN("      - url: https://a/${KEY}\n"), .env = {"KEY="}});
    expect_problem(unset, (struct input){.yaml = HEADER("{name: X, value: '${KEY}'}")});
    static const char *const refused[] = {"${}", "${", "${KEY", "${1KEY}", "${KEY-x}", "${ KEY}"};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        char yaml[256];
        (void)snprintf(yaml, sizeof yaml, CHAIN("      - url: 'https://a/%s'\n"), refused[i]);
        expect_problem(broken, (struct input){.yaml = yaml, .env = {"KEY=SECRET"}});
    }
}

/* What a variable holds is checked as if it stood in the file. */
static void test_values_of_variables_are_checked(void **state) {
    (void)state;
    expect_problem(
        "conf.yaml: upstream 1 of chain main: the URL holds a space, a control character or one beyond ASCII",
        (struct input){.yaml = CHAIN("      - url: https://a/${KEY}\n"), .env = {"KEY=SECRET\r\n"}});
    expect_problem("conf.yaml: upstream 1 of chain main: header X: the value must be visible ASCII characters, with "
                   "spaces only between them",
                   (struct input){.yaml = HEADER("{name: X, value: '${KEY}'}"), .env = {"KEY=SECRET\r\nHost: x"}});
}

static void test_unknown_keys_name_the_nearest(void **state) {
    (void)state;
    expect_problem("conf.yaml:4: unknown key \"max_batches\" in an upstream; the nearest known one is \"max_batch\"",
                   (struct input){.yaml = CHAIN("      - {url: http://a, max_batches: 3}\n")});
    expect_problem("conf.yaml:6: unknown key \"val\" in a header; the nearest known one is \"value\"",
                   (struct input){.yaml = CHAIN("      - url: http://a\n        headers:\n          - val: SECRET\n")});
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_priority_is_the_position_without_one),
        cmocka_unit_test(test_limits_of_an_upstream),
        cmocka_unit_test(test_numbers_of_an_upstream_are_checked),
        cmocka_unit_test(test_headers_of_an_upstream),
        cmocka_unit_test(test_names_of_headers_are_tokens),
        cmocka_unit_test(test_values_of_headers_are_visible_ascii),
        cmocka_unit_test(test_a_headers_value_has_at_most_4096_bytes),
        cmocka_unit_test(test_headers_of_our_own_are_refused),
        cmocka_unit_test(test_headers_are_few_and_differ),
        cmocka_unit_test(test_sockets),
        cmocka_unit_test(test_references_to_the_environment),
        cmocka_unit_test(test_references_are_checked),
        cmocka_unit_test(test_values_of_variables_are_checked),
        cmocka_unit_test(test_unknown_keys_name_the_nearest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
