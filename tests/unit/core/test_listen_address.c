/* Every form of the setting `listen`: what it becomes for bind(), and what is refused.
 * Owns nothing but the sockets it binds and closes.
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
#include <unistd.h>

#include "core/listen_address.h"

static struct listen_address parse(const char *text) {
    struct listen_address address;
    assert_int_equal(listen_address_parse(&address, text, strlen(text)), ERR_OK);
    return address;
}

static void assert_refused(const char *text, size_t len) {
    struct listen_address address;
    assert_int_equal(listen_address_parse(&address, text, len), ERR_INVALID_PARAMETER);
}

static void test_ipv4(void **state) {
    (void)state;
    struct listen_address address = parse("127.0.0.1:8080");
    struct sockaddr_in addr;
    memcpy(&addr, &address.addr, sizeof addr);
    assert_int_equal(addr.sin_family, AF_INET);
    assert_int_equal(ntohl(addr.sin_addr.s_addr), INADDR_LOOPBACK);
    assert_int_equal(ntohs(addr.sin_port), 8080);
    assert_int_equal(address.addr_len, sizeof addr);
    assert_string_equal(address.path, "");
}

static void test_ipv6(void **state) {
    (void)state;
    struct listen_address address = parse("[::1]:443");
    struct sockaddr_in6 addr;
    memcpy(&addr, &address.addr, sizeof addr);
    assert_int_equal(addr.sin6_family, AF_INET6);
    assert_memory_equal(&addr.sin6_addr, &in6addr_loopback, sizeof in6addr_loopback);
    assert_int_equal(ntohs(addr.sin6_port), 443);
    assert_int_equal(address.addr_len, sizeof addr);
}

static void test_unix_path(void **state) {
    (void)state;
    struct listen_address address = parse("unix:/run/dappd.sock");
    struct sockaddr_un addr;
    memcpy(&addr, &address.addr, sizeof addr);
    assert_int_equal(addr.sun_family, AF_UNIX);
    assert_string_equal(addr.sun_path, "/run/dappd.sock");
    assert_string_equal(address.path, "/run/dappd.sock");
    assert_int_equal(address.addr_len, sizeof addr);
}

static void test_unix_path_of_107_bytes_is_the_longest(void **state) {
    (void)state;
    char text[5 + 108] = "unix:/";
    memset(text + 6, 'a', sizeof text - 6);
    struct listen_address address;
    assert_int_equal(listen_address_parse(&address, text, 5 + 107), ERR_OK);
    assert_int_equal(strlen(address.path), 107);
    assert_refused(text, 5 + 108);
}

static void test_port_0_is_any_free_port(void **state) {
    (void)state;
    struct listen_address address = parse("127.0.0.1:0");
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    struct sockaddr_storage bound = address.addr;
    assert_int_equal(bind(fd, (struct sockaddr *)&bound, address.addr_len), 0);
    close(fd);
}

static void test_formats_back(void **state) {
    (void)state;
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"127.0.0.1:8080", "127.0.0.1:8080"},
        {"0.0.0.0:0", "0.0.0.0:0"},
        {"255.255.255.255:65535", "255.255.255.255:65535"},
        {"[::]:80", "[::]:80"},
        {"[2001:DB8:0:0:0:0:0:1]:80", "[2001:db8::1]:80"},
        {"[::ffff:192.0.2.1]:80", "[::ffff:192.0.2.1]:80"},
        {"unix:/tmp/a b:c", "unix:/tmp/a b:c"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct listen_address address = parse(rows[i].text);
        char text[LISTEN_TEXT_BYTES];
        assert_string_equal(listen_address_format(text, &address), rows[i].want);
    }
}

static void test_refuses(void **state) {
    (void)state;
    static const char *const rows[] = {
        "",                       /* nothing */
        "8080",                   /* no address */
        ":8080",                  /* empty address */
        "127.0.0.1",              /* no port */
        "127.0.0.1:",             /* empty port */
        "127.0.0.1:65536",        /* port too large */
        "127.0.0.1:080",          /* leading zero */
        "127.0.0.1:+80",          /* sign */
        "127.0.0.1:http",         /* name of a port */
        "127.0.0.1:80 ",          /* space */
        " 127.0.0.1:80",          /* space */
        "127.1:80",               /* short form */
        "127.0.0.01:80",          /* octal? */
        "256.0.0.1:80",           /* no such address */
        "localhost:80",           /* host name */
        "*:80",                   /* wildcard */
        "::1:80",                 /* IPv6 without brackets */
        "[::1]",                  /* no port */
        "[::1]80",                /* no colon */
        "[::1:80",                /* half a bracket */
        "[]:80",                  /* empty brackets */
        "[127.0.0.1]:80",         /* IPv4 in brackets */
        "[fe80::1%eth0]:80",      /* zone */
        "[1:2:3:4:5:6:7:8:9]:80", /* too long */
        "[0000:0000:0000:0000:0000:0000:0000:0000:0000:0000]:80",
        "unix:",               /* no path */
        "unix:dappd.sock",     /* relative */
        "unix:/",              /* a directory */
        "unix:/run/",          /* a directory */
        "UNIX:/run/a",         /* case */
        "http://127.0.0.1:80", /* a URL */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) assert_refused(rows[i], strlen(rows[i]));
}

static void test_refuses_nul_bytes(void **state) {
    (void)state;
    assert_refused("unix:/run/a\0b", 13);
    assert_refused("127.0.0.1\0:80", 13);
    assert_refused("127.0.0.1:8\0", 12);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ipv4),
        cmocka_unit_test(test_ipv6),
        cmocka_unit_test(test_unix_path),
        cmocka_unit_test(test_unix_path_of_107_bytes_is_the_longest),
        cmocka_unit_test(test_port_0_is_any_free_port),
        cmocka_unit_test(test_formats_back),
        cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_refuses_nul_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
