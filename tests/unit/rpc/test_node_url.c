/* What the URL of a node may look like, and where it leads.
 * Owns nothing.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "rpc/node_url.h"

static void test_http_urls(void **state) {
    (void)state;
    static const struct {
        const char *url;
        bool tls, loopback;
    } rows[] = {
        {"http://node.example", false, false},
        {"https://node.example/v1/KEY?x=1", true, false},
        {"HTTPS://node.example", true, false},
        {"http://127.0.0.1:8545", false, true},
        {"http://127.1.2.3/x", false, true},
        {"http://localhost:8545", false, true},
        {"http://LocalHost", false, true},
        {"https://[::1]:8545", true, true},
        {"http://user:pass@127.0.0.1", false, true},
        {"http://127.0.0.1@node.example", false, false}, /* a user, not a host */
        {"http://127.0.0.1.node.example", false, false},
        {"http://localhost.example", false, false},
        {"http://local", false, false},
        {"http://[::2]", false, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct node_url url;
        assert_null(node_url_parse(&url, rows[i].url));
        assert_int_equal(url.scheme, NODE_HTTP);
        assert_int_equal(url.tls, rows[i].tls);
        assert_int_equal(url.loopback, rows[i].loopback);
        assert_string_equal(url.socket_path, "");
    }
}

static void test_socket_urls(void **state) {
    (void)state;
    static const struct {
        const char *url;
        enum node_scheme scheme;
        const char *socket_path;
        const char *http_path;
    } rows[] = {
        {"http+unix:/run/node.sock", NODE_HTTP_UNIX, "/run/node.sock", "/"},
        {"http+unix:///run/node.sock", NODE_HTTP_UNIX, "/run/node.sock", "/"},
        {"http+unix:/run/node.sock:/", NODE_HTTP_UNIX, "/run/node.sock", "/"},
        {"http+unix:/run/node.sock:/v1/KEY?x=:/y", NODE_HTTP_UNIX, "/run/node.sock", "/v1/KEY?x=:/y"},
        {"HTTP+UNIX:/a", NODE_HTTP_UNIX, "/a", "/"},
        {"http+unix:/a:b", NODE_HTTP_UNIX, "/a:b", "/"},
        {"ipc:/run/geth.ipc", NODE_IPC, "/run/geth.ipc", NULL},
        {"ipc:///run/geth.ipc", NODE_IPC, "/run/geth.ipc", NULL},
        {"ipc:/a:/b", NODE_IPC, "/a:/b", NULL}, /* no HTTP, no path of it */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct node_url url;
        assert_null(node_url_parse(&url, rows[i].url));
        assert_int_equal(url.scheme, rows[i].scheme);
        assert_string_equal(url.socket_path, rows[i].socket_path);
        if (rows[i].http_path != NULL) assert_string_equal(url.http_path, rows[i].http_path);
        assert_false(url.tls);
    }
}

static void test_what_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *url;
        const char *fault;
    } rows[] = {
        {"", "the URL is missing"},
        {"ftp://node", "the URL must begin with http://, https://, http+unix:/ or ipc:/"},
        {"/run/geth.ipc", "the URL must begin with http://, https://, http+unix:/ or ipc:/"},
        {"ws://node", "WebSocket URLs (ws:, wss:) are not supported; give the node's http:// or https:// URL"},
        {"http://", "the URL has no valid host and port"},
        {"https://node:65536", "the URL has no valid host and port"},
        {"ipc:/a b", "the URL holds a space, a control character or one beyond ASCII"},
        {"ipc:geth.ipc", "the scheme must be followed by the absolute path of a socket"},
        {"ipc:", "the scheme must be followed by the absolute path of a socket"},
        {"ipc://host/geth.ipc", "the scheme must be followed by the absolute path of a socket"},
        {"http+unix:run/node", "the scheme must be followed by the absolute path of a socket"},
        {"http+unix:", "the scheme must be followed by the absolute path of a socket"},
        {"http+unix::/x", "the scheme must be followed by the absolute path of a socket"},
        {"http+unix://node/x", "the scheme must be followed by the absolute path of a socket"},
        {"ipc:/", "the socket's path must end with a file name"},
        {"ipc:/run/", "the socket's path must end with a file name"},
        {"http+unix:/run/:/x", "the socket's path must end with a file name"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct node_url url;
        const char *fault = node_url_parse(&url, rows[i].url);
        assert_non_null(fault);
        assert_string_equal(fault, rows[i].fault);
    }
}

static void test_a_socket_path_has_at_most_107_bytes(void **state) {
    (void)state;
    char text[256];
    struct node_url url;
    (void)snprintf(text, sizeof text, "ipc:/%0106d", 0);
    assert_null(node_url_parse(&url, text));
    assert_int_equal(strlen(url.socket_path), 107);
    (void)snprintf(text, sizeof text, "ipc:/%0107d", 0);
    assert_string_equal(node_url_parse(&url, text), "the socket's path is longer than 107 bytes");
    (void)snprintf(text, sizeof text, "http+unix:/%0106d:/%050d", 0, 0);
    assert_null(node_url_parse(&url, text));
    assert_int_equal(strlen(url.socket_path), 107);
}

static void test_a_url_has_at_most_2048_bytes(void **state) {
    (void)state;
    char text[2100];
    struct node_url url;
    (void)snprintf(text, sizeof text, "http://a/%02039d", 0);
    assert_int_equal(strlen(text), 2048);
    assert_null(node_url_parse(&url, text));
    (void)snprintf(text, sizeof text, "http://a/%02040d", 0);
    assert_string_equal(node_url_parse(&url, text), "the URL is longer than 2048 bytes");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_http_urls),
        cmocka_unit_test(test_socket_urls),
        cmocka_unit_test(test_what_is_refused),
        cmocka_unit_test(test_a_socket_path_has_at_most_107_bytes),
        cmocka_unit_test(test_a_url_has_at_most_2048_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
