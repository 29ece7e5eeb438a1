/* The settings of sign-in: what is refused, what the sentence shows, and that it never shows a key.
 * Each test loads and frees its own configuration.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_fixture.h"

/* 32 bytes of ff, and of 01 to 20. */
#define KEY_A "__________________________________________8"
#define KEY_B "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA"

static void expect_refused(const char *flag, const char *value, const char *sentence) {
    expect_problem(sentence, (struct input){.env = {NODE_ENV}, .args = {flag, value}});
}

static void expect_taken(const char *flag, const char *value) {
    config_free(expect_config((struct input){.env = {NODE_ENV}, .args = {flag, value}}));
}

static void test_without_settings_nobody_signs_in(void **state) {
    (void)state;
    struct config *config = expect_config((struct input){.env = {NODE_ENV}});
    assert_string_equal(config->auth_domains, "");
    assert_string_equal(config->auth_keys, "");
    assert_string_equal(config->admins, "");
    assert_string_equal(config->data_dir, ".dappd");
    config_free(config);
}

static void test_auth_domains_are_checked(void **state) {
    (void)state;
    static const char *const refused[] = {"App.example",
                                          "https://app.example",
                                          "app.example/",
                                          "app.example:0",
                                          "app.example:",
                                          ":3000",
                                          "app.example:65536",
                                          "app.example:080",
                                          "user@app.example",
                                          "app example",
                                          "[::1",
                                          "[]",
                                          "[::1]3000",
                                          "app.example:3000x",
                                          "",
                                          "*",
                                          "app.ex\xc3\xa4mple"};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        char value[64], quoted[128], sentence[CONFIG_PROBLEM_BYTES];
        (void)snprintf(value, sizeof value, "b.example,%s", refused[i]);
        (void)snprintf(quoted, sizeof quoted, "%s", refused[i]);
        (void)snprintf(
            sentence, sizeof sentence,
            "auth_domains: \"%s\" from --auth-domains is not allowed at \"%s\"; it must be a list of at most 64 "
            "host or host:port, in lower case and without a scheme",
            value, quoted);
        expect_refused("--auth-domains", value, sentence);
    }
    expect_taken("--auth-domains",
                 "app.example, localhost:3000 ,127.0.0.1:8080,[::1],[2001:db8::1]:8443,a_b-c.example");
    expect_taken("--auth-domains", "");
}

/* A list of n entries. The caller frees it. */
static char *repeat(const char *entry, size_t n) {
    size_t len = strlen(entry);
    char *list = malloc(n * (len + 1) + 1);
    assert_non_null(list);
    for (size_t i = 0; i < n; i++) {
        memcpy(list + i * (len + 1), entry, len);
        list[i * (len + 1) + len] = ',';
    }
    list[n * (len + 1) - 1] = '\0';
    return list;
}

/* Environment entries may be longer than the fixture's arguments. */
static void expect_list(const char *name, const char *entry, size_t n, bool taken) {
    char problem[CONFIG_PROBLEM_BYTES], variable[8192];
    char *list = repeat(entry, n);
    struct config *config = NULL;
    (void)snprintf(variable, sizeof variable, "%s=%s", name, list);
    free(list);
    const char *const env[FIXTURE_MAX] = {NODE_ENV, variable};
    fixture_env = env;
    enum err err = config_load_text(&config, problem, NULL, NULL, 0, 0, NULL, fixture_getenv);
    assert_int_equal(err, taken ? ERR_OK : ERR_INVALID_PARAMETER);
    config_free(config);
    fixture_env = NULL;
}

static void test_lists_have_an_end(void **state) {
    (void)state;
    expect_list("DAPPD_AUTH_DOMAINS", "a.example", 64, true);
    expect_list("DAPPD_AUTH_DOMAINS", "a.example", 65, false);
    expect_list("DAPPD_ADMINS", "0x00000000000000000000000000000000000000aa", 64, true);
    expect_list("DAPPD_ADMINS", "0x00000000000000000000000000000000000000aa", 65, false);
}

static void test_auth_keys_are_checked_and_never_shown(void **state) {
    (void)state;
    static const char *const refused[] = {
        KEY_A,                                            /* no name */
        ":" KEY_A,                                        /* an empty one */
        "a b:" KEY_A,                                     /* not of a name's characters */
        "a/../b:" KEY_A,                                  /* nor this */
        "a:",                                             /* no key */
        "a:" KEY_A "=",                                   /* padding */
        "a:////////////////////////////////////////////", /* base64, not base64url */
        "a:_________________________________________w",   /* 31 bytes */
        "a:__________________________________________9",  /* a second spelling of KEY_A */
        "a:" KEY_A ",a:" KEY_B,                           /* one name twice */
        "a:" KEY_A ",",                                   /* an empty entry */
        "a:" KEY_A " b:" KEY_B,                           /* another separator */
        "abcdefghijklmnopqrstuvwxyz0123456:" KEY_A,       /* 33 characters */
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        expect_refused("--auth-keys", refused[i],
                       "auth_keys: the value from --auth-keys is not allowed; it must be a list of at most 16 "
                       "name:base64url, each name once, each key of 32 to 1024 bytes");
    }
    expect_taken("--auth-keys", "2026-11.a_b:" KEY_A ", a:" KEY_B);
    expect_taken("--auth-keys", "abcdefghijklmnopqrstuvwxyz012345:" KEY_A);
}

static void test_admins_are_addresses(void **state) {
    (void)state;
    static const char *const refused[] = {"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD5",
                                          "0x5aAeb6053f3E94C9b9A09f33669435E7Ef1BeAed",
                                          "5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "vitalik.eth"};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        char sentence[CONFIG_PROBLEM_BYTES];
        (void)snprintf(
            sentence, sizeof sentence,
            "admins: \"%s\" from --admins is not allowed; it must be a list of at most 64 addresses, in mixed "
            "case only with the right checksum",
            refused[i]);
        expect_refused("--admins", refused[i], sentence);
    }
    /* The first of EIP-55's own, in both spellings. */
    expect_taken("--admins", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed, 0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed");
}

static void test_the_data_folder_has_a_name(void **state) {
    (void)state;
    expect_refused("--data-dir", "", "data_dir: \"\" from --data-dir is not allowed; it must be the path of a folder");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_settings_nobody_signs_in),
        cmocka_unit_test(test_auth_domains_are_checked),
        cmocka_unit_test(test_lists_have_an_end),
        cmocka_unit_test(test_auth_keys_are_checked_and_never_shown),
        cmocka_unit_test(test_admins_are_addresses),
        cmocka_unit_test(test_the_data_folder_has_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
