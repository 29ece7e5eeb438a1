/* JSON-RPC on a Unix socket: what nodes do to the stream of replies.
 * Each test makes and takes down its own node.
 * Runs on the main thread; the nodes run on theirs. */
#include "ipc_series.h"

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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_connection_serves_request_after_request),
        cmocka_unit_test(test_white_space_behind_a_reply_is_no_harm),
        cmocka_unit_test(test_what_follows_a_reply_is_never_taken_for_the_next),
        cmocka_unit_test(test_what_comes_unasked_is_never_taken_for_the_next),
        cmocka_unit_test(test_a_connection_out_of_step_is_not_used_again),
        cmocka_unit_test(test_garbage_is_nonsense),
        cmocka_unit_test(test_a_node_that_closes_is_unreachable),
        cmocka_unit_test(test_replies_are_bounded),
        cmocka_unit_test(test_long_requests),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
