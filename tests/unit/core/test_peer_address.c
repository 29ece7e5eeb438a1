/* Addresses and networks: what is one, which are the same, and who is within.
 * Owns nothing.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>

#include "core/peer_address.h"

static struct peer_address parsed(const char *text) {
    struct peer_address address;
    if (!peer_address_parse(&address, text, strlen(text))) fail_msg("%s", text);
    return address;
}

static void test_text_and_back(void **state) {
    (void)state;
    static const struct {
        const char *text, *canonical;
        bool is_v4;
    } rows[] = {
        {"0.0.0.0", "0.0.0.0", true},
        {"192.0.2.1", "192.0.2.1", true},
        {"255.255.255.255", "255.255.255.255", true},
        {"::", "::", false},
        {"::1", "::1", false},
        {"2001:DB8:0:0::1", "2001:db8::1", false},
        {"2001:db8:0000:0000:0000:0000:0000:0001", "2001:db8::1", false},
        {"::ffff:192.0.2.1", "192.0.2.1", true},
        {"::FFFF:c000:201", "192.0.2.1", true},
        {"::192.0.2.1", "::192.0.2.1", false}, /* not the mapped one */
        {"64:ff9b::192.0.2.1", "64:ff9b::c000:201", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[PEER_ADDRESS_TEXT_BYTES];
        struct peer_address address = parsed(rows[i].text), again = parsed(rows[i].canonical);
        assert_string_equal(peer_address_format(text, &address), rows[i].canonical);
        assert_int_equal(peer_address_is_v4(&address), rows[i].is_v4);
        assert_true(peer_address_equal(&address, &again));
    }
}

static void test_what_is_no_address(void **state) {
    (void)state;
    static const char *const rows[] = {
        "",
        "unix",
        "localhost",
        "1.2.3",
        "1.2.3.4.5",
        "1.2.3.256",
        "01.2.3.4",
        "1.2.3.4:80",
        "1.2.3.4 ",
        " 1.2.3.4",
        "0x1.2.3.4",
        "1",
        ":",
        ":::",
        "1::2::3",
        "[::1]",
        "::1%lo",
        "fe80::1%1",
        "::g",
        "::12345",
        "1.2.3.4/8",
        "::1/128",
        "-1.2.3.4",
        "2001:db8::1:2:3:4:5:6:7:8",
        "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000",
    };
    struct peer_address address;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (peer_address_parse(&address, rows[i], strlen(rows[i]))) fail_msg("%s", rows[i]);
    }
    assert_false(peer_address_parse(&address, "1.2.3.4\0", 8));
    assert_false(peer_address_parse(&address, "1.2.3.4\0.5", 10));
}

static void test_of_sockets(void **state) {
    (void)state;
    char text[PEER_ADDRESS_TEXT_BYTES];
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = 7};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = 7};
    struct sockaddr_un local = {.sun_family = AF_UNIX};
    assert_int_equal(inet_pton(AF_INET, "192.0.2.1", &v4.sin_addr), 1);
    assert_int_equal(inet_pton(AF_INET6, "::ffff:192.0.2.1", &v6.sin6_addr), 1);
    struct peer_address a = peer_address_of((const struct sockaddr *)&v4);
    struct peer_address b = peer_address_of((const struct sockaddr *)&v6);
    struct peer_address c = peer_address_of((const struct sockaddr *)&local);
    struct peer_address d = peer_address_of(NULL);
    struct peer_address any = parsed("::");
    assert_string_equal(peer_address_format(text, &a), "192.0.2.1");
    assert_true(peer_address_equal(&a, &b));
    assert_string_equal(peer_address_format(text, &c), "unix");
    assert_true(peer_address_equal(&c, &d));
    assert_false(peer_address_equal(&c, &any));
    assert_false(peer_address_is_v4(&c));
}

static void test_networks(void **state) {
    (void)state;
    static const struct {
        const char *network, *address;
        bool has;
    } rows[] = {
        {"10.0.0.0/8", "10.255.255.255", true},
        {"10.0.0.0/8", "11.0.0.0", false},
        {"10.0.0.0/8", "::ffff:10.1.2.3", true},
        {"10.0.0.0/8", "::10.1.2.3", false},
        {"192.0.2.128/25", "192.0.2.128", true},
        {"192.0.2.128/25", "192.0.2.127", false},
        {"192.0.2.7", "192.0.2.7", true},
        {"192.0.2.7/32", "192.0.2.6", false},
        {"192.0.2.6/31", "192.0.2.7", true},
        {"0.0.0.0/0", "255.1.2.3", true},
        {"0.0.0.0/0", "::1", false},
        {"::/0", "::1", true},
        {"::/0", "192.0.2.1", true},
        {"fd00::/8", "fdff::1", true},
        {"fd00::/8", "fe00::1", false},
        {"2001:db8::/33", "2001:db8:7fff::", true},
        {"2001:db8::/33", "2001:db8:8000::", false},
        {"::1", "::1", true},
        {"::1/128", "::2", false},
        {"::ffff:10.0.0.0/104", "10.9.9.9", true},
        {"::ffff:10.0.0.0/104", "11.9.9.9", false},
        {"unix", "::", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct peer_network network;
        struct peer_address address = parsed(rows[i].address), local = peer_address_of(NULL);
        if (!peer_network_parse(&network, rows[i].network, strlen(rows[i].network))) fail_msg("%s", rows[i].network);
        if (peer_network_has(&network, &address) != rows[i].has) fail_msg("%s %s", rows[i].network, rows[i].address);
        assert_int_equal(peer_network_has(&network, &local), strcmp(rows[i].network, "unix") == 0);
    }
}

static void test_what_is_no_network(void **state) {
    (void)state;
    static const char *const rows[] = {
        "",
        "/",
        "/8",
        "10.0.0.0/",
        "10.0.0.0/33",
        "::/129",
        "10.0.0.0/-1",
        "10.0.0.0/+8",
        "10.0.0.0/ 8",
        "10.0.0.0/8 ",
        "10.0.0.1/8",
        "::1/127",
        "10.0.0.0/8/8",
        "unix/8",
        "unix:",
        "UNIX",
        "*",
        "all",
        "10.0.0.0/08",
        "10.0.0.0/255.0.0.0",
        "192.0.2.127/25",
        "::ffff:10.0.0.1/104",
        "example.com",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct peer_network network;
        if (peer_network_parse(&network, rows[i], strlen(rows[i]))) fail_msg("%s", rows[i]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_and_back),      cmocka_unit_test(test_what_is_no_address),
        cmocka_unit_test(test_of_sockets),         cmocka_unit_test(test_networks),
        cmocka_unit_test(test_what_is_no_network),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
