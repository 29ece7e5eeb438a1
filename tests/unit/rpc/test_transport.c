/* HTTP to a node: over TCP and Unix sockets, with the headers that are configured, past proxies or through them.
 * Each test makes and takes down its own node.
 * Runs on the main thread; the nodes run on theirs. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "fake_node.h"
#include "post.h"

enum { MAX_POSTS = 3 };

static char directory[] = "/tmp/dappd-test-transport-XXXXXX";
static char path[64];

static int make_directory(void **state) {
    (void)state;
    if (mkdtemp(directory) == NULL) return -1;
    (void)snprintf(path, sizeof path, "%s/s", directory);
    return 0;
}

static int remove_directory(void **state) {
    (void)state;
    return rmdir(directory);
}

static void good(struct fake_request *request) {
    fake_answer(request, "result", "\"0x66\"");
}

static void closes(struct fake_request *request) {
    good(request);
    request->close = true;
}

struct series {
    size_t n;
    bool traced;
    struct posted posted[MAX_POSTS];
};

static void run_series(struct task *task, const struct endpoint *node, void *arg) {
    struct series *series = arg;
    if (series->traced) memset(task->trace.trace_id, 0xab, sizeof task->trace.trace_id);
    for (size_t i = 0; i < series->n; i++) series->posted[i] = post(task, node, "{\"id\":7}");
}

static void assert_answered(const struct posted *posted) {
    assert_int_equal(posted->reply.outcome, RPC_OK);
    assert_int_equal(posted->reply.status, 200);
    assert_non_null(strstr(posted->body, "\"0x66\""));
}

static void test_http_over_a_unix_socket(void **state) {
    (void)state;
    struct fake_node node;
    struct series series = {.n = 3};
    fake_start_unix(&node, good, path);
    post_on_node(node.url, NULL, 0, run_series, &series);
    fake_stop(&node);
    for (size_t i = 0; i < 3; i++) {
        assert_answered(&series.posted[i]);
        assert_int_equal(series.posted[i].reply.new_connection, i == 0);
    }
    assert_int_equal(unlink(path), 0);
    assert_int_equal(node.n_connections, 1);
    assert_non_null(strstr(node.headers, "POST /secret-key HTTP/1.1\r\n"));
    assert_non_null(strstr(node.headers, "\r\nHost: localhost\r\n"));
}

static void test_a_unix_socket_that_closes_is_connected_to_again(void **state) {
    (void)state;
    struct fake_node node;
    struct series series = {.n = 3};
    fake_start_unix(&node, closes, path);
    post_on_node(node.url, NULL, 0, run_series, &series);
    fake_stop(&node);
    for (size_t i = 0; i < 3; i++) {
        assert_answered(&series.posted[i]);
        assert_true(series.posted[i].reply.new_connection);
    }
    assert_int_equal(unlink(path), 0);
}

/* One handle of libcurl serves both kinds of nodes, one after the other. */
static void post_to_other_first(struct task *task, const struct endpoint *node, void *arg) {
    struct posted *posted = arg;
    char url[96];
    (void)snprintf(url, sizeof url, "http+unix:%s", path);
    struct endpoint *other = endpoint_new(url, NULL, 0);
    posted[0] = post(task, other, "{}");
    posted[1] = post(task, node, "{}");
    posted[2] = post(task, other, "{}");
    endpoint_free(other);
}

static void test_nodes_do_not_share_what_was_set_for_one(void **state) {
    (void)state;
    struct fake_node local, remote;
    struct posted posted[3];
    fake_start_unix(&local, good, path);
    fake_start(&remote, good);
    post_on_node(remote.url, NULL, 0, post_to_other_first, posted);
    fake_stop(&local);
    fake_stop(&remote);
    assert_int_equal(unlink(path), 0);
    for (size_t i = 0; i < 3; i++) assert_answered(&posted[i]);
    assert_int_equal(local.requests, 2);
    assert_int_equal(remote.requests, 1);
}

static void test_a_missing_socket_is_unreachable(void **state) {
    (void)state;
    struct series series = {.n = 1};
    char url[96];
    (void)snprintf(url, sizeof url, "http+unix:%s", path);
    post_on_node(url, NULL, 0, run_series, &series);
    assert_int_equal(series.posted[0].reply.outcome, RPC_UNREACHABLE);
    assert_null(strstr(series.posted[0].reply.problem, path));
}

static size_t count_headers(const char *headers, const char *name) {
    size_t n = 0, len = strlen(name);
    for (const char *line = headers; (line = strchr(line, '\n')) != NULL; line++) {
        n += strncasecmp(line + 1, name, len) == 0 && line[1 + len] == ':' ? 1 : 0;
    }
    return n;
}

static void test_configured_headers_go_along(void **state) {
    (void)state;
    static const struct header_config headers[] = {{"Authorization", "Bearer abc"}, {"X-Key", "a: b"}};
    struct fake_node node;
    struct series series = {.n = 2, .traced = true};
    fake_start(&node, good);
    post_on_node(node.url, headers, 2, run_series, &series);
    fake_stop(&node);
    assert_answered(&series.posted[1]);
    assert_non_null(strstr(node.headers, "\r\nAuthorization: Bearer abc\r\n"));
    assert_non_null(strstr(node.headers, "\r\nX-Key: a: b\r\n"));
    assert_non_null(strstr(node.headers, "\r\nContent-Type: application/json\r\n"));
    assert_non_null(strstr(node.headers, "\r\nAccept: application/json\r\n"));
    assert_non_null(strstr(node.headers, "\r\nUser-Agent: dappd/"));
    assert_non_null(strstr(node.headers, "\r\ntraceparent: 00-abababababababababababababababab-"));
    assert_int_equal(count_headers(node.headers, "Expect"), 0);
}

static void test_a_configured_header_replaces_ours(void **state) {
    (void)state;
    static const struct header_config headers[] = {{"user-agent", "mine"}, {"ACCEPT", "*/*"}};
    struct fake_node node;
    struct series series = {.n = 1};
    fake_start(&node, good);
    post_on_node(node.url, headers, 2, run_series, &series);
    fake_stop(&node);
    assert_non_null(strstr(node.headers, "\r\nuser-agent: mine\r\n"));
    assert_non_null(strstr(node.headers, "\r\nACCEPT: */*\r\n"));
    assert_int_equal(count_headers(node.headers, "User-Agent"), 1);
    assert_int_equal(count_headers(node.headers, "Accept"), 1);
    assert_int_equal(count_headers(node.headers, "traceparent"), 0);
}

static struct fake_node *elsewhere;

static void redirects(struct fake_request *request) {
    char location[160];
    (void)snprintf(location, sizeof location, "Location: %s\r\n", elsewhere->url);
    fake_send(request, 307, location, "");
}

static void test_headers_follow_no_redirect(void **state) {
    (void)state;
    static const struct header_config headers[] = {{"X-Key", "secret"}};
    struct fake_node node, other;
    struct series series = {.n = 1};
    fake_start(&other, good);
    elsewhere = &other;
    fake_start(&node, redirects);
    post_on_node(node.url, headers, 1, run_series, &series);
    fake_stop(&node);
    fake_stop(&other);
    assert_int_equal(series.posted[0].reply.outcome, RPC_OK);
    assert_int_equal(series.posted[0].reply.status, 307);
    assert_int_equal(other.requests, 0);
}

/* Posts to this URL while the environment names a proxy. Returns how many requests the proxy got. */
static unsigned requests_to_proxy(const char *url) {
    struct fake_node proxy;
    struct series series = {.n = 1};
    fake_start(&proxy, good);
    assert_int_equal(setenv("http_proxy", proxy.url, 1), 0);
    post_on_node(url, NULL, 0, run_series, &series);
    assert_int_equal(unsetenv("http_proxy"), 0);
    fake_stop(&proxy);
    assert_answered(&series.posted[0]);
    return atomic_load(&proxy.requests);
}

static void test_no_proxy_stands_before_nodes_of_this_machine(void **state) {
    (void)state;
    struct fake_node node, local;
    char localhost_url[64];
    fake_start(&node, good);
    fake_start_unix(&local, good, path);
    (void)snprintf(localhost_url, sizeof localhost_url, "http://localhost%s", strrchr(node.url, ':'));
    assert_int_equal(requests_to_proxy("http://node.example/"), 1);
    assert_int_equal(requests_to_proxy(node.url), 0);
    assert_int_equal(requests_to_proxy(localhost_url), 0);
    assert_int_equal(requests_to_proxy(local.url), 0);
    fake_stop(&node);
    fake_stop(&local);
    assert_int_equal(unlink(path), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_http_over_a_unix_socket),
        cmocka_unit_test(test_a_unix_socket_that_closes_is_connected_to_again),
        cmocka_unit_test(test_nodes_do_not_share_what_was_set_for_one),
        cmocka_unit_test(test_a_missing_socket_is_unreachable),
        cmocka_unit_test(test_configured_headers_go_along),
        cmocka_unit_test(test_a_configured_header_replaces_ours),
        cmocka_unit_test(test_headers_follow_no_redirect),
        cmocka_unit_test(test_no_proxy_stands_before_nodes_of_this_machine),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
