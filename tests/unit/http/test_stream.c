/* Bodies written while they are sent: clients that read fast, slowly or not at all, writers that fail, wait or take too
 * long, and a shutdown in the middle. Each test owns its server and its sockets.
 * The server runs on a thread of its own. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "http/stream_server.h"

enum { HEAD_BYTES = 4096, MEGABYTE = 1024 * 1024, LONG_BODY = 3 * MEGABYTE, ENDLESS_BODY = 1024 * MEGABYTE };

static struct plan plan_of(size_t total) {
    return (struct plan){.total = total, .fail_at = SIZE_MAX, .hang_at = SIZE_MAX, .deadline_ms = NEVER_MS};
}

static void test_a_long_body_arrives_whole(void **state) {
    (void)state;
    struct plan plan = plan_of(LONG_BODY + 17);
    char head[HEAD_BYTES];
    size_t total;
    begin_server(&plan, NEVER_MS);
    int fd = open_client();
    for (unsigned i = 1; i <= 2; i++) { /* the connection is kept */
        ask(fd, "GET", "1.1");
        receive_head(fd, head, sizeof head);
        assert_non_null(strstr(head, "HTTP/1.1 200 "));
        assert_non_null(strstr(head, "Transfer-Encoding: chunked"));
        assert_non_null(strstr(head, i == 1 ? "X-Begun: 1" : "X-Begun: 2"));
        assert_null(strstr(head, "ETag"));
        assert_true(receive_body(fd, &total));
        assert_int_equal(total, plan.total);
        wait_for(&under_test.ended, i);
        assert_int_equal(under_test.taken, plan.total);
    }
    (void)close(fd);
    end_server();
}

static void assert_short(size_t len) {
    struct plan plan = plan_of(len);
    char head[HEAD_BYTES], want[64];
    static char body[STREAM_BUFFER_BYTES];
    begin_server(&plan, NEVER_MS);
    int fd = open_client();
    ask(fd, "GET", "1.1");
    receive_head(fd, head, sizeof head);
    (void)snprintf(want, sizeof want, "Content-Length: %zu\r\n", len);
    assert_non_null(strstr(head, want));
    assert_null(strstr(head, "chunked"));
    assert_non_null(strstr(head, "X-Begun: 1"));
    assert_int_equal(receive_exactly(fd, body, len), len);
    for (size_t i = 0; i < len; i++) assert_int_equal(body[i], letter_at(i));
    assert_int_equal(under_test.taken, len);
    (void)close(fd);
    end_server();
}

static void test_a_short_body_is_an_answer_like_any_other(void **state) {
    (void)state;
    assert_short(0);
    assert_short(1);
    assert_short(STREAM_BUFFER_BYTES);
}

static void test_one_byte_more_than_the_buffer_is_streamed(void **state) {
    (void)state;
    struct plan plan = plan_of(STREAM_BUFFER_BYTES + 1);
    char head[HEAD_BYTES];
    size_t total;
    begin_server(&plan, NEVER_MS);
    int fd = open_client();
    ask(fd, "GET", "1.1");
    receive_head(fd, head, sizeof head);
    assert_non_null(strstr(head, "chunked"));
    assert_true(receive_body(fd, &total));
    assert_int_equal(total, plan.total);
    (void)close(fd);
    end_server();
}

static void test_an_old_client_reads_to_the_end_of_the_connection(void **state) {
    (void)state;
    struct plan plan = plan_of(LONG_BODY);
    char head[HEAD_BYTES], *body = malloc(LONG_BODY + 1);
    assert_non_null(body);
    begin_server(&plan, NEVER_MS);
    int fd = open_client();
    ask(fd, "GET", "1.0");
    receive_head(fd, head, sizeof head);
    assert_null(strstr(head, "chunked"));
    assert_int_equal(receive_exactly(fd, body, LONG_BODY + 1), LONG_BODY);
    for (size_t i = 0; i < LONG_BODY; i++) assert_int_equal(body[i], letter_at(i));
    free(body);
    (void)close(fd);
    end_server();
}

static void test_head_does_not_run_the_writer(void **state) {
    (void)state;
    struct plan plan = plan_of(LONG_BODY);
    char head[HEAD_BYTES];
    begin_server(&plan, NEVER_MS);
    int fd = open_client();
    ask(fd, "HEAD", "1.1");
    receive_head(fd, head, sizeof head);
    assert_non_null(strstr(head, "HTTP/1.1 200 "));
    assert_non_null(strstr(head, "Content-Type: text/plain"));
    assert_null(strstr(head, "Content-Length"));
    assert_int_equal(under_test.writers, 0);
    assert_int_equal(under_test.ended, 1);
    char behind;
    assert_int_equal(receive(fd, &behind, 1), 0); /* nothing of a body, but the end */
    (void)close(fd);
    end_server();
}

/* Whatever was written so far has not left. */
static void test_an_error_while_nothing_has_left_is_a_problem(void **state) {
    (void)state;
    static const size_t places[] = {0, 5000, STREAM_BUFFER_BYTES - PIECE_BYTES};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        struct plan plan = plan_of(LONG_BODY);
        char head[HEAD_BYTES];
        plan.fail_at = places[i];
        begin_server(&plan, NEVER_MS);
        int fd = open_client();
        ask(fd, "GET", "1.1");
        receive_head(fd, head, sizeof head);
        assert_non_null(strstr(head, "HTTP/1.1 503 "));
        assert_non_null(strstr(head, "Content-Type: application/problem+json"));
        assert_non_null(strstr(head, "Retry-After"));
        assert_non_null(strstr(head, "Content-Length"));
        (void)close(fd);
        end_server();
    }
}

static void test_an_error_later_cuts_the_connection(void **state) {
    (void)state;
    struct plan plan = plan_of(LONG_BODY);
    char head[HEAD_BYTES];
    size_t total;
    plan.fail_at = MEGABYTE;
    begin_server(&plan, NEVER_MS);
    int fd = open_client();
    ask(fd, "GET", "1.1");
    receive_head(fd, head, sizeof head);
    assert_non_null(strstr(head, "HTTP/1.1 200 "));
    assert_false(receive_body(fd, &total)); /* no last chunk */
    assert_true(total <= MEGABYTE);
    (void)close(fd);
    end_server();
    assert_int_equal(under_test.last_err, ERR_INDEX_UNAVAILABLE);
}

static void test_a_writer_that_waits_is_waited_for(void **state) {
    (void)state;
    struct plan plan = plan_of(300000);
    char head[HEAD_BYTES];
    size_t total;
    plan.pause_every = 10;
    begin_server(&plan, NEVER_MS);
    int fd = open_client();
    ask(fd, "GET", "1.1");
    receive_head(fd, head, sizeof head);
    assert_true(receive_body(fd, &total));
    assert_int_equal(total, plan.total);
    (void)close(fd);
    end_server();
}

static void test_a_writer_that_takes_too_long_at_first_is_a_timeout(void **state) {
    (void)state;
    struct plan plan = plan_of(LONG_BODY);
    char head[HEAD_BYTES];
    plan.hang_at = 5000;
    plan.deadline_ms = 50;
    begin_server(&plan, NEVER_MS);
    int fd = open_client();
    ask(fd, "GET", "1.1");
    receive_head(fd, head, sizeof head);
    assert_non_null(strstr(head, "HTTP/1.1 504 "));
    (void)close(fd);
    end_server();
}

static void test_a_writer_that_takes_too_long_later_is_cut(void **state) {
    (void)state;
    struct plan plan = plan_of(LONG_BODY);
    char head[HEAD_BYTES];
    size_t total;
    plan.hang_at = MEGABYTE;
    plan.deadline_ms = 1000;
    begin_server(&plan, NEVER_MS);
    int fd = open_client();
    ask(fd, "GET", "1.1");
    receive_head(fd, head, sizeof head);
    assert_false(receive_body(fd, &total));
    (void)close(fd);
    end_server();
    assert_int_equal(under_test.last_err, ERR_TIMEOUT);
}

/* The whole takes several times as long as the request's deadline, each buffer much less. */
static void test_the_deadline_begins_anew_with_each_buffer(void **state) {
    (void)state;
    struct plan plan = plan_of(20 * STREAM_BUFFER_BYTES);
    char head[HEAD_BYTES];
    size_t total;
    plan.pause_every = 1; /* 1,310 ms in all at the very least */
    plan.deadline_ms = 1000;
    begin_server(&plan, NEVER_MS);
    int fd = open_client();
    ask(fd, "GET", "1.1");
    receive_head(fd, head, sizeof head);
    bool whole = receive_body(fd, &total);
    (void)close(fd);
    end_server();
    assert_int_equal(under_test.last_err, ERR_OK);
    assert_true(whole);
    assert_int_equal(total, plan.total);
}

/* In: pause_every, of the writer: then libmicrohttpd waits for it now and then, and later for the client again. */
static void assert_cut_off(unsigned pause_every) {
    struct plan plan = plan_of(ENDLESS_BODY);
    plan.pause_every = pause_every;
    begin_server(&plan, 300);
    int fd = open_client();
    ask(fd, "GET", "1.1");
    wait_for(&under_test.ended, 1);
    wait_for(&under_test.writers_ended, 1);
    assert_int_equal(under_test.last_err, ERR_TIMEOUT);
    assert_true(under_test.taken > 0);
    assert_true(under_test.written - under_test.taken <= STREAM_BUFFER_BYTES); /* what is held for the client */
    (void)close(fd);
    end_server();
}

static void test_a_client_that_does_not_read_is_cut_off(void **state) {
    (void)state;
    assert_cut_off(0);
    assert_cut_off(10);
}

/* The whole takes longer than the client's time, each buffer much less. */
static void test_a_client_has_its_time_for_each_buffer(void **state) {
    (void)state;
    struct plan plan = plan_of(28 * STREAM_BUFFER_BYTES);
    static char some[STREAM_BUFFER_BYTES];
    char head[HEAD_BYTES];
    begin_server(&plan, 1500);
    int fd = open_client();
    ask(fd, "GET", "1.0"); /* without chunks there are bytes to count */
    receive_head(fd, head, sizeof head);
    size_t total = 0, got;
    while ((got = receive_exactly(fd, some, sizeof some)) > 0) {
        total += got;
        (void)poll(NULL, 0, 60);
    }
    assert_int_equal(total, plan.total);
    (void)close(fd);
    end_server();
    assert_int_equal(under_test.last_err, ERR_OK);
}

static void test_a_client_that_goes_away_ends_the_writer(void **state) {
    (void)state;
    struct plan plan = plan_of(ENDLESS_BODY);
    char head[HEAD_BYTES];
    begin_server(&plan, NEVER_MS);
    for (unsigned i = 1; i <= 3; i++) {
        int fd = open_client();
        ask(fd, "GET", "1.1");
        receive_head(fd, head, sizeof head);
        (void)close(fd);
        wait_for(&under_test.writers_ended, i);
        assert_int_equal(under_test.last_err, ERR_TIMEOUT);
    }
    end_server();
}

static void test_a_shutdown_lets_a_body_end(void **state) {
    (void)state;
    struct plan plan = plan_of(LONG_BODY);
    char head[HEAD_BYTES];
    size_t total;
    begin_server(&plan, NEVER_MS);
    int fd = open_client();
    ask(fd, "GET", "1.1");
    receive_head(fd, head, sizeof head);
    quiesce_server(NEVER_MS);
    assert_true(receive_body(fd, &total));
    assert_int_equal(total, plan.total);
    (void)close(fd);
    join_server();
}

static void test_a_shutdown_cuts_a_body_at_its_limit(void **state) {
    (void)state;
    struct plan plan = plan_of(ENDLESS_BODY);
    char head[HEAD_BYTES];
    begin_server(&plan, NEVER_MS);
    int fd = open_client();
    ask(fd, "GET", "1.1");
    receive_head(fd, head, sizeof head);
    quiesce_server(100);
    join_server(); /* though nobody reads */
    assert_int_equal(under_test.last_err, ERR_TIMEOUT);
    (void)close(fd);
}

static void test_many_at_once(void **state) {
    enum { N = 60 };
    (void)state;
    struct plan plan = plan_of(300000);
    int fds[N];
    char head[HEAD_BYTES];
    size_t total;
    begin_server(&plan, NEVER_MS);
    for (size_t i = 0; i < N; i++) {
        fds[i] = open_client();
        ask(fds[i], "GET", "1.1");
    }
    wait_for(&under_test.begun, N);
    for (size_t i = N; i-- > 0;) { /* the last one is read first: none waits for another */
        receive_head(fds[i], head, sizeof head);
        assert_true(receive_body(fds[i], &total));
        assert_int_equal(total, plan.total);
        (void)close(fds[i]);
    }
    end_server();
    assert_int_equal(under_test.writers, N);
}

static int start_metrics(void **state) {
    (void)state;
    metrics_start(2);
    return 0;
}

static int stop_metrics(void **state) {
    (void)state;
    metrics_stop();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_long_body_arrives_whole),
        cmocka_unit_test(test_a_short_body_is_an_answer_like_any_other),
        cmocka_unit_test(test_one_byte_more_than_the_buffer_is_streamed),
        cmocka_unit_test(test_an_old_client_reads_to_the_end_of_the_connection),
        cmocka_unit_test(test_head_does_not_run_the_writer),
        cmocka_unit_test(test_an_error_while_nothing_has_left_is_a_problem),
        cmocka_unit_test(test_an_error_later_cuts_the_connection),
        cmocka_unit_test(test_a_writer_that_waits_is_waited_for),
        cmocka_unit_test(test_a_writer_that_takes_too_long_at_first_is_a_timeout),
        cmocka_unit_test(test_a_writer_that_takes_too_long_later_is_cut),
        cmocka_unit_test(test_the_deadline_begins_anew_with_each_buffer),
        cmocka_unit_test(test_a_client_that_does_not_read_is_cut_off),
        cmocka_unit_test(test_a_client_has_its_time_for_each_buffer),
        cmocka_unit_test(test_a_client_that_goes_away_ends_the_writer),
        cmocka_unit_test(test_a_shutdown_lets_a_body_end),
        cmocka_unit_test(test_a_shutdown_cuts_a_body_at_its_limit),
        cmocka_unit_test(test_many_at_once),
    };
    return cmocka_run_group_tests(tests, start_metrics, stop_metrics);
}
