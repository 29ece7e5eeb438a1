/* The log as its readers get it: whole lines, in order, valid JSON whatever is in the values, and told losses.
 * Each test redirects stderr to a file, pipe or terminal of its own.
 * Runs on the main thread, plus writers where a test says so. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/metrics.h"

enum { CAPTURE_BYTES = 4 * 1024 * 1024, LINE_BYTES = 4096 };

static const enum log_level all_debug[LOG_MODULE_COUNT] = {LOG_DEBUG, LOG_DEBUG, LOG_DEBUG, LOG_DEBUG, LOG_DEBUG};

/* Puts fd in stderr's place; returns the old one for restore_stderr. */
static int replace_stderr(int fd) {
    int old = dup(STDERR_FILENO);
    assert_true(old >= 0);
    assert_true(dup2(fd, STDERR_FILENO) >= 0);
    return old;
}

static void restore_stderr(int old) {
    assert_true(dup2(old, STDERR_FILENO) >= 0);
    assert_int_equal(close(old), 0);
}

/* stderr goes to a file in memory between capture_begin and capture_end. */
struct capture {
    int file;
    int old;
    char *text; /* what was written, with NUL */
};

static void capture_begin(struct capture *capture) {
    capture->file = memfd_create("stderr", MFD_CLOEXEC);
    assert_true(capture->file >= 0);
    capture->old = replace_stderr(capture->file);
}

static void capture_end(struct capture *capture) {
    restore_stderr(capture->old);
    capture->text = calloc(1, CAPTURE_BYTES);
    assert_non_null(capture->text);
    assert_true(pread(capture->file, capture->text, CAPTURE_BYTES - 1, 0) >= 0);
    assert_int_equal(close(capture->file), 0);
}

static json_t *parse_line(const char *text) {
    json_error_t error;
    json_t *line = json_loadb(text, strcspn(text, "\n"), JSON_REJECT_DUPLICATES, &error);
    if (line == NULL) fail_msg("not JSON (%s): %s", error.text, text);
    return line;
}

static void assert_json_str(const json_t *line, const char *key, const char *want) {
    const char *value = json_string_value(json_object_get(line, key));
    assert_non_null(value);
    assert_string_equal(value, want);
}

static void test_parse_accepts_levels_and_modules(void **state) {
    (void)state;
    static const struct {
        const char *text;
        enum log_level app, http, access, rpc, head;
    } rows[] = {
        {"info", LOG_INFO, LOG_INFO, LOG_INFO, LOG_INFO, LOG_INFO},
        {"error", LOG_ERROR, LOG_ERROR, LOG_ERROR, LOG_ERROR, LOG_ERROR},
        {"info,rpc=debug", LOG_INFO, LOG_INFO, LOG_INFO, LOG_DEBUG, LOG_INFO},
        {"debug,access=warn,head=error", LOG_DEBUG, LOG_DEBUG, LOG_WARN, LOG_DEBUG, LOG_ERROR},
        {"http=debug", LOG_INFO, LOG_DEBUG, LOG_INFO, LOG_INFO, LOG_INFO},
        {"warn,app=debug,app=error", LOG_ERROR, LOG_WARN, LOG_WARN, LOG_WARN, LOG_WARN},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        enum log_level levels[LOG_MODULE_COUNT];
        const char *bad = NULL;
        size_t bad_len = 0;
        assert_true(log_parse(levels, &bad, &bad_len, rows[i].text));
        assert_int_equal(levels[LOG_APP], rows[i].app);
        assert_int_equal(levels[LOG_HTTP], rows[i].http);
        assert_int_equal(levels[LOG_ACCESS], rows[i].access);
        assert_int_equal(levels[LOG_RPC], rows[i].rpc);
        assert_int_equal(levels[LOG_HEAD], rows[i].head);
    }
}

static void test_parse_points_at_the_bad_part(void **state) {
    (void)state;
    static const struct {
        const char *text, *bad;
    } rows[] = {
        {"", ""},
        {"verbose", "verbose"},
        {"INFO", "INFO"},
        {"info,", ""},
        {"info,rpc", "rpc"},
        {"info,rpc=", "rpc="},
        {"info,rpc=loud", "rpc=loud"},
        {"info,sql=debug,rpc=debug", "sql=debug"},
        {"info,debug", "debug"},
        {"info, rpc=debug", " rpc=debug"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        enum log_level levels[LOG_MODULE_COUNT];
        const char *bad = NULL;
        size_t bad_len = 99;
        assert_false(log_parse(levels, &bad, &bad_len, rows[i].text));
        assert_int_equal(bad_len, strlen(rows[i].bad));
        assert_memory_equal(bad, rows[i].bad, bad_len);
    }
}

static void test_json_line_has_typed_fields(void **state) {
    (void)state;
    struct capture capture;
    capture_begin(&capture);
    log_start(all_debug, true);
    log_write(LOG_RPC, LOG_WARN, "upstream failed", LOG_STR("upstream", "rpc1"), LOG_STR("absent", NULL),
              LOG_U64("big", UINT64_MAX), LOG_I64("low", INT64_MIN), LOG_US_AS_MS("took_ms", 1234567));
    log_write(LOG_APP, LOG_INFO, "plain");
    log_stop();
    capture_end(&capture);

    const char *rest = "\"level\":\"warn\",\"module\":\"rpc\",\"msg\":\"upstream failed\",\"upstream\":\"rpc1\","
                       "\"big\":18446744073709551615,\"low\":-9223372036854775808,\"took_ms\":1234.567}\n";
    size_t time_chars = strlen("{\"time\":\"2026-01-01T00:00:00.123456Z\",");
    assert_memory_equal(capture.text + time_chars, rest, strlen(rest));
    const char *second = capture.text + time_chars + strlen(rest);
    assert_string_equal(second + time_chars, "\"level\":\"info\",\"module\":\"app\",\"msg\":\"plain\"}\n");
    json_decref(parse_line(second));
    free(capture.text);
}

static void test_json_values_are_escaped(void **state) {
    (void)state;
    struct capture capture;
    capture_begin(&capture);
    log_start(all_debug, true);
    log_write(LOG_HTTP, LOG_ERROR, "a \"quoted\" message", LOG_STR("path", "/a\"b\\c\n{\x01\x7f"),
              LOG_STR("text", "\xce\x9e \xff!"));
    log_stop();
    capture_end(&capture);
    assert_ptr_equal(strchr(capture.text, '\n'), capture.text + strlen(capture.text) - 1);
    json_t *line = parse_line(capture.text);
    assert_json_str(line, "msg", "a \"quoted\" message");
    assert_json_str(line, "path", "/a\"b\\c\n{\x01\x7f");
    assert_json_str(line, "text", "\xce\x9e \xef\xbf\xbd!");
    json_decref(line);
    free(capture.text);
}

static void test_levels_filter_by_module(void **state) {
    (void)state;
    enum log_level levels[LOG_MODULE_COUNT] = {LOG_WARN, LOG_INFO, LOG_ERROR, LOG_DEBUG, LOG_INFO};
    struct capture capture;
    capture_begin(&capture);
    log_start(levels, true);
    assert_true(log_enabled(LOG_APP, LOG_WARN));
    assert_false(log_enabled(LOG_APP, LOG_INFO));
    assert_true(log_enabled(LOG_RPC, LOG_DEBUG));
    log_write(LOG_ACCESS, LOG_WARN, "hidden");
    log_write(LOG_ACCESS, LOG_ERROR, "shown");
    log_stop();
    capture_end(&capture);
    assert_null(strstr(capture.text, "hidden"));
    assert_non_null(strstr(capture.text, "shown"));
    free(capture.text);
}

static void test_colour_only_on_a_terminal(void **state) {
    (void)state;
    struct capture capture;
    capture_begin(&capture);
    log_start(all_debug, false);
    log_write(LOG_APP, LOG_ERROR, "grey");
    log_stop();
    capture_end(&capture);
    assert_null(strchr(capture.text, '\033'));
    free(capture.text);

    int terminal = posix_openpt(O_RDWR | O_NOCTTY);
    assert_true(terminal >= 0 && grantpt(terminal) == 0 && unlockpt(terminal) == 0);
    int slave = open(ptsname(terminal), O_RDWR | O_NOCTTY);
    assert_true(slave >= 0);
    int old = replace_stderr(slave);
    log_start(all_debug, false);
    log_write(LOG_APP, LOG_ERROR, "red");
    log_stop();
    restore_stderr(old);
    char text[256] = "";
    assert_true(read(terminal, text, sizeof text - 1) > 0);
    assert_non_null(strstr(text, " \033[31mERROR\033[0m app    red"));
    close(slave);
    close(terminal);
}

static void test_an_error_before_start_is_written_at_once(void **state) {
    (void)state;
    struct capture capture;
    capture_begin(&capture);
    log_write(LOG_APP, LOG_ERROR, "early");
    capture_end(&capture);
    assert_non_null(strstr(capture.text, "\"msg\":\"early\"}\n"));
    free(capture.text);
}

static void test_a_line_comes_without_a_second_one(void **state) {
    (void)state;
    int pipe_fds[2];
    assert_int_equal(pipe(pipe_fds), 0);
    int old = replace_stderr(pipe_fds[1]);
    log_start(all_debug, true);
    for (int i = 0; i < 3; i++) {
        log_write(LOG_APP, LOG_INFO, "alone");
        struct pollfd fd = {.fd = pipe_fds[0], .events = POLLIN};
        int ready = poll(&fd, 1, 10000);
        char text[LINE_BYTES];
        ssize_t n = ready == 1 ? read(pipe_fds[0], text, sizeof text) : 0;
        assert_true(n > 0 && text[n - 1] == '\n');
    }
    log_stop();
    restore_stderr(old);
    close(pipe_fds[0]);
    close(pipe_fds[1]);
}

/* So few that all fit into the buffer: none is dropped, however late the writer comes. */
enum { THREADS = 4, LINES_PER_THREAD = 1000 };

static void *write_lines(void *arg) {
    const uint64_t *thread = arg;
    for (uint64_t i = 0; i < LINES_PER_THREAD; i++) {
        log_write(LOG_HTTP, LOG_INFO, "line", LOG_U64("thread", *thread), LOG_U64("n", i));
    }
    return NULL;
}

static void test_stop_writes_out_all_threads_lines_in_order(void **state) {
    (void)state;
    struct capture capture;
    capture_begin(&capture);
    log_start(all_debug, true);
    pthread_t threads[THREADS];
    uint64_t numbers[THREADS];
    for (uint64_t t = 0; t < THREADS; t++) {
        numbers[t] = t;
        assert_int_equal(pthread_create(&threads[t], NULL, write_lines, &numbers[t]), 0);
    }
    for (size_t t = 0; t < THREADS; t++) pthread_join(threads[t], NULL);
    log_stop();
    capture_end(&capture);

    json_int_t next[THREADS] = {0};
    for (const char *at = capture.text; *at != '\0'; at += strcspn(at, "\n") + 1) {
        json_t *line = parse_line(at);
        json_int_t thread = json_integer_value(json_object_get(line, "thread"));
        assert_true(thread >= 0 && thread < THREADS);
        assert_int_equal(json_integer_value(json_object_get(line, "n")), next[thread]++);
        json_decref(line);
    }
    for (size_t t = 0; t < THREADS; t++) assert_int_equal(next[t], LINES_PER_THREAD);
    free(capture.text);
}

/* Reads until the pipe's other end is closed; returns the text with NUL. */
static void *read_all(void *arg) {
    const int *fd = arg;
    char *text = calloc(1, CAPTURE_BYTES);
    if (text == NULL) abort();
    size_t len = 0;
    for (ssize_t n = 1; n > 0; len += (size_t)n) n = read(*fd, text + len, CAPTURE_BYTES - 1 - len);
    return text;
}

static void test_lines_beyond_the_bound_are_dropped_and_told(void **state) {
    (void)state;
    enum { WRITTEN = 20000 };
    int pipe_fds[2];
    assert_int_equal(pipe(pipe_fds), 0);
    metrics_start(1);
    int old = replace_stderr(pipe_fds[1]);
    close(pipe_fds[1]);
    log_start(all_debug, true);
    for (uint64_t i = 0; i < WRITTEN; i++) log_write(LOG_HTTP, LOG_INFO, "a line to nobody", LOG_U64("n", i));
    int64_t dropped = metrics_value(METRIC_LOG_DROPPED, 0, 0);
    pthread_t reader;
    assert_int_equal(pthread_create(&reader, NULL, read_all, &pipe_fds[0]), 0);
    log_stop();
    restore_stderr(old); /* closes the last writing end */
    void *text;
    pthread_join(reader, &text);
    close(pipe_fds[0]);
    metrics_stop();

    json_int_t came = 0, told = 0;
    for (const char *at = text; *at != '\0'; at += strcspn(at, "\n") + 1) {
        json_t *line = parse_line(at);
        const json_t *lines = json_object_get(line, "lines");
        if (lines == NULL) {
            came++;
        } else {
            told += json_integer_value(lines);
            assert_json_str(line, "level", "warn");
            assert_json_str(line, "msg", "log lines dropped: stderr is too slow");
        }
        json_decref(line);
    }
    free(text);
    assert_true(dropped > 0);
    assert_int_equal(told, dropped);
    assert_int_equal(came + told, WRITTEN);
}

/* In a process of its own, since the writer thread stays stuck for good. Returns how long log_stop took. */
static uint64_t stop_with_blocked_stderr(int pipe_end) {
    (void)replace_stderr(pipe_end);
    log_start(all_debug, true);
    for (int i = 0; i < 2000; i++) log_write(LOG_HTTP, LOG_INFO, "more than a pipe holds");
    uint64_t before_us = clock_now_us();
    log_stop();
    uint64_t took_us = clock_now_us() - before_us;
    log_write(LOG_APP, LOG_ERROR, "does not block either");
    log_stop();
    return took_us;
}

static void test_stop_gives_up_on_a_blocked_stderr(void **state) {
    (void)state;
    int pipe_fds[2], result[2];
    assert_int_equal(pipe(pipe_fds), 0);
    assert_int_equal(pipe(result), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        uint64_t took_us = stop_with_blocked_stderr(pipe_fds[1]);
        _exit(write(result[1], &took_us, sizeof took_us) == (ssize_t)sizeof took_us ? 0 : 1);
    }
    close(result[1]);
    uint64_t took_us = 0;
    assert_int_equal(read(result[0], &took_us, sizeof took_us), sizeof took_us);
    assert_in_range(took_us, 500000, 20000000);
    assert_int_equal(waitpid(child, NULL, 0), child);
    close(result[0]);
    close(pipe_fds[0]);
    close(pipe_fds[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_error_before_start_is_written_at_once),
        cmocka_unit_test(test_parse_accepts_levels_and_modules),
        cmocka_unit_test(test_parse_points_at_the_bad_part),
        cmocka_unit_test(test_json_line_has_typed_fields),
        cmocka_unit_test(test_json_values_are_escaped),
        cmocka_unit_test(test_levels_filter_by_module),
        cmocka_unit_test(test_colour_only_on_a_terminal),
        cmocka_unit_test(test_a_line_comes_without_a_second_one),
        cmocka_unit_test(test_stop_writes_out_all_threads_lines_in_order),
        cmocka_unit_test(test_lines_beyond_the_bound_are_dropped_and_told),
        cmocka_unit_test(test_stop_gives_up_on_a_blocked_stderr),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
