/* The YAML file: read as text, refused with file and line, and never with a URL.
 * Each test loads and frees its own configuration.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "config_fixture.h"

static void test_any_setting_stands_at_the_top_level(void **state) {
    (void)state;
    struct config *config = expect_config((struct input){
        .yaml = "listen: \"[::1]:80\"\nlog: 'warn'\nmax_body_bytes: \"2048\"\nrpc_urls: http://a, http://b\n"});
    assert_string_equal(config->listen, "[::1]:80");
    assert_string_equal(config->log, "warn");
    assert_int_equal(config->max_body_bytes, 2048);
    assert_int_equal(config->chains[0].n_upstreams, 2);
    config_free(config);
}

static void test_a_file_that_says_nothing_is_fine(void **state) {
    (void)state;
    static const char *const texts[] = {"", "\n", "# listen: here\n", "{}\n"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        config_free(expect_config((struct input){.yaml = texts[i], .env = {NODE_ENV}}));
    }
}

static void test_numbers_are_not_read_loosely(void **state) {
    (void)state;
    expect_problem(
        "threads: \"010\" from conf.yaml:1 is not allowed; it must be a number from 0 to 256 in plain decimal "
        "digits",
        (struct input){.yaml = "threads: 010\n", .env = {NODE_ENV}});
    expect_problem("idle_timeout_ms: \"10s\" from conf.yaml:3 is not allowed; it must be a number of ms from 1000 to "
                   "3600000 in plain decimal digits",
                   (struct input){.yaml = "\n\nidle_timeout_ms: 10s\n", .env = {NODE_ENV}});
    expect_problem("threads: \"\" from conf.yaml:1 is not allowed; it must be a number from 0 to 256 in plain decimal "
                   "digits",
                   (struct input){.yaml = "threads:\n", .env = {NODE_ENV}});
}

static void test_an_unknown_key_names_line_place_and_nearest(void **state) {
    (void)state;
    expect_problem("conf.yaml:2: unknown key \"thread\" at the top level; the nearest known one is \"threads\"",
                   (struct input){.yaml = "listen: 127.0.0.1:0\nthread: 4\n", .env = {NODE_ENV}});
    expect_problem("conf.yaml:1: unknown key \"chain\" at the top level; the nearest known one is \"chains\"",
                   (struct input){.yaml = "chain: []\n", .env = {NODE_ENV}});
    expect_problem("conf.yaml:3: unknown key \"native-symbl\" in a chain; the nearest known one is \"native_symbol\"",
                   (struct input){.yaml = "chains:\n  - name: main\n    native-symbl: ETH\n"});
    expect_problem("conf.yaml:6: unknown key \"urll\" in an upstream; the nearest known one is \"url\"",
                   (struct input){.yaml = "chains:\n  - name: main\n    upstreams:\n      - name: a\n"
                                          "        url: http://node/KEY\n        urll: x\n"});
    expect_problem("conf.yaml:3: unknown key \"uri\" in an upstream; the nearest known one is \"url\"",
                   (struct input){.yaml = "chains:\n  - upstreams:\n      - uri: http://node/KEY\n"});
}

static void test_a_url_as_key_is_not_shown(void **state) {
    (void)state;
    expect_problem("conf.yaml:2: unknown key (a URL, not shown) in a chain; the nearest known one is \"upstreams\"",
                   (struct input){.yaml = "chains:\n  - http://upstreams/KEY: x\n"});
}

static void test_a_key_twice_names_the_second_line(void **state) {
    (void)state;
    expect_problem("conf.yaml:3: the key \"threads\" appears twice",
                   (struct input){.yaml = "threads: 1\nlog: info\nthreads: 2\n", .env = {NODE_ENV}});
}

static void test_a_wrong_shape_says_what_belongs_there(void **state) {
    (void)state;
    static const struct {
        const char *yaml, *sentence;
    } rows[] = {
        {"listen:\n  - a\n", "conf.yaml:2: \"listen\" must be a single value, not a list"},
        {"listen: {a: b}\n", "conf.yaml:1: \"listen\" must be a single value, not keys with values"},
        {"chains: main\n", "conf.yaml:1: \"chains\" must be a list, not a single value"},
        {"chains:\n", "conf.yaml:1: \"chains\" must be a list, not a single value"},
        {"chains: {name: a}\n", "conf.yaml:1: \"chains\" must be a list, not keys with values"},
        {"chains:\n  - main\n", "conf.yaml:2: each entry of \"chains\" must be keys with values, not a single value"},
        {"chains:\n  - upstreams: [http://node/KEY]\n",
         "conf.yaml:2: each entry of \"upstreams\" must be keys with values, not a single value"},
        {"- a\n", "conf.yaml: the file must be keys with values, not a list"},
        {"listen\n", "conf.yaml: the file must be keys with values, not a single value"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        expect_problem(rows[i].sentence, (struct input){.yaml = rows[i].yaml, .env = {NODE_ENV}});
    }
}

static void test_broken_yaml_gives_the_parsers_words_and_line(void **state) {
    (void)state;
    expect_problem("conf.yaml:2: not valid YAML: found unexpected end of stream",
                   (struct input){.yaml = "threads: 1\nlisten: \"127\n", .env = {NODE_ENV}});
    expect_problem("conf.yaml: not valid YAML: control characters are not allowed",
                   (struct input){.yaml = "listen: \x01\n", .env = {NODE_ENV}});
}

static void test_one_document_without_aliases(void **state) {
    (void)state;
    expect_problem("conf.yaml: more than one YAML document",
                   (struct input){.yaml = "threads: 1\n---\nthreads: 2\n", .env = {NODE_ENV}});
    expect_problem("conf.yaml:2: cannot be read: YAML alias unsupported",
                   (struct input){.yaml = "log: &a info\nlisten: *a\n", .env = {NODE_ENV}});
}

static void test_libcyaml_prints_nothing_itself(void **state) {
    (void)state;
    int file = memfd_create("stderr", MFD_CLOEXEC), old = dup(STDERR_FILENO);
    assert_true(file >= 0 && old >= 0 && dup2(file, STDERR_FILENO) >= 0);
    char problem[CONFIG_PROBLEM_BYTES];
    struct config *config;
    fixture_env = NULL;
    enum err err = config_load_text(&config, problem, "conf.yaml", (const uint8_t *)"a: b", 4, 0, NULL, fixture_getenv);
    (void)fflush(stderr);
    assert_true(dup2(old, STDERR_FILENO) >= 0);
    assert_int_equal(err, ERR_INVALID_PARAMETER);
    assert_int_equal(lseek(file, 0, SEEK_END), 0);
    close(old);
    close(file);
}

static void test_find_key(void **state) {
    (void)state;
    static const char text[] = "# log: x\nlisten: log: y\n  \"log\" : 1\n- log: 2\nlogs: 3\nlog";
    const uint8_t *bytes = (const uint8_t *)text;
    size_t len = sizeof text - 1;
    assert_int_equal(config_yaml_find_key("log", bytes, len, 1, 1), 3);
    assert_int_equal(config_yaml_find_key("log", bytes, len, 3, 6), 4);
    assert_int_equal(config_yaml_find_key("listen", bytes, len, 1, 1), 2);
    assert_int_equal(config_yaml_find_key("listen", bytes, len, 2, 9), 0);
    assert_int_equal(config_yaml_find_key("log", bytes, len, 5, 1), 0);
    assert_int_equal(config_yaml_find_key("log", bytes, len, 99, 99), 0);
    assert_int_equal(config_yaml_find_key("log", bytes, 0, 1, 1), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_setting_stands_at_the_top_level),
        cmocka_unit_test(test_a_file_that_says_nothing_is_fine),
        cmocka_unit_test(test_numbers_are_not_read_loosely),
        cmocka_unit_test(test_an_unknown_key_names_line_place_and_nearest),
        cmocka_unit_test(test_a_url_as_key_is_not_shown),
        cmocka_unit_test(test_a_key_twice_names_the_second_line),
        cmocka_unit_test(test_a_wrong_shape_says_what_belongs_there),
        cmocka_unit_test(test_broken_yaml_gives_the_parsers_words_and_line),
        cmocka_unit_test(test_one_document_without_aliases),
        cmocka_unit_test(test_libcyaml_prints_nothing_itself),
        cmocka_unit_test(test_find_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
