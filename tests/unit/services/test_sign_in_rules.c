/* The rules of a message's domain, URI, times and nonce, at and beside their edges. What they refuse is named with the
 * value and with what is allowed. One thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "services/sign_in_rules.h"

enum { NOW = 1700000000 };

static const char domains[] = "app.example.com,shop.example.com:8443,localhost:5173,[::1]:3000,127.0.0.1";

static struct siwe_text text(const char *p) {
    return (struct siwe_text){p, p != NULL ? strlen(p) : 0};
}

static struct siwe_message message(const char *scheme, const char *domain, const char *uri) {
    return (struct siwe_message){.scheme = text(scheme), .domain = text(domain), .uri = text(uri), .issued_at_s = NOW};
}

static struct task task; /* whose fault holds what was said last */

static enum err check_domain(const char *scheme, const char *domain) {
    struct siwe_message said = message(scheme, domain, "");
    return sign_in_check_domain(&task, &said, domains);
}

static void assert_said(const char *words) {
    if (strstr(task.fault.detail, words) == NULL) fail_msg("\"%s\" is not in: %s", words, task.fault.detail);
}

static void test_without_domains_nobody_signs_in(void **state) {
    (void)state;
    assert_int_equal(sign_in_check_configured(&task, ""), ERR_SIGN_IN_UNAVAILABLE);
    assert_said("DAPPD_AUTH_DOMAINS");
    assert_int_equal(sign_in_check_configured(&task, "a.example"), ERR_OK);
}

static void test_the_domains_of_the_list_are_taken(void **state) {
    (void)state;
    static const char *const good[] = {"app.example.com", "shop.example.com:8443", "localhost:5173", "[::1]:3000",
                                       "127.0.0.1"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_int_equal(check_domain(NULL, good[i]), ERR_OK);
        assert_int_equal(check_domain("https", good[i]), ERR_OK);
    }
}

static void test_what_only_looks_like_a_domain_of_the_list_is_not(void **state) {
    (void)state;
    static const char *const bad[] = {
        "",
        "app.example.co",
        "pp.example.com",
        "app.example.com.",
        "app.example.com:443",
        "App.example.com",
        "user@app.example.com",
        "evil.com",
        "app.example.com.evil.com",
        "shop.example.com",
        "shop.example.com:844",
        "shop.example.com:84433",
        "localhost",
        "127.0.0.1:80",
        "app.example.com,shop.example.com:8443",
        ",",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (check_domain(NULL, bad[i]) != ERR_DOMAIN_MISMATCH) fail_msg("%s is taken", bad[i]);
    }
}

static void test_a_domain_with_more_bytes_behind_it_is_not_taken(void **state) {
    (void)state;
    struct siwe_message said = message(NULL, "app.example.com", "");
    said.domain = (struct siwe_text){"app.example.com\0.evil.com", 25};
    assert_int_equal(sign_in_check_domain(&task, &said, domains), ERR_DOMAIN_MISMATCH);
}

static void test_no_domain_is_not_one_of_a_list_with_a_gap(void **state) {
    (void)state;
    struct siwe_message said = message(NULL, "", "");
    assert_int_equal(sign_in_check_domain(&task, &said, "one.example,,two.example,"), ERR_DOMAIN_MISMATCH);
}

static void test_the_foreign_domain_and_those_allowed_are_named(void **state) {
    (void)state;
    assert_int_equal(check_domain(NULL, "evil.com"), ERR_DOMAIN_MISMATCH);
    assert_said("\"evil.com\"");
    assert_said("app.example.com,shop.example.com:8443");
    struct siwe_message said = message(NULL, "evil\x1b.com", "");
    assert_int_equal(sign_in_check_domain(&task, &said, "one.example"), ERR_DOMAIN_MISMATCH);
    assert_said("\"evil.com\"; those who may sign users in here are one.example");
    assert_null(strstr(task.fault.detail, "others"));
}

static void test_of_many_domains_whole_ones_are_named(void **state) {
    (void)state;
    char many[4096] = "";
    for (int i = 0; i < 60; i++) {
        (void)snprintf(many + strlen(many), sizeof many - strlen(many), "%spage%d.example", i > 0 ? "," : "", i);
    }
    struct siwe_message said = message(NULL, "evil.com", "");
    assert_int_equal(sign_in_check_domain(&task, &said, many), ERR_DOMAIN_MISMATCH);
    assert_said("page0.example,page1.example,");
    assert_said(".example and others");
}

static void test_a_scheme_is_https_or_http_of_this_machine(void **state) {
    (void)state;
    static const char *const local[] = {"localhost:5173", "[::1]:3000", "127.0.0.1"};
    for (size_t i = 0; i < sizeof local / sizeof *local; i++) assert_int_equal(check_domain("http", local[i]), ERR_OK);
    static const char *const bad[] = {"http", "HTTPS", "ftp", "httpss", "https:", ""};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(check_domain(bad[i], "app.example.com"), ERR_DOMAIN_MISMATCH);
    }
    assert_said("not https");
}

static void test_http_is_not_taken_of_hosts_that_begin_like_this_machine(void **state) {
    (void)state;
    static const char *const hosts[] = {"localhost.evil.com", "127.0.0.1.evil.com", "localhosts", "[::1].evil.com"};
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        struct siwe_message said = message("http", hosts[i], "");
        assert_int_equal(sign_in_check_domain(&task, &said, hosts[i]), ERR_DOMAIN_MISMATCH);
    }
}

static void test_a_uri_is_a_page_of_the_domain(void **state) {
    (void)state;
    static const struct {
        const char *domain, *uri;
        enum err err;
    } rows[] = {
        {"app.example.com", "https://app.example.com", ERR_OK},
        {"app.example.com", "https://app.example.com/login?next=%2F#top", ERR_OK},
        {"shop.example.com:8443", "https://shop.example.com:8443/", ERR_OK},
        {"localhost:5173", "http://localhost:5173/", ERR_OK},
        {"[::1]:3000", "http://[::1]:3000/", ERR_OK},
        {"app.example.com", "http://app.example.com/login", ERR_URI_MISMATCH},
        {"app.example.com", "https://evil.com/app.example.com", ERR_URI_MISMATCH},
        {"app.example.com", "https://app.example.com:443/", ERR_URI_MISMATCH},
        {"app.example.com", "https://app.example.com@evil.com/", ERR_URI_MISMATCH},
        {"app.example.com", "https://user@app.example.com/", ERR_URI_MISMATCH},
        {"app.example.com", "did:example:app.example.com", ERR_URI_MISMATCH},
        {"localhost:5173", "http://localhost/", ERR_URI_MISMATCH},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct siwe_message said = message(NULL, rows[i].domain, rows[i].uri);
        if (sign_in_check_uri(&task, &said) != rows[i].err) fail_msg("%s", rows[i].uri);
    }
}

static void test_issued_at_may_be_a_minute_ahead(void **state) {
    (void)state;
    struct siwe_message said = message(NULL, "", "");
    said.issued_at_s = NOW + 60;
    assert_int_equal(sign_in_check_times(&task, &said, NOW), ERR_OK);
    said.issued_at_s = NOW + 61;
    assert_int_equal(sign_in_check_times(&task, &said, NOW), ERR_ISSUED_IN_FUTURE);
    assert_said("61 s from now");
    said.issued_at_s = 0;
    assert_int_equal(sign_in_check_times(&task, &said, NOW), ERR_OK);
}

static void test_expiration_counts_to_the_second(void **state) {
    (void)state;
    struct siwe_message said = message(NULL, "", "");
    said.has_expiration = true;
    said.expiration_s = NOW + 1;
    assert_int_equal(sign_in_check_times(&task, &said, NOW), ERR_OK);
    said.expiration_s = NOW;
    assert_int_equal(sign_in_check_times(&task, &said, NOW), ERR_MESSAGE_EXPIRED);
    said.expiration_s = NOW - 5;
    assert_int_equal(sign_in_check_times(&task, &said, NOW), ERR_MESSAGE_EXPIRED);
    assert_said("5 s ago");
    said.has_expiration = false;
    assert_int_equal(sign_in_check_times(&task, &said, NOW), ERR_OK);
}

static void test_not_before_may_be_a_minute_ahead(void **state) {
    (void)state;
    struct siwe_message said = message(NULL, "", "");
    said.has_not_before = true;
    said.not_before_s = NOW + 60;
    assert_int_equal(sign_in_check_times(&task, &said, NOW), ERR_OK);
    said.not_before_s = NOW + 61;
    assert_int_equal(sign_in_check_times(&task, &said, NOW), ERR_MESSAGE_NOT_YET_VALID);
    assert_said("in 61 s");
    said.has_not_before = false;
    assert_int_equal(sign_in_check_times(&task, &said, NOW), ERR_OK);
}

static void test_a_nonce_expires_to_the_second(void **state) {
    (void)state;
    struct siwe_message said = message(NULL, "", "");
    struct nonce nonce = {.issued_s = NOW - 10, .expires_s = NOW + 1};
    assert_int_equal(sign_in_check_nonce(&task, &said, &nonce, NOW), ERR_OK);
    nonce.expires_s = NOW;
    assert_int_equal(sign_in_check_nonce(&task, &said, &nonce, NOW), ERR_INVALID_NONCE);
    assert_said("expired 0 s ago");
}

static void test_a_message_is_not_older_than_its_nonce_by_more_than_a_minute(void **state) {
    (void)state;
    struct siwe_message said = message(NULL, "", "");
    struct nonce nonce = {.issued_s = NOW + 60, .expires_s = NOW + 600};
    assert_int_equal(sign_in_check_nonce(&task, &said, &nonce, NOW), ERR_OK);
    nonce.issued_s = NOW + 61;
    assert_int_equal(sign_in_check_nonce(&task, &said, &nonce, NOW), ERR_INVALID_NONCE);
    assert_said("61 s after");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_domains_nobody_signs_in),
        cmocka_unit_test(test_the_domains_of_the_list_are_taken),
        cmocka_unit_test(test_what_only_looks_like_a_domain_of_the_list_is_not),
        cmocka_unit_test(test_a_domain_with_more_bytes_behind_it_is_not_taken),
        cmocka_unit_test(test_no_domain_is_not_one_of_a_list_with_a_gap),
        cmocka_unit_test(test_the_foreign_domain_and_those_allowed_are_named),
        cmocka_unit_test(test_of_many_domains_whole_ones_are_named),
        cmocka_unit_test(test_a_scheme_is_https_or_http_of_this_machine),
        cmocka_unit_test(test_http_is_not_taken_of_hosts_that_begin_like_this_machine),
        cmocka_unit_test(test_a_uri_is_a_page_of_the_domain),
        cmocka_unit_test(test_issued_at_may_be_a_minute_ahead),
        cmocka_unit_test(test_expiration_counts_to_the_second),
        cmocka_unit_test(test_not_before_may_be_a_minute_ahead),
        cmocka_unit_test(test_a_nonce_expires_to_the_second),
        cmocka_unit_test(test_a_message_is_not_older_than_its_nonce_by_more_than_a_minute),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
