/* Sessions against a PostgreSQL of the test's own: values, errors, transactions, copies, streams and deadlines.
 * Owns the server; each test has a reactor, each coroutine a task and a session.
 * Runs on one thread, besides libuv's own. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "cluster.h"
#include "scene.h"

enum { COPIED_ROWS = 50000, STREAMED_ROWS = 20000 };

static int make_cluster(void **state) {
    (void)state;
    return cluster_make() ? 0 : -1;
}

static int remove_cluster(void **state) {
    (void)state;
    cluster_remove();
    return 0;
}

/* Runs a coroutine with a session of its own. */
static void (*play_session)(struct actor *actor, struct pg_session *session);

static void open_and_play(struct actor *actor) {
    const struct pg_session_options options = {
        .url = cluster.url, .application_name = "dappd-test", .connect_timeout_ms = FAR_MS};
    struct pg_session *session;
    enum err err = pg_session_open(&actor->task, &session, &options);
    expect(err == ERR_OK);
    if (err == ERR_OK) play_session(actor, session);
    pg_session_close(session);
}

static void play(void (*fn)(struct actor *, struct pg_session *)) {
    play_session = fn;
    scene_play(NULL, open_and_play, 1);
}

static const struct pg_statement echo = {
    .name = "test_echo",
    .n_params = 5,
    .sql = "SELECT $1::bigint + 1, $2::text, $3::bytea, $4::numeric * -1, NULL::integer, $5::boolean, "
           "(-7)::integer, (-8)::smallint",
};

static void echo_values(struct actor *actor, struct pg_session *session) {
    struct pg_params params = {.n = 0};
    struct pg_rows rows;
    address holder = {{1, 2, 3}};
    u256 amount = u256_from_u64(123456789012345);
    size_t len;
    bool negative;
    pg_param_i64(&params, 41);
    pg_param_text(&params, "h\xc3\xa9llo");
    pg_param_address(&params, &holder);
    pg_param_u256(&params, &amount);
    pg_param_bool(&params, true);
    enum err err = pg_session_query(&actor->task, session, &rows, &echo, &params);
    expect(err == ERR_OK && rows.n == 1);
    if (scene.wrong != NULL) return;
    expect(pg_i64(&rows, 0, 0) == 42);
    const char *text = pg_text(&rows, 0, 1, &len);
    expect(len == 6 && memcmp(text, "h\xc3\xa9llo", 6) == 0);
    address back = pg_address(&rows, 0, 2);
    expect(address_equal(&back, &holder));
    u256 amount_back = pg_u256(&rows, 0, 3, &negative);
    expect(u256_cmp(&amount_back, &amount) == 0 && negative);
    expect(pg_is_null(&rows, 0, 4) && !pg_is_null(&rows, 0, 0));
    expect(pg_bool(&rows, 0, 5) && pg_i32(&rows, 0, 6) == -7 && pg_i16(&rows, 0, 7) == -8);
    expect(pg_rows_check(&actor->task, &rows) == ERR_OK);
}

static void echo_twice(struct actor *actor, struct pg_session *session) {
    echo_values(actor, session);
    echo_values(actor, session);
    expect(actor->task.db_queries == 2 && actor->task.db_us > 0);
}

static void test_values_come_back_as_they_went(void **state) {
    (void)state;
    play(echo_twice);
}

static const struct pg_statement misread_statement = {
    .name = "test_misread", .n_params = 0, .sql = "SELECT 1::integer, 1.5::numeric, NULL::bigint, 'abc'::text"};

/* Each reading on its own is refused, and none goes beyond the value. */
static void misread(struct actor *actor, struct pg_session *session) {
    struct pg_rows rows;
    expect(pg_session_query(&actor->task, session, &rows, &misread_statement, NULL) == ERR_OK);
    if (scene.wrong != NULL) return;
    expect(pg_i64(&rows, 0, 0) == 0 && rows.broken);
    rows.broken = false;
    u256 fraction = pg_u256(&rows, 0, 1, NULL);
    expect(u256_is_zero(&fraction) && rows.broken);
    rows.broken = false;
    expect(pg_i64(&rows, 0, 2) == 0 && rows.broken);
    rows.broken = false;
    (void)pg_hash32(&rows, 0, 3);
    expect(rows.broken);
    rows.broken = false;
    expect(pg_i32(&rows, 0, 9) == 0 && rows.broken); /* no such column */
    expect(pg_rows_check(&actor->task, &rows) == ERR_INTERNAL);
}

static void test_a_value_of_another_type_is_not_believed(void **state) {
    (void)state;
    play(misread);
}

static const struct pg_statement sum_arrays = {
    .name = "test_arrays",
    .n_params = 2,
    .sql = "SELECT (SELECT sum(i)::bigint FROM unnest($1::integer[]) i), "
           "(SELECT string_agg(b, ''::bytea ORDER BY b) FROM unnest($2::bytea[]) b), cardinality($2::bytea[])"};

static void send_arrays(struct actor *actor, struct pg_session *session) {
    static const int32_t numbers[] = {5, -3, 100000};
    static const uint8_t pieces[2][3] = {{0, 1, 2}, {3, 0, 255}};
    struct pg_params params = {.n = 0}, empty = {.n = 0};
    struct pg_rows rows;
    size_t len;
    expect(pg_param_i32_array(&actor->task, &params, numbers, 3));
    expect(pg_param_bytes_array(&actor->task, &params, pieces, 2, 3));
    expect(pg_session_query(&actor->task, session, &rows, &sum_arrays, &params) == ERR_OK);
    if (scene.wrong != NULL) return;
    expect(pg_i64(&rows, 0, 0) == 100002);
    const char *joined = pg_text(&rows, 0, 1, &len);
    expect(len == 6 && memcmp(joined, pieces, 6) == 0);
    expect(pg_i32(&rows, 0, 2) == 2);
    expect(pg_param_i32_array(&actor->task, &empty, NULL, 0));
    expect(pg_param_bytes_array(&actor->task, &empty, NULL, 0, 20));
    expect(pg_session_query(&actor->task, session, &rows, &sum_arrays, &empty) == ERR_OK);
    if (scene.wrong != NULL) return;
    expect(pg_is_null(&rows, 0, 0) && pg_i32(&rows, 0, 2) == 0);
}

static void test_arrays_arrive_whole(void **state) {
    (void)state;
    play(send_arrays);
}

static void break_a_transaction(struct actor *actor, struct pg_session *session) {
    struct task *task = &actor->task;
    expect(pg_session_execute(task, session, "CREATE TABLE kept (n integer PRIMARY KEY)") == ERR_OK);
    expect(pg_session_execute(task, session, "BEGIN; INSERT INTO kept VALUES (1)") == ERR_OK);
    expect(pg_session_execute(task, session, "INSERT INTO kept VALUES (1)") == ERR_INTERNAL);
    expect(strcmp(pg_session_sqlstate(session), "23505") == 0);
    expect(strstr(task->fault.detail, "kept") == NULL);
    expect(pg_session_execute(task, session, "ROLLBACK") == ERR_OK);
    expect(pg_session_execute(task, session, "INSERT INTO kept VALUES (1)") == ERR_OK);
    expect(!pg_session_is_lost(session));
}

static void test_an_error_leaves_the_session(void **state) {
    (void)state;
    play(break_a_transaction);
}

/* Text rows, of which one piece ends in the middle. */
static enum err copy_rows(struct task *task, struct pg_session *session, int first, int n) {
    static char rows[COPIED_ROWS * 8]; /* larger than a coroutine's stack */
    size_t len = 0;
    for (int i = first; i < first + n; i++) len += (size_t)snprintf(rows + len, sizeof rows - len, "%d\n", i);
    for (size_t at = 0; at < len;) {
        size_t piece = len - at < 99991 ? len - at : 99991;
        enum err err = pg_session_copy_write(task, session, rows + at, piece);
        if (err != ERR_OK) return err;
        at += piece;
    }
    return ERR_OK;
}

static void copy_twice(struct actor *actor, struct pg_session *session) {
    struct task *task = &actor->task;
    uint64_t n = 1;
    expect(pg_session_execute(task, session, "CREATE TABLE copied (n integer PRIMARY KEY)") == ERR_OK);
    for (int i = 0; i < 2; i++) {
        bool again = i == 1; /* every row is there already */
        expect(pg_session_copy_begin(task, session, "COPY copied FROM STDIN") == ERR_OK);
        expect(copy_rows(task, session, 0, COPIED_ROWS) == ERR_OK);
        expect(pg_session_copy_end(task, session, &n) == (again ? ERR_INTERNAL : ERR_OK));
        expect(n == (again ? 0 : COPIED_ROWS));
    }
    expect(strcmp(pg_session_sqlstate(session), "23505") == 0);
    expect(pg_session_copy_begin(task, session, "SELECT 1") == ERR_INTERNAL);
    expect(pg_session_execute(task, session, "DELETE FROM copied WHERE n > 9") == ERR_OK);
}

static void test_rows_are_copied_or_none(void **state) {
    (void)state;
    char n[CLUSTER_PATH_BYTES];
    play(copy_twice);
    assert_string_equal(cluster_ask(n, "SELECT count(*) FROM copied"), "10");
}

static const struct pg_statement series = {
    .name = "test_series",
    .n_params = 1,
    .sql = "SELECT n, 100 / ($1::bigint - n) FROM generate_series(1, 20000::bigint) n"};

struct stream_seen {
    size_t rows;
    size_t stop_at;
};

static enum err take_number(struct task *task, void *arg, struct pg_rows *rows) {
    struct stream_seen *seen = arg;
    expect(pg_i64(rows, 0, 0) == (int64_t)++seen->rows);
    if (seen->rows % 5000 == 0) reactor_sleep_ms(scene.reactor, 1);
    return seen->rows == seen->stop_at ? task_fail(task, ERR_OVERLOADED, "enough") : ERR_OK;
}

static enum err stream(struct actor *actor, struct pg_session *session, struct stream_seen *seen, int64_t divisor) {
    struct pg_params params = {.n = 0};
    pg_param_i64(&params, divisor);
    return pg_session_stream(&actor->task, session, &series, &params, take_number, seen);
}

static void stream_three_times(struct actor *actor, struct pg_session *session) {
    struct stream_seen all = {0}, broken = {0}, stopped = {.stop_at = 7};
    expect(stream(actor, session, &all, -1) == ERR_OK && all.rows == STREAMED_ROWS);
    size_t used = arena_used(actor->task.arena);
    expect(stream(actor, session, &broken, 10001) == ERR_INTERNAL && broken.rows == 10000);
    expect(actor->task.fault.code == ERR_INTERNAL);
    expect(strcmp(pg_session_sqlstate(session), "22012") == 0);
    expect(stream(actor, session, &stopped, -1) == ERR_OVERLOADED && stopped.rows == 7);
    expect(pg_session_is_lost(session));
    expect(arena_used(actor->task.arena) == used); /* no row stays */
}

static void test_rows_stream_until_the_end_an_error_or_enough(void **state) {
    (void)state;
    play(stream_three_times);
}

static const char still_running[] = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(1234)%' "
                                    "AND pid <> pg_backend_pid()";

static void sleep_past_the_deadline(struct actor *actor, struct pg_session *session) {
    char n[CLUSTER_PATH_BYTES] = "1";
    actor->task.deadline_ms = reactor_now_ms(scene.reactor) + 50;
    expect(pg_session_execute(&actor->task, session, "SELECT pg_sleep(1234)") == ERR_TIMEOUT);
    expect(pg_session_is_lost(session));
    expect(pg_session_execute(&actor->task, session, "SELECT 1") == ERR_INDEX_UNAVAILABLE);
    for (int i = 0; i < CLUSTER_TRIES && strcmp(n, "0") != 0; i++) {
        reactor_sleep_ms(scene.reactor, 10);
        (void)cluster_ask(n, still_running);
    }
    expect(strcmp(n, "0") == 0);
}

static void test_a_slow_query_is_cancelled_at_its_deadline(void **state) {
    (void)state;
    play(sleep_past_the_deadline);
}

static void lose_it(struct actor *actor, struct pg_session *session) {
    static const struct pg_statement end = {
        .name = "test_suicide", .n_params = 0, .sql = "SELECT pg_terminate_backend(pg_backend_pid())"};
    struct pg_rows rows;
    expect(pg_session_query(&actor->task, session, &rows, &end, NULL) == ERR_INDEX_UNAVAILABLE);
    expect(pg_session_is_lost(session) && actor->task.fault.retry_after_s == 1);
}

static void test_a_lost_connection_is_told(void **state) {
    (void)state;
    play(lose_it);
}

static void open_elsewhere(struct actor *actor) {
    struct pg_session_options options = {.url = "host=/nowhere", .application_name = "x", .connect_timeout_ms = FAR_MS};
    struct pg_session *session;
    expect(pg_session_open(&actor->task, &session, &options) == ERR_INDEX_UNAVAILABLE && session == NULL);
    char url[3 * CLUSTER_PATH_BYTES];
    (void)snprintf(url, sizeof url,
                   "host=/nowhere,no-such-name.invalid,localhost,%s port=5432,1,1,5432 dbname=postgres user=dappd",
                   cluster.folder);
    options.url = url; /* the last of the hosts answers */
    expect(pg_session_open(&actor->task, &session, &options) == ERR_OK);
    pg_session_close(session);
    actor->task.deadline_ms = reactor_now_ms(scene.reactor);
    expect(pg_session_open(&actor->task, &session, &options) == ERR_TIMEOUT && session == NULL);
}

static void test_any_of_several_hosts_will_do(void **state) {
    (void)state;
    scene_play(NULL, open_elsewhere, 1);
}

static struct pg_session *being_opened;

static void open_or_cut_short(struct actor *actor) {
    static char url[3 * CLUSTER_PATH_BYTES];
    static int server;
    if (actor->i == 1) {
        reactor_sleep_ms(scene.reactor, 1);
        expect(being_opened != NULL);
        if (being_opened != NULL) pg_session_cut_short(being_opened);
        return;
    }
    server = cluster_silent_server(url);
    expect(server >= 0);
    const struct pg_session_options options = {.url = url, .application_name = "x", .connect_timeout_ms = 2 * FAR_MS};
    uint64_t deadline_ms = actor->task.deadline_ms;
    expect(pg_session_open(&actor->task, &being_opened, &options) == ERR_TIMEOUT && being_opened == NULL);
    expect(reactor_now_ms(scene.reactor) < deadline_ms);
    (void)close(server);
}

static void test_opening_is_cut_short(void **state) {
    (void)state;
    scene_play(NULL, open_or_cut_short, 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_come_back_as_they_went),
        cmocka_unit_test(test_a_value_of_another_type_is_not_believed),
        cmocka_unit_test(test_arrays_arrive_whole),
        cmocka_unit_test(test_an_error_leaves_the_session),
        cmocka_unit_test(test_rows_are_copied_or_none),
        cmocka_unit_test(test_rows_stream_until_the_end_an_error_or_enough),
        cmocka_unit_test(test_a_slow_query_is_cancelled_at_its_deadline),
        cmocka_unit_test(test_a_lost_connection_is_told),
        cmocka_unit_test(test_any_of_several_hosts_will_do),
        cmocka_unit_test(test_opening_is_cut_short),
    };
    return cmocka_run_group_tests(tests, make_cluster, remove_cluster);
}
