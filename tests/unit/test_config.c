/* Flags over environment over file, each value checked by its row of the table and told in one sentence.
 * Each test loads and frees its own configuration.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "config_fixture.h"

static void test_defaults_pass_their_own_checks(void **state) {
    (void)state;
    struct config *config = expect_config((struct input){.env = {NODE_ENV}});
    assert_string_equal(config->listen, "127.0.0.1:8080");
    assert_string_equal(config->log, "info");
    assert_string_equal(config->log_format, "auto");
    assert_string_equal(config->cors_origins, "*");
    assert_int_equal(config->threads, 0);
    assert_int_equal(config->request_timeout_ms, 10000);
    assert_int_equal(config->cache_bytes, 67108864);
    assert_null(config->file);
    config_free(config);
    config_free(NULL);
}

static void test_flags_override_environment_overrides_file(void **state) {
    (void)state;
    struct input input = {.yaml = "threads: 1\nmax_in_flight: 1\ncache_bytes: 2000000\n",
                          .env = {NODE_ENV, "DAPPD_THREADS=2", "DAPPD_MAX_IN_FLIGHT=2"},
                          .args = {"--threads", "3"}};
    struct config *config = expect_config(input);
    assert_int_equal(config->threads, 3);
    assert_int_equal(config->max_in_flight, 2);
    assert_int_equal(config->cache_bytes, 2000000);
    assert_string_equal(config->file, "conf.yaml");
    config_free(config);
}

static void test_flags_take_a_value_behind_or_after_equals(void **state) {
    (void)state;
    struct config *config = expect_config(
        (struct input){.env = {NODE_ENV}, .args = {"--request-timeout-ms=20", "--log", "debug", "--cors-origins="}});
    assert_int_equal(config->request_timeout_ms, 20);
    assert_string_equal(config->log, "debug");
    assert_string_equal(config->cors_origins, "");
    config_free(config);
}

static void test_the_last_of_equal_flags_counts(void **state) {
    (void)state;
    struct config *config = expect_config((struct input){.env = {NODE_ENV}, .args = {"--threads=1", "--threads=2"}});
    assert_int_equal(config->threads, 2);
    config_free(config);
}

static void test_an_empty_variable_counts_as_not_set(void **state) {
    (void)state;
    struct config *config = expect_config((struct input){.env = {NODE_ENV, "DAPPD_THREADS=", "DAPPD_LISTEN="}});
    assert_string_equal(config->listen, "127.0.0.1:8080");
    config_free(config);
}

static void test_an_unknown_variable_is_ignored(void **state) {
    (void)state;
    config_free(expect_config((struct input){.env = {NODE_ENV, "DAPPD_THREDS=x"}}));
}

static void test_an_unknown_flag_names_the_nearest(void **state) {
    (void)state;
    expect_problem("unknown flag \"--threds\"; the nearest known one is --threads",
                   (struct input){.env = {NODE_ENV}, .args = {"--threds", "4"}});
    expect_problem("unknown flag \"--rpc_urls\"; the nearest known one is --rpc-urls",
                   (struct input){.args = {"--rpc_urls=http://node/KEY"}});
    expect_problem("unknown flag \"--conf\"; the nearest known one is --config",
                   (struct input){.args = {"--conf", "x"}});
    expect_problem("unknown flag \"--\"; the nearest known one is --log", (struct input){.args = {"--"}});
}

static void test_nearest_counts_edits(void **state) {
    (void)state;
    static const char *const candidates[] = {"abc", "abcd", "a_c", "", "longer_than_all"};
    assert_string_equal(config_nearest(candidates, 5, "a-c", 3), "a_c"); /* - and _ are one letter */
    assert_string_equal(config_nearest(candidates, 5, "abcde", 5), "abcd");
    assert_string_equal(config_nearest(candidates, 5, "axbcd", 5), "abcd");
    assert_string_equal(config_nearest(candidates, 5, "q", 1), "");
    assert_string_equal(config_nearest(candidates, 5, "longerthanall", 13), "longer_than_all");
}

static void test_a_flag_needs_a_value(void **state) {
    (void)state;
    expect_problem("--threads needs a value", (struct input){.args = {"--threads"}});
    expect_problem("--threads needs a value", (struct input){.args = {"--threads", "--log", "info"}});
    expect_problem("--config needs a file name", (struct input){.args = {"--config="}});
}

static void test_a_stray_argument_is_refused_without_showing_urls(void **state) {
    (void)state;
    expect_problem("unexpected argument \"now\"; settings are given as --name value", (struct input){.args = {"now"}});
    expect_problem("unexpected argument (a URL, not shown); settings are given as --name value",
                   (struct input){.args = {"--rpc-urls", "http://a", "http://b/KEY"}});
}

static void test_numbers_are_plain_decimal_digits(void **state) {
    (void)state;
    static const char *const refused[] = {"",    "010", "+1",  "-1",  " 1", "1 ",  "10s",
                                          "0x8", "1e1", "1.0", "one", "00", "1_0", "99999999999999999999"};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        char flag[64], sentence[256];
        (void)snprintf(flag, sizeof flag, "--threads=%s", refused[i]);
        (void)snprintf(sentence, sizeof sentence,
                       "threads: \"%s\" from --threads is not allowed; it must be a number from 0 to 256 in plain "
                       "decimal digits",
                       refused[i]);
        expect_problem(sentence, (struct input){.env = {NODE_ENV}, .args = {flag}});
    }
}

static void test_numbers_have_bounds_and_units(void **state) {
    (void)state;
    const char *sentence =
        "request_timeout_ms: \"9\" from DAPPD_REQUEST_TIMEOUT_MS is not allowed; it must be a number "
        "of ms from 10 to 600000 in plain decimal digits";
    expect_problem(sentence, (struct input){.env = {NODE_ENV, "DAPPD_REQUEST_TIMEOUT_MS=9"}});
    expect_problem(
        "threads: \"257\" from conf.yaml:2 is not allowed; it must be a number from 0 to 256 in plain decimal "
        "digits",
        (struct input){.yaml = "# threads: 1\nthreads: 257\n", .env = {NODE_ENV}});
    struct config *config =
        expect_config((struct input){.env = {NODE_ENV}, .args = {"--request-timeout-ms=10", "--threads=256"}});
    assert_int_equal(config->request_timeout_ms, 10);
    assert_int_equal(config->threads, 256);
    config_free(config);
}

static void test_a_wrong_value_is_told_even_when_overridden(void **state) {
    (void)state;
    expect_problem(
        "threads: \"x\" from DAPPD_THREADS is not allowed; it must be a number from 0 to 256 in plain decimal "
        "digits",
        (struct input){.env = {NODE_ENV, "DAPPD_THREADS=x"}, .args = {"--threads=1"}});
}

static void test_listen_is_checked(void **state) {
    (void)state;
    expect_problem(
        "listen: \"localhost:80\" from --listen is not allowed; it must be a numeric IPv4 address:port, [IPv6 "
        "address]:port or unix:/path",
        (struct input){.env = {NODE_ENV}, .args = {"--listen", "localhost:80"}});
    static const char *const allowed[] = {"0.0.0.0:0", "[::1]:8080", "unix:/run/dappd.sock"};
    for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++) {
        struct config *config = expect_config((struct input){.env = {NODE_ENV}, .args = {"--listen", allowed[i]}});
        assert_string_equal(config->listen, allowed[i]);
        config_free(config);
    }
}

static void test_log_is_checked_and_the_bad_part_named(void **state) {
    (void)state;
    expect_problem(
        "log: \"info,rpc=loud\" from --log is not allowed at \"rpc=loud\"; it must be a level (error, warn, "
        "info, debug), or levels per module (app, http, access, rpc, head, db, index) such as info,rpc=debug",
        (struct input){.env = {NODE_ENV}, .args = {"--log", "info,rpc=loud"}});
    expect_problem("log: \"verbose\" from DAPPD_LOG is not allowed; it must be a level (error, warn, info, debug), or "
                   "levels per module (app, http, access, rpc, head, db, index) such as info,rpc=debug",
                   (struct input){.env = {NODE_ENV, "DAPPD_LOG=verbose"}});
}

static void test_log_format_is_checked(void **state) {
    (void)state;
    expect_problem("log_format: \"xml\" from --log-format is not allowed; it must be json, text or auto",
                   (struct input){.env = {NODE_ENV}, .args = {"--log-format=xml"}});
    expect_problem("log_format: \"pretty\" from --log-format is not allowed; it must be json, text or auto",
                   (struct input){.env = {NODE_ENV}, .args = {"--log-format=pretty"}});
    static const char *const allowed[] = {"json", "text", "auto"};
    for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++) {
        config_free(expect_config((struct input){.env = {NODE_ENV}, .args = {"--log-format", allowed[i]}}));
    }
}

static void test_cors_origins_are_checked(void **state) {
    (void)state;
    static const char *const refused[] = {
        "example.com",
        "https://",
        "https://a.example/",
        "https://a.example/path",
        "https://a.example:0",
        "https://A.example",
        "https://a.example:",
        "https://a.example:65536",
        "https://a b",
        "https://a.example?x",
        "null",
        "://a.example",
        "https://[::1",
        "https://[]",
        "**",
        "https://user@host",
        "https:/a.example",
    };
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        char value[64], sentence[256];
        (void)snprintf(value, sizeof value, "*,%s", refused[i]);
        (void)snprintf(sentence, sizeof sentence,
                       "cors_origins: \"%s\" from --cors-origins is not allowed at \"%s\"; it must be a list of * or "
                       "scheme://host[:port], in lower case and without a path",
                       value, refused[i]);
        expect_problem(sentence, (struct input){.env = {NODE_ENV}, .args = {"--cors-origins", value}});
    }
    struct config *config = expect_config((struct input){
        .env = {NODE_ENV},
        .args = {"--cors-origins", "https://a.example,http://localhost:3000,http://[::1]:80,http://[::1],app+x://id"}});
    config_free(config);
}

static void test_lists_may_have_spaces_around_commas(void **state) {
    (void)state;
    struct config *config = expect_config(
        (struct input){.env = {"DAPPD_RPC_URLS=  http://a , http://b  "},
                       .args = {"--cors-origins", " * ,  https://a.example ", "--log", "info , rpc=debug"}});
    assert_string_equal(config->cors_origins, "*,https://a.example");
    assert_string_equal(config->log, "info,rpc=debug");
    assert_int_equal(config->chains[0].n_upstreams, 2);
    assert_string_equal(config->chains[0].upstreams[0].url, "http://a");
    assert_string_equal(config->chains[0].upstreams[1].url, "http://b");
    config_free(config);
}

static void test_values_are_shown_cleaned_and_cut(void **state) {
    (void)state;
    expect_problem("threads: \"a[31mb\" from --threads is not allowed; it must be a number from 0 to 256 in plain "
                   "decimal digits",
                   (struct input){.env = {NODE_ENV}, .args = {"--threads=a\033[31m\nb\xff"}});
    char flag[200] = "--threads=", sentence[400];
    memset(flag + 10, 'x', 150);
    (void)snprintf(sentence, sizeof sentence,
                   "threads: \"%.90s\"... from --threads is not allowed; it must be a number from 0 to 256 in plain "
                   "decimal digits",
                   flag + 10);
    expect_problem(sentence, (struct input){.env = {NODE_ENV}, .args = {flag}});
}

static void test_a_secret_value_is_not_shown(void **state) {
    (void)state;
    char *value = calloc(1, 9000);
    assert_non_null(value);
    (void)stpcpy(value, "DAPPD_RPC_URLS=");
    memset(value + strlen(value), 'k', 8500);
    expect_problem("rpc_urls: the value from DAPPD_RPC_URLS is too long; at most 8192 bytes are allowed",
                   (struct input){.env = {value}});
    free(value);
}

/* The tests below read real files, from a directory of their own. */
static char scratch[] = "/tmp/dappd-config-XXXXXX";

static int enter_scratch(void **state) {
    (void)state;
    return mkdtemp(scratch) != NULL ? chdir(scratch) : -1;
}

static int leave_scratch(void **state) {
    (void)state;
    (void)unlink("dappd.yaml");
    (void)unlink("other.yaml");
    return chdir("/") == 0 ? rmdir(scratch) : -1;
}

static void write_file(const char *name, const char *text, size_t len) {
    FILE *file = fopen(name, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

/* config_load with the input's arguments and environment. */
static struct config *load(char problem[CONFIG_PROBLEM_BYTES], struct input input) {
    char memory[FIXTURE_MAX][512], *argv[FIXTURE_MAX];
    struct config *config = NULL;
    fixture_env = input.env;
    int argc = fixture_args(argv, memory, &input);
    enum err err = config_load(&config, problem, argc, argv, fixture_getenv);
    assert_int_equal(err, config != NULL ? ERR_OK : ERR_INVALID_PARAMETER);
    return config;
}

static void test_no_file_is_needed(void **state) {
    (void)state;
    char problem[CONFIG_PROBLEM_BYTES];
    struct config *config = load(problem, (struct input){.env = {NODE_ENV, "DAPPD_CONFIG="}});
    assert_non_null(config);
    assert_null(config->file);
    config_free(config);
}

static void test_flag_then_variable_then_dappd_yaml_name_the_file(void **state) {
    (void)state;
    char problem[CONFIG_PROBLEM_BYTES];
    write_file("dappd.yaml", "threads: 1", 10);
    write_file("other.yaml", "threads: 2", 10);
    struct config *config = load(problem, (struct input){.env = {NODE_ENV}});
    assert_int_equal(config->threads, 1);
    assert_string_equal(config->file, "dappd.yaml");
    config_free(config);

    config = load(problem, (struct input){.env = {NODE_ENV, "DAPPD_CONFIG=other.yaml"}});
    assert_int_equal(config->threads, 2);
    config_free(config);

    config = load(problem,
                  (struct input){.env = {NODE_ENV, "DAPPD_CONFIG=missing.yaml"}, .args = {"--config", "other.yaml"}});
    assert_string_equal(config->file, "other.yaml");
    config_free(config);
}

static void test_a_named_file_must_be_readable(void **state) {
    (void)state;
    char problem[CONFIG_PROBLEM_BYTES];
    assert_null(load(problem, (struct input){.env = {NODE_ENV}, .args = {"--config=missing.yaml"}}));
    assert_string_equal(problem, "--config: cannot read missing.yaml: No such file or directory");
    assert_null(load(problem, (struct input){.env = {NODE_ENV, "DAPPD_CONFIG=/"}}));
    assert_string_equal(problem, "DAPPD_CONFIG: cannot read /: Is a directory");
}

static void test_a_huge_file_is_refused(void **state) {
    (void)state;
    char *text = malloc(CONFIG_MAX_FILE_BYTES + 1), problem[CONFIG_PROBLEM_BYTES];
    assert_non_null(text);
    memset(text, '\n', CONFIG_MAX_FILE_BYTES + 1);
    write_file("other.yaml", text, CONFIG_MAX_FILE_BYTES + 1);
    assert_null(load(problem, (struct input){.env = {NODE_ENV}, .args = {"--config=other.yaml"}}));
    assert_string_equal(problem, "--config: cannot read other.yaml: File too large");
    write_file("other.yaml", text, CONFIG_MAX_FILE_BYTES);
    config_free(load(problem, (struct input){.env = {NODE_ENV}, .args = {"--config=other.yaml"}}));
    assert_string_equal(problem, "");
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults_pass_their_own_checks),
        cmocka_unit_test(test_flags_override_environment_overrides_file),
        cmocka_unit_test(test_flags_take_a_value_behind_or_after_equals),
        cmocka_unit_test(test_the_last_of_equal_flags_counts),
        cmocka_unit_test(test_an_empty_variable_counts_as_not_set),
        cmocka_unit_test(test_an_unknown_variable_is_ignored),
        cmocka_unit_test(test_an_unknown_flag_names_the_nearest),
        cmocka_unit_test(test_nearest_counts_edits),
        cmocka_unit_test(test_a_flag_needs_a_value),
        cmocka_unit_test(test_a_stray_argument_is_refused_without_showing_urls),
        cmocka_unit_test(test_numbers_are_plain_decimal_digits),
        cmocka_unit_test(test_numbers_have_bounds_and_units),
        cmocka_unit_test(test_a_wrong_value_is_told_even_when_overridden),
        cmocka_unit_test(test_listen_is_checked),
        cmocka_unit_test(test_log_is_checked_and_the_bad_part_named),
        cmocka_unit_test(test_log_format_is_checked),
        cmocka_unit_test(test_cors_origins_are_checked),
        cmocka_unit_test(test_lists_may_have_spaces_around_commas),
        cmocka_unit_test(test_values_are_shown_cleaned_and_cut),
        cmocka_unit_test(test_a_secret_value_is_not_shown),
        cmocka_unit_test(test_no_file_is_needed),
        cmocka_unit_test(test_flag_then_variable_then_dappd_yaml_name_the_file),
        cmocka_unit_test(test_a_named_file_must_be_readable),
        cmocka_unit_test(test_a_huge_file_is_refused),
    };
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
