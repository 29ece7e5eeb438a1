/* JSON-RPC on a Unix socket: how long a connection is kept, and what follows when it breaks.
 * Each test makes and takes down its own node.
 * Runs on the main thread; the nodes run on theirs. */
#include "ipc_series.h"

enum { CROWD = 40, WIDTH = 16 };

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

static void test_no_socket_and_nobody_behind_it(void **state) {
    (void)state;
    struct series series = {.n = 1};
    post_on_node(url, NULL, 0, run_series, &series);
    assert_failure(&series.posted[0], RPC_UNREACHABLE, "No such file or directory");

    struct sockaddr_un socket_address = {.sun_family = AF_UNIX};
    memcpy(socket_address.sun_path, path, sizeof path);
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

static void says_first(struct ipc_request *request) {
    ipc_say(request, "[1]");
}

static void says_second(struct ipc_request *request) {
    ipc_say(request, "[2]");
}

static void post_to_both(struct task *task, const struct endpoint *node, void *arg) {
    struct posted *posted = arg;
    char other_url[160];
    (void)snprintf(other_url, sizeof other_url, "%s.other", url);
    struct endpoint *other = endpoint_new(other_url, NULL, 0);
    for (size_t i = 0; i < 4; i++) posted[i] = post(task, i % 2 == 0 ? node : other, "{}");
    endpoint_free(other);
}

static void test_a_connection_stays_with_its_node(void **state) {
    (void)state;
    struct fake_ipc first, second;
    struct posted posted[4];
    char other_path[80];
    (void)snprintf(other_path, sizeof other_path, "%s.other", path);
    ipc_start(&first, path, says_first);
    ipc_start(&second, other_path, says_second);
    post_on_node(url, NULL, 0, post_to_both, posted);
    ipc_stop(&first);
    ipc_stop(&second);
    for (size_t i = 0; i < 4; i++) assert_reply(&posted[i], i % 2 == 0 ? "[1]" : "[2]", i < 2);
}

enum { QUEUE = 16 };

/* A node that takes nobody up, and so many who wait for it that there is room for no more. */
struct queue {
    int listener;
    int waiting[QUEUE];
    size_t n;
    const struct endpoint *endpoint;
    struct posted posted;
    bool ended; /* the post */
};

static void fill_queue(struct queue *queue) {
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    memcpy(at.sun_path, path, sizeof path);
    queue->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(queue->listener, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(queue->listener, 2), 0);
    for (queue->n = 0; queue->n < QUEUE; queue->n++) {
        int waiting = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
        queue->waiting[queue->n] = waiting;
        if (connect(waiting, (struct sockaddr *)&at, sizeof at) == 0) continue;
        assert_int_equal(close(waiting), 0);
        return;
    }
    fail_msg("the queue has no end");
}

static void empty_queue(struct queue *queue) {
    for (size_t i = 0; i < queue->n; i++) (void)close(queue->waiting[i]);
    (void)close(queue->listener);
    (void)unlink(path);
}

/* Takes everybody up and answers the one who says something. */
static void serve_queue(struct task *task, struct queue *queue) {
    int sockets[QUEUE + 1];
    size_t n = 0;
    while (n <= queue->n && !queue->ended) {
        sockets[n] = accept(queue->listener, NULL, NULL);
        if (sockets[n] >= 0) {
            n++;
        } else {
            reactor_sleep_ms(task->reactor, 1);
        }
    }
    char line[64];
    while (!queue->ended && recv(sockets[queue->n], line, sizeof line, MSG_DONTWAIT) <= 0) {
        reactor_sleep_ms(task->reactor, 1);
    }
    if (!queue->ended) (void)send(sockets[queue->n], "[7]", 3, MSG_NOSIGNAL);
    while (n > 0) (void)close(sockets[--n]);
}

static void post_or_serve(struct task *child, void *arg, size_t i) {
    struct queue *queue = arg;
    if (i == 0) {
        queue->posted = post(child, queue->endpoint, "{}");
        queue->ended = true;
    } else {
        serve_queue(child, queue);
    }
}

static void post_into_queue(struct task *task, const struct endpoint *node, void *arg) {
    struct queue *queue = arg;
    queue->endpoint = node;
    queue->ended = false;
    task_parallel(task, 2, post_or_serve, queue);
}

static void test_a_full_queue_is_waited_for(void **state) {
    (void)state;
    struct queue queue;
    fill_queue(&queue);
    post_on_node(url, NULL, 0, post_into_queue, &queue);
    empty_queue(&queue);
    assert_reply(&queue.posted, "[7]", true);
}

static void post_in_vain(struct task *task, const struct endpoint *node, void *arg) {
    *(struct posted *)arg = post_with(task, node, "{}", (struct post_options){.attempt_timeout_ms = 30});
}

static void test_a_queue_that_stays_full_is_unreachable(void **state) {
    (void)state;
    struct queue queue;
    struct posted posted;
    fill_queue(&queue);
    post_on_node(url, NULL, 0, post_in_vain, &posted);
    empty_queue(&queue);
    assert_failure(&posted, RPC_UNREACHABLE, "Resource temporarily unavailable");
}

static void post_or_cancel(struct task *child, void *arg, size_t i) {
    static struct task *posting;
    struct queue *queue = arg;
    if (i == 0) {
        posting = child;
        queue->posted = post_with(child, queue->endpoint, "{}", (struct post_options){.attempt_timeout_ms = 10000});
    } else {
        reactor_sleep_ms(child->reactor, 1); /* past its first try */
        posting->deadline_ms = 0;
        transport_cancel(posting);
    }
}

static void cancel_in_queue(struct task *task, const struct endpoint *node, void *arg) {
    struct queue *queue = arg;
    queue->endpoint = node;
    task_parallel(task, 2, post_or_cancel, queue);
}

static void test_waiting_for_a_full_queue_can_be_cancelled(void **state) {
    (void)state;
    struct queue queue;
    fill_queue(&queue);
    post_on_node(url, NULL, 0, cancel_in_queue, &queue);
    empty_queue(&queue);
    assert_int_equal(queue.posted.reply.outcome, RPC_TIMED_OUT);
    assert_true(queue.posted.reply.us < 5000 * 1000); /* not the attempt's end */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_kept_connection_that_closes_costs_a_second_try),
        cmocka_unit_test(test_a_connection_is_made_anew_when_the_node_has_closed_it),
        cmocka_unit_test(test_a_connection_whose_request_timed_out_is_closed),
        cmocka_unit_test(test_a_wait_can_be_cancelled),
        cmocka_unit_test(test_a_connection_stays_with_its_node),
        cmocka_unit_test(test_a_full_queue_is_waited_for),
        cmocka_unit_test(test_a_queue_that_stays_full_is_unreachable),
        cmocka_unit_test(test_waiting_for_a_full_queue_can_be_cancelled),
        cmocka_unit_test(test_no_socket_and_nobody_behind_it),
        cmocka_unit_test(test_a_node_that_restarts_is_found_again),
        cmocka_unit_test(test_requests_at_once_go_on_few_connections),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
