/* The settings of proxies and limits: defaults, what is allowed, and the sentence for what is not.
 * Each configuration is made and freed by its test.
 * Runs on one thread. */
#include "config_fixture.h"

#include <stdio.h>

static void test_defaults(void **state) {
    (void)state;
    struct config *config = expect_config((struct input){.env = {NODE_ENV}});
    assert_string_equal(config->trusted_proxies, "");
    assert_string_equal(config->rate_limit, "on");
    assert_int_equal(config->rate_limit_cached_per_min, 6000);
    assert_int_equal(config->rate_limit_live_per_min, 1200);
    assert_int_equal(config->rate_limit_list_per_min, 300);
    assert_int_equal(config->rate_limit_write_per_min, 60);
    assert_int_equal(config->rate_limit_burst_s, 10);
    assert_int_equal(config->rate_limit_user_factor, 5);
    assert_int_equal(config->rate_limit_bytes, 33554432);
    config_free(config);
}

static void test_trusted_proxies(void **state) {
    (void)state;
    struct config *config =
        expect_config((struct input){.env = {NODE_ENV, "DAPPD_TRUSTED_PROXIES= 10.0.0.0/8 , ::1,unix , 192.0.2.7"}});
    assert_string_equal(config->trusted_proxies, "10.0.0.0/8,::1,unix,192.0.2.7");
    config_free(config);
    static const struct {
        const char *value, *bad;
    } rows[] = {
        {"10.0.0.0/8,nginx", " at \"nginx\""},
        {"10.0.0.1/8,::1", " at \"10.0.0.1/8\""},
        {"10.0.0.0/33", ""},
        {"10.0.0.1:8080,::1", " at \"10.0.0.1:8080\""},
        {"*", ""},
        {"10.0.0.1,", " at \"\""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char sentence[CONFIG_PROBLEM_BYTES], flag[128];
        (void)snprintf(flag, sizeof flag, "--trusted-proxies=%s", rows[i].value);
        (void)snprintf(sentence, sizeof sentence,
                       "trusted_proxies: \"%s\" from --trusted-proxies is not allowed%s; it must be a list of numeric "
                       "addresses, networks such as 10.0.0.0/8 or fd00::/8 with no bits behind the prefix, or unix",
                       rows[i].value, rows[i].bad);
        expect_problem(sentence, (struct input){.env = {NODE_ENV}, .args = {flag}});
    }
}

static void test_rate_limit_is_on_or_off(void **state) {
    (void)state;
    struct config *config = expect_config((struct input){.env = {NODE_ENV, "DAPPD_RATE_LIMIT=off"}});
    assert_string_equal(config->rate_limit, "off");
    config_free(config);
    expect_problem("rate_limit: \"0\" from DAPPD_RATE_LIMIT is not allowed; it must be on or off",
                   (struct input){.env = {NODE_ENV, "DAPPD_RATE_LIMIT=0"}});
    expect_problem(
        "rate_limit_burst_s: \"0\" from DAPPD_RATE_LIMIT_BURST_S is not allowed; it must be a number of s from "
        "1 to 3600 in plain decimal digits",
        (struct input){.env = {NODE_ENV, "DAPPD_RATE_LIMIT_BURST_S=0"}});
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_trusted_proxies),
        cmocka_unit_test(test_rate_limit_is_on_or_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
