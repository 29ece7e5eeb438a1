/* X-Forwarded-For: whom it is believed from, and how far.
 * Each list of proxies is made and freed by its test.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "middleware/client_address.h"

static struct peer_address peer_of(const char *text) {
    struct peer_address address = peer_address_of(NULL);
    if (strcmp(text, "unix") != 0) assert_true(peer_address_parse(&address, text, strlen(text)));
    return address;
}

/* The header in memory that ends where it ends. */
static struct peer_address find(const struct trusted_proxies *proxies, const char *peer, const char *forwarded) {
    size_t len = strlen(forwarded);
    char *copy = malloc(len > 0 ? len : 1);
    struct peer_address from = peer_of(peer);
    assert_non_null(copy);
    memcpy(copy, forwarded, len);
    struct peer_address client = client_address(proxies, &from, copy, len);
    free(copy);
    return client;
}

static void test_the_walk(void **state) {
    (void)state;
    static const struct {
        const char *trusted, *peer, *forwarded, *client;
    } rows[] = {
        /* nobody is trusted: what a stranger writes says nothing */
        {"", "192.0.2.9", "198.51.100.1", "192.0.2.9"},
        {"", "unix", "198.51.100.1", "unix"},
        {"10.0.0.1", "192.0.2.9", "198.51.100.1", "192.0.2.9"},
        {"10.0.0.1", "10.0.0.2", "198.51.100.1", "10.0.0.2"},
        {"unix", "127.0.0.1", "198.51.100.1", "127.0.0.1"},
        /* one proxy appends whom it was asked by; before that stands what the client made up */
        {"10.0.0.1", "10.0.0.1", "198.51.100.1", "198.51.100.1"},
        {"10.0.0.1", "10.0.0.1", "203.0.113.5, 198.51.100.1", "198.51.100.1"},
        {"10.0.0.1", "10.0.0.1", "127.0.0.1,10.0.0.1,198.51.100.1", "198.51.100.1"},
        {"10.0.0.1", "::ffff:10.0.0.1", "198.51.100.1", "198.51.100.1"},
        {"unix", "unix", "198.51.100.1", "198.51.100.1"},
        {"unix, ::1", "unix", "2001:db8::1", "2001:db8::1"},
        /* several, each trusted */
        {"10.0.0.0/8", "10.0.0.1", "203.0.113.5, 198.51.100.1, 10.9.9.9, 10.0.0.7", "198.51.100.1"},
        {"10.0.0.0/8,fd00::/8", "10.0.0.1", "198.51.100.1, fd00::1", "198.51.100.1"},
        {"10.0.0.0/8", "10.0.0.1", "198.51.100.1, fd00::1", "fd00::1"},
        {"10.0.0.0/8", "10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"}, /* one of them asks for itself */
        {"0.0.0.0/0,::/0", "10.0.0.1", "198.51.100.1, 203.0.113.5", "198.51.100.1"},
        {"10.0.0.1", "10.0.0.1", "198.51.100.1, ::ffff:10.0.0.1", "198.51.100.1"},
        /* nothing said */
        {"10.0.0.1", "10.0.0.1", "", "10.0.0.1"},
        {"10.0.0.1", "10.0.0.1", "   ", "10.0.0.1"},
        /* what is no address ends the walk at who wrote it */
        {"10.0.0.0/8", "10.0.0.1", "unknown", "10.0.0.1"},
        {"10.0.0.0/8", "10.0.0.1", "198.51.100.1, unknown", "10.0.0.1"},
        {"10.0.0.0/8", "10.0.0.1", "198.51.100.1, unknown, 10.0.0.2", "10.0.0.2"},
        {"10.0.0.0/8", "10.0.0.1", "198.51.100.1,", "10.0.0.1"},
        {"10.0.0.0/8", "10.0.0.1", "198.51.100.1,,10.0.0.2", "10.0.0.2"},
        {"10.0.0.0/8", "10.0.0.1", "unix", "10.0.0.1"},
        {"unix", "unix", "unix:", "unix"},
        {"10.0.0.0/8", "10.0.0.1", "198.51.100.1 203.0.113.5", "10.0.0.1"},
        /* with the client's port, as some proxies write it */
        {"10.0.0.1", "10.0.0.1", "198.51.100.1:4711", "198.51.100.1"},
        {"10.0.0.1", "10.0.0.1", "[2001:db8::1]:4711", "2001:db8::1"},
        {"10.0.0.1", "10.0.0.1", "[2001:db8::1]", "2001:db8::1"},
        {"10.0.0.1", "10.0.0.1", "2001:db8::1:4711", "2001:db8::1:4711"},
        {"10.0.0.1", "10.0.0.1", "198.51.100.1:", "10.0.0.1"},
        {"10.0.0.1", "10.0.0.1", "198.51.100.1:65536", "10.0.0.1"},
        {"10.0.0.1", "10.0.0.1", "198.51.100.1:http", "10.0.0.1"},
        {"10.0.0.1", "10.0.0.1", "[198.51.100.1]:80", "10.0.0.1"},
        {"10.0.0.1", "10.0.0.1", "[2001:db8::1", "10.0.0.1"},
        {"10.0.0.1", "10.0.0.1", "[2001:db8::1]x", "10.0.0.1"},
        {"10.0.0.1", "10.0.0.1", "[]", "10.0.0.1"},
        {"10.0.0.1", "10.0.0.1", "\t198.51.100.1\t", "198.51.100.1"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[PEER_ADDRESS_TEXT_BYTES], setting[64];
        size_t len = 0;
        for (const char *p = rows[i].trusted; *p != '\0'; p++) { /* as the settings hand it on */
            if (*p != ' ') setting[len++] = *p;
        }
        setting[len] = '\0';
        struct trusted_proxies *proxies = trusted_proxies_new(setting);
        struct peer_address client = find(proxies, rows[i].peer, rows[i].forwarded);
        if (strcmp(peer_address_format(text, &client), rows[i].client) != 0) {
            fail_msg("%s trusts \"%s\": \"%s\" gives %s", rows[i].peer, rows[i].trusted, rows[i].forwarded, text);
        }
        trusted_proxies_free(proxies);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_walk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
