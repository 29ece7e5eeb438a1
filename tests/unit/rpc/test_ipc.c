/* JSON-RPC on a Unix socket: what nodes do to the stream, and what becomes of the connection.
 * Each test makes and takes down its own node.
 * Runs on the main thread; the nodes run on theirs. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "fake_ipc.h"
#include "post.h"

enum { MAX_POSTS = 4, CROWD = 40, WIDTH = 16 };

static char directory[] = "/tmp/dappd-test-ipc-XXXXXX";
static char path[108];
static char url[128];

static int make_directory(void **state) {
    (void)state;
    if (mkdtemp(directory) == NULL) return -1;
    (void)snprintf(path, sizeof path, "%s/node.ipc", directory);
    (void)snprintf(url, sizeof url, "ipc:%s", path);
    return 0;
}

static int remove_directory(void **state) {
    (void)state;
    return rmdir(directory);
}

/* The replies to some posts, one after the other. */
struct series {
    size_t n;
    struct post_options options[MAX_POSTS];
    struct posted posted[MAX_POSTS];
    struct fake_ipc *node;
    atomic_uint *awaited; /* NULL, or what has to reach 1 behind the first post */
};

static void run_series(struct task *task, const struct endpoint *node, void *arg) {
    struct series *series = arg;
    for (size_t i = 0; i < series->n; i++) {
        series->posted[i] = post_with(task, node, "{\"id\":1}", series->options[i]);
        if (i == 0 && series->awaited != NULL && !post_until(task, series->awaited, 1)) return;
    }
}

/* Posts to a node that does this. Out: the node's counts. */
static void post_series(struct series *series, struct fake_ipc *node, ipc_serve serve) {
    ipc_start(node, path, serve);
    series->node = node;
    post_on_node(url, NULL, 0, run_series, series);
    ipc_stop(node);
}

static void assert_reply(const struct posted *posted, const char *body, bool new_connection) {
    assert_int_equal(posted->reply.outcome, RPC_OK);
    assert_int_equal(posted->reply.status, 200);
    assert_true(posted->reply.sent);
    assert_null(posted->reply.problem);
    assert_int_equal(posted->reply.new_connection, new_connection);
    assert_string_equal(posted->body + strspn(posted->body, "\r\n "), body); /* behind the end of the line before */
}

static void assert_failure(const struct posted *posted, enum rpc_outcome outcome, const char *problem) {
    assert_int_equal(posted->reply.outcome, outcome);
    assert_true(posted->reply.sent);
    assert_false(posted->reply.new_connection); /* nothing was read from whoever is there */
    assert_true(posted->in_time);
    assert_int_equal(posted->reply.body_len, 0);
    if (problem == NULL) {
        assert_null(posted->reply.problem);
    } else {
        assert_string_equal(posted->reply.problem, problem);
    }
}

static void echo(struct ipc_request *request) {
    ipc_write(request, request->line, request->len);
    ipc_say(request, "\n");
}

static void echo_bytewise(struct ipc_request *request) {
    for (size_t i = 0; i < request->len; i++) ipc_write(request, request->line + i, 1);
}

static void test_one_connection_serves_request_after_request(void **state) {
    (void)state;
    static const ipc_serve nodes[] = {echo, echo_bytewise};
    for (size_t i = 0; i < sizeof nodes / sizeof nodes[0]; i++) {
        struct fake_ipc node;
        struct series series = {.n = 3};
        post_series(&series, &node, nodes[i]);
        assert_reply(&series.posted[0], "{\"id\":1}", true);
        assert_reply(&series.posted[1], "{\"id\":1}", false);
        assert_reply(&series.posted[2], "{\"id\":1}", false);
        assert_int_equal(node.connections, 1);
    }
}

/* The end of the line comes when the reply has been read. */
static void ends_line_late(struct ipc_request *request) {
    atomic_uint *told = request->node->arg;
    echo_bytewise(request);
    while (request->nth == 0 && atomic_load(told) == 0) usleep(1000);
    ipc_say(request, " \r\n");
    atomic_fetch_add(told, 1);
}

struct late_line {
    struct fake_ipc *node;
    atomic_uint told;
    struct posted first, second;
    bool ended;
};

static void read_before_the_line_ends(struct task *task, const struct endpoint *node, void *arg) {
    struct late_line *late = arg;
    late->first = post(task, node, "{}");
    atomic_fetch_add(&late->told, 1);
    late->ended = post_until(task, &late->told, 2);
    late->second = post(task, node, "[]");
}

static void test_white_space_behind_a_reply_is_no_harm(void **state) {
    (void)state;
    struct fake_ipc node;
    struct late_line late = {.node = &node};
    ipc_start(&node, path, ends_line_late);
    node.arg = &late.told;
    post_on_node(url, NULL, 0, read_before_the_line_ends, &late);
    ipc_stop(&node);
    assert_true(late.ended);
    assert_reply(&late.first, "{}", true);
    assert_reply(&late.second, "[]", false);
}

static void two_values(struct ipc_request *request) {
    ipc_say(request, request->nth == 0 ? "{\"first\":1}{\"second\":2}\n" : "{\"third\":3}");
}

static void test_what_follows_a_reply_is_never_taken_for_the_next(void **state) {
    (void)state;
    struct fake_ipc node;
    struct series series = {.n = 2};
    post_series(&series, &node, two_values);
    assert_reply(&series.posted[0], "{\"first\":1}", true);
    assert_reply(&series.posted[1], "{\"third\":3}", true);
    assert_int_equal(node.connections, 2);
}

static void speaks_unasked(struct ipc_request *request) {
    atomic_uint *told = request->node->arg;
    if (request->nth > 0) {
        ipc_say(request, "{\"third\":3}");
        return;
    }
    ipc_say(request, "{\"first\":1}");
    while (atomic_load(told) == 0) usleep(1000);
    ipc_say(request, "{\"method\":\"eth_subscription\"}\n");
    atomic_fetch_add(told, 1);
}

static void test_what_comes_unasked_is_never_taken_for_the_next(void **state) {
    (void)state;
    struct fake_ipc node;
    struct late_line late = {.node = &node};
    ipc_start(&node, path, speaks_unasked);
    node.arg = &late.told;
    post_on_node(url, NULL, 0, read_before_the_line_ends, &late);
    ipc_stop(&node);
    assert_true(late.ended);
    assert_reply(&late.first, "{\"first\":1}", true);
    assert_reply(&late.second, "{\"third\":3}", true);
}

static void test_a_connection_out_of_step_is_not_used_again(void **state) {
    (void)state;
    struct fake_ipc node;
    struct series series = {.n = 2, .options = {{.distrust = true}}};
    post_series(&series, &node, echo);
    assert_reply(&series.posted[0], "{\"id\":1}", true);
    assert_reply(&series.posted[1], "{\"id\":1}", true);
}

static void garbage_then_echo(struct ipc_request *request) {
    if (request->nth == 0) {
        ipc_say(request, "HTTP/1.1 400 Bad Request\r\n\r\n");
    } else {
        echo(request);
    }
}

static void test_garbage_is_nonsense(void **state) {
    (void)state;
    struct fake_ipc node;
    struct series series = {.n = 2};
    post_series(&series, &node, garbage_then_echo);
    assert_failure(&series.posted[0], RPC_NONSENSE, "what came back is no JSON object or array");
    assert_reply(&series.posted[1], "{\"id\":1}", true);
}

static void closes(struct ipc_request *request) {
    request->close = true;
}

static void closes_in_reply(struct ipc_request *request) {
    ipc_say(request, "{\"id\":1,\"res");
    request->close = true;
}

static void test_a_node_that_closes_is_unreachable(void **state) {
    (void)state;
    static const ipc_serve nodes[] = {closes, closes_in_reply};
    for (size_t i = 0; i < sizeof nodes / sizeof nodes[0]; i++) {
        struct fake_ipc node;
        struct series series = {.n = 1};
        post_series(&series, &node, nodes[i]);
        assert_failure(&series.posted[0], RPC_UNREACHABLE, "Connection reset by peer");
        assert_int_equal(node.requests, 1);
    }
}

static void closes_the_second_time(struct ipc_request *request) {
    if (request->nth == 1) {
        request->close = true;
    } else {
        echo(request);
    }
}

static void closes_in_the_second_reply(struct ipc_request *request) {
    if (request->nth == 1) {
        closes_in_reply(request);
    } else {
        echo(request);
    }
}

/* Without a byte of a reply, as when the node closes what was idle for long. */
static void test_a_kept_connection_that_closes_costs_a_second_try(void **state) {
    (void)state;
    struct fake_ipc node;
    struct series series = {.n = 2};
    post_series(&series, &node, closes_the_second_time);
    assert_reply(&series.posted[1], "{\"id\":1}", true);
    assert_int_equal(node.requests, 3);

    series = (struct series){.n = 2};
    post_series(&series, &node, closes_in_the_second_reply);
    assert_failure(&series.posted[1], RPC_UNREACHABLE, "Connection reset by peer");
    assert_int_equal(node.requests, 2);
}

static void closes_behind_the_reply(struct ipc_request *request) {
    echo(request);
    request->close = true;
}

static void test_a_connection_is_made_anew_when_the_node_has_closed_it(void **state) {
    (void)state;
    struct fake_ipc node;
    struct series series = {.n = 3};
    post_series(&series, &node, closes_behind_the_reply);
    for (size_t i = 0; i < 3; i++) assert_reply(&series.posted[i], "{\"id\":1}", true);
    assert_int_equal(node.connections, 3);
}

static void hangs_then_echo(struct ipc_request *request) {
    if (request->nth == 0) {
        ipc_hang(request);
        atomic_fetch_add(&request->node->gone, 1);
    } else {
        echo(request);
    }
}

static void test_a_connection_whose_request_timed_out_is_closed(void **state) {
    (void)state;
    struct fake_ipc node;
    struct series series = {.n = 2, .options = {{.attempt_timeout_ms = 30}}, .awaited = &node.gone};
    post_series(&series, &node, hangs_then_echo);
    assert_failure(&series.posted[0], RPC_TIMED_OUT, NULL);
    assert_reply(&series.posted[1], "{\"id\":1}", true);
    assert_int_equal(node.connections, 2);
}

struct cancelling {
    struct task *task; /* whose wait it is */
    const struct endpoint *endpoint;
    struct fake_ipc *node;
    struct posted posted;
};

static void cancel(struct task *child, void *arg, size_t i) {
    struct cancelling *cancelling = arg;
    if (i == 0) {
        cancelling->task = child;
        cancelling->posted = post(child, cancelling->endpoint, "{}");
    } else if (post_until(child, &cancelling->node->requests, 1)) {
        transport_cancel(cancelling->task);
    }
}

static void post_and_cancel(struct task *task, const struct endpoint *node, void *arg) {
    struct cancelling *cancelling = arg;
    cancelling->endpoint = node;
    task_parallel(task, 2, cancel, cancelling);
}

static void test_a_wait_can_be_cancelled(void **state) {
    (void)state;
    struct fake_ipc node;
    struct cancelling cancelling = {.node = &node};
    ipc_start(&node, path, hangs_then_echo);
    post_on_node(url, NULL, 0, post_and_cancel, &cancelling);
    ipc_stop(&node);
    assert_failure(&cancelling.posted, RPC_TIMED_OUT, NULL);
    assert_true(cancelling.posted.reply.us < (uint64_t)POST_PATIENCE_MS * 1000 / 2); /* not the attempt's end */
}

/* One array of exactly as many bytes as the request's number says. */
static void as_long_as_asked(struct ipc_request *request) {
    size_t len = strtoul(request->line + 1, NULL, 10);
    char *text = malloc(len);
    memset(text, ' ', len);
    text[0] = '[';
    text[len - 1] = ']';
    ipc_write(request, text, len);
    free(text);
}

struct lengths {
    struct posted longest, too_long, next;
};

static void ask_for_lengths(struct task *task, const struct endpoint *node, void *arg) {
    struct lengths *lengths = arg;
    struct post_options options = {.max_reply_bytes = 700000};
    lengths->longest = post_with(task, node, "[700000]", options);
    lengths->too_long = post_with(task, node, "[700001]", options);
    lengths->next = post_with(task, node, "[2]", options);
}

static void test_replies_are_bounded(void **state) {
    (void)state;
    struct fake_ipc node;
    struct lengths lengths;
    ipc_start(&node, path, as_long_as_asked);
    post_on_node(url, NULL, 0, ask_for_lengths, &lengths);
    ipc_stop(&node);
    assert_int_equal(lengths.longest.reply.outcome, RPC_OK);
    assert_int_equal(lengths.longest.reply.body_len, 700000);
    assert_failure(&lengths.too_long, RPC_TOO_LARGE, "the reply is too long");
    assert_reply(&lengths.next, "[]", true);
}

/* Answers with the length of what it got. */
static void counts(struct ipc_request *request) {
    char text[32];
    (void)snprintf(text, sizeof text, "[%zu]\n", request->len);
    ipc_say(request, text);
}

static void post_at_length(struct task *task, const struct endpoint *node, void *arg) {
    char *text = malloc(3000001);
    memset(text, 'x', 3000000);
    text[3000000] = '\0';
    *(struct posted *)arg = post(task, node, text);
    free(text);
}

/* More than the kernel takes before the node reads. */
static void test_long_requests(void **state) {
    (void)state;
    struct fake_ipc node;
    struct posted posted;
    ipc_start(&node, path, counts);
    post_on_node(url, NULL, 0, post_at_length, &posted);
    ipc_stop(&node);
    assert_reply(&posted, "[3000000]", true);
}

static void test_no_socket_and_nobody_behind_it(void **state) {
    (void)state;
    struct series series = {.n = 1};
    post_on_node(url, NULL, 0, run_series, &series);
    assert_failure(&series.posted[0], RPC_UNREACHABLE, "No such file or directory");

    struct sockaddr_un socket_address = {.sun_family = AF_UNIX};
    memcpy(socket_address.sun_path, path, sizeof socket_address.sun_path);
    int left_behind = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(left_behind, (struct sockaddr *)&socket_address, sizeof socket_address), 0);
    assert_int_equal(close(left_behind), 0);
    post_on_node(url, NULL, 0, run_series, &series);
    assert_int_equal(unlink(path), 0);
    assert_failure(&series.posted[0], RPC_UNREACHABLE, "Connection refused");
}

struct restart {
    struct fake_ipc first, second;
    struct posted before, down, after;
};

static void post_around_restart(struct task *task, const struct endpoint *node, void *arg) {
    struct restart *restart = arg;
    restart->before = post(task, node, "{}");
    ipc_stop(&restart->first);
    restart->down = post(task, node, "{}");
    ipc_start(&restart->second, path, echo);
    restart->after = post(task, node, "{}");
}

static void test_a_node_that_restarts_is_found_again(void **state) {
    (void)state;
    static struct restart restart;
    ipc_start(&restart.first, path, echo);
    post_on_node(url, NULL, 0, post_around_restart, &restart);
    ipc_stop(&restart.second);
    assert_reply(&restart.before, "{}", true);
    assert_failure(&restart.down, RPC_UNREACHABLE, "No such file or directory");
    assert_reply(&restart.after, "{}", true);
}

struct crowd {
    const struct endpoint *node;
    struct posted posted[CROWD];
};

static void post_own_number(struct task *child, void *arg, size_t i) {
    struct crowd *crowd = arg;
    char text[32];
    (void)snprintf(text, sizeof text, "[%zu]", i);
    crowd->posted[i] = post(child, crowd->node, text);
}

static void post_crowd(struct task *task, const struct endpoint *node, void *arg) {
    struct crowd *crowd = arg;
    crowd->node = node;
    task_parallel(task, CROWD, post_own_number, crowd);
}

/* Nobody is answered before the node has as many requests as it is ever sent at once. */
static void answers_when_full(struct ipc_request *request) {
    while (atomic_load(&request->node->requests) < WIDTH) usleep(1000);
    echo_bytewise(request);
}

static void test_requests_at_once_go_on_few_connections(void **state) {
    (void)state;
    struct fake_ipc node;
    static struct crowd crowd;
    ipc_start(&node, path, answers_when_full);
    post_on_node(url, NULL, 0, post_crowd, &crowd);
    ipc_stop(&node);
    for (size_t i = 0; i < CROWD; i++) {
        char text[32];
        (void)snprintf(text, sizeof text, "[%zu]", i);
        assert_int_equal(crowd.posted[i].reply.outcome, RPC_OK);
        assert_string_equal(crowd.posted[i].body, text);
    }
    assert_int_equal(node.connections, WIDTH);
    assert_int_equal(node.requests, CROWD);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_connection_serves_request_after_request),
        cmocka_unit_test(test_white_space_behind_a_reply_is_no_harm),
        cmocka_unit_test(test_what_follows_a_reply_is_never_taken_for_the_next),
        cmocka_unit_test(test_what_comes_unasked_is_never_taken_for_the_next),
        cmocka_unit_test(test_a_connection_out_of_step_is_not_used_again),
        cmocka_unit_test(test_garbage_is_nonsense),
        cmocka_unit_test(test_a_node_that_closes_is_unreachable),
        cmocka_unit_test(test_a_kept_connection_that_closes_costs_a_second_try),
        cmocka_unit_test(test_a_connection_is_made_anew_when_the_node_has_closed_it),
        cmocka_unit_test(test_a_connection_whose_request_timed_out_is_closed),
        cmocka_unit_test(test_a_wait_can_be_cancelled),
        cmocka_unit_test(test_replies_are_bounded),
        cmocka_unit_test(test_long_requests),
        cmocka_unit_test(test_no_socket_and_nobody_behind_it),
        cmocka_unit_test(test_a_node_that_restarts_is_found_again),
        cmocka_unit_test(test_requests_at_once_go_on_few_connections),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
