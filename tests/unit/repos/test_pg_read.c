/* Short reads on shared lanes, against a PostgreSQL of the test's own: in order, alone in their failures, bounded.
 * Owns the server; each test has a reactor and a pool.
 * Runs on one thread, besides libuv's own. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "cluster.h"
#include "scene.h"

static int make_cluster(void **state) {
    (void)state;
    return cluster_make() ? 0 : -1;
}

static int remove_cluster(void **state) {
    (void)state;
    cluster_remove();
    return 0;
}

static struct pg_options options_of(unsigned lanes) {
    return (struct pg_options){.url = cluster.url,
                               .lanes = lanes,
                               .sessions = 2,
                               .max_waiting = 1000,
                               .statement_timeout_ms = FAR_MS,
                               .connect_timeout_ms = FAR_MS};
}

static const struct pg_statement twice = {
    .name = "test_twice", .n_params = 1, .sql = "SELECT $1::bigint * 2, pg_backend_pid()"};
static const struct pg_statement divide = {.name = "test_divide", .n_params = 1, .sql = "SELECT 100 / $1::bigint"};
static const struct pg_statement nonsense = {
    .name = "test_nonsense", .n_params = 1, .sql = "SELECT $1::bigint FROM nowhere"};
static const struct pg_statement nap = {
    .name = "test_nap", .n_params = 2, .sql = "SELECT $1::bigint, pg_sleep($2::integer / 1000.0)"};

/* Each backend that has answered. */
static int32_t backends[16];
static size_t n_backends;

static void note_backend(int32_t pid) {
    for (size_t i = 0; i < n_backends; i++) {
        if (backends[i] == pid) return;
    }
    if (n_backends < 16) backends[n_backends++] = pid;
}

static enum err read_twice(struct task *task, int64_t value, int64_t *out) {
    struct pg_params params = {.n = 0};
    struct pg_rows rows;
    pg_param_i64(&params, value);
    enum err err = pg_read(task, &rows, &twice, &params);
    if (err != ERR_OK) return err;
    *out = pg_i64(&rows, 0, 0);
    note_backend(pg_i32(&rows, 0, 1));
    return pg_rows_check(task, &rows);
}

static enum err read_nap(struct task *task, int64_t value, int32_t ms) {
    struct pg_params params = {.n = 0};
    struct pg_rows rows;
    pg_param_i64(&params, value);
    pg_param_i32(&params, ms);
    enum err err = pg_read(task, &rows, &nap, &params);
    if (err == ERR_OK) expect(rows.n == 1 && pg_i64(&rows, 0, 0) == value);
    return err;
}

static void ask_five_times(struct actor *actor) {
    for (int64_t k = 0; k < 5; k++) {
        int64_t value = (int64_t)actor->i * 10 + k, got = -1;
        expect(read_twice(&actor->task, value, &got) == ERR_OK);
        expect(got == 2 * value);
    }
    expect(actor->task.db_queries == 5 && actor->task.db_us > 0);
}

static void test_500_at_once_share_4_connections(void **state) {
    (void)state;
    const struct pg_options options = options_of(4);
    n_backends = 0;
    scene_play(&options, ask_five_times, 500);
    assert_int_equal(n_backends, 4);
}

/* Every third read divides by zero, every fifth one's statement cannot be prepared. */
static void fail_or_not(struct actor *actor) {
    struct pg_params params = {.n = 0};
    struct pg_rows rows;
    bool broken = actor->i % 5 == 0;
    int64_t by = actor->i % 3 == 0 ? 0 : 4;
    pg_param_i64(&params, by);
    enum err err = pg_read(&actor->task, &rows, broken ? &nonsense : &divide, &params);
    if (broken || by == 0) {
        expect(err == ERR_INTERNAL && rows.n == 0);
        expect(strstr(actor->task.fault.detail, "nowhere") == NULL);
    } else {
        expect(err == ERR_OK && rows.n == 1 && pg_i64(&rows, 0, 0) == 25);
    }
}

static void test_a_read_fails_alone(void **state) {
    (void)state;
    const struct pg_options options = options_of(2);
    scene_play(&options, fail_or_not, 60);
}

/* The first one's answer comes when it has gone; the others share its lane. */
static void give_up_early(struct actor *actor) {
    int64_t got = -1;
    expect(read_twice(&actor->task, 3, &got) == ERR_OK && got == 6); /* there is a connection */
    if (actor->i == 0) {
        actor->task.deadline_ms = reactor_now_ms(scene.reactor) + 40;
        expect(read_nap(&actor->task, 7, 200) == ERR_TIMEOUT);
        expect(actor->task.fault.code == ERR_TIMEOUT);
    }
    expect(read_twice(&actor->task, (int64_t)actor->i, &got) == (actor->i == 0 ? ERR_TIMEOUT : ERR_OK));
    expect(actor->i == 0 || got == 2 * (int64_t)actor->i);
}

static void test_a_late_answer_is_nobody_elses(void **state) {
    (void)state;
    const struct pg_options options = options_of(1);
    n_backends = 0;
    scene_play(&options, give_up_early, 20);
    assert_int_equal(n_backends, 1); /* the lane is still the same */
}

/* Three reads that nobody waits for any more would keep the lane for a quarter of an hour. */
static void give_up_together(struct actor *actor) {
    int64_t got;
    expect(read_twice(&actor->task, 3, &got) == ERR_OK);
    actor->task.deadline_ms = reactor_now_ms(scene.reactor) + 40;
    expect(read_nap(&actor->task, 7, 300000) == ERR_TIMEOUT);
    actor->task.deadline_ms = reactor_now_ms(scene.reactor) + FAR_MS / 2;
    reactor_sleep_ms(scene.reactor, 10);
    expect(read_twice(&actor->task, 4, &got) == ERR_OK && got == 8);
    char naps[CLUSTER_PATH_BYTES] = "";
    for (int i = 0; i < CLUSTER_TRIES && strcmp(naps, "0") != 0; i++) {
        reactor_sleep_ms(scene.reactor, 10);
        (void)cluster_ask(naps,
                          "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%$2::integer%'"
                          " AND pid <> pg_backend_pid()");
    }
    expect(strcmp(naps, "0") == 0);
}

static void test_a_lane_of_abandoned_reads_is_given_up(void **state) {
    (void)state;
    const struct pg_options options = options_of(1);
    n_backends = 0;
    scene_play(&options, give_up_together, 3);
    assert_int_equal(n_backends, 2);
}

static void sleep_too_long(struct actor *actor) {
    int64_t got;
    expect(read_nap(&actor->task, 1, 30000) == ERR_TIMEOUT);
    expect(read_twice(&actor->task, 4, &got) == ERR_OK && got == 8);
    expect(read_nap(&actor->task, 1, 0) == ERR_OK); /* it was prepared all the same */
}

static void test_a_statement_has_its_time(void **state) {
    (void)state;
    struct pg_options options = options_of(1);
    options.statement_timeout_ms = 50;
    scene_play(&options, sleep_too_long, 1);
}

static size_t n_refused;

static void ask_when_there_is_no_room(struct actor *actor) {
    enum err err = read_nap(&actor->task, 1, 20);
    expect(err == ERR_OK || err == ERR_INDEX_UNAVAILABLE);
    if (err == ERR_OK) return;
    expect(actor->task.fault.retry_after_s == 1);
    n_refused++;
}

static void test_no_more_than_so_many_wait(void **state) {
    (void)state;
    struct pg_options options = options_of(1);
    options.max_waiting = 10;
    n_refused = 0;
    scene_play(&options, ask_when_there_is_no_room, 25);
    assert_int_equal(n_refused, 15);
}

static void ask_without_a_database(struct actor *actor) {
    int64_t got;
    expect(pg_of(&actor->task) == NULL);
    expect(read_twice(&actor->task, 1, &got) == ERR_INDEX_UNAVAILABLE);
}

static void test_without_a_database_there_is_no_index(void **state) {
    (void)state;
    scene_play(NULL, ask_without_a_database, 1);
}

static void ask_nobody(struct actor *actor) {
    int64_t got;
    uint64_t start_ms = reactor_now_ms(scene.reactor);
    for (int i = 0; i < 20; i++) {
        expect(read_twice(&actor->task, 1, &got) == ERR_INDEX_UNAVAILABLE);
        expect(actor->task.fault.retry_after_s == 1);
    }
    expect(pg_is_down(scene.pg));
    expect(reactor_now_ms(scene.reactor) - start_ms < FAR_MS / 2);
}

static void test_a_database_that_is_down_is_no_wait(void **state) {
    (void)state;
    static const char *const urls[] = {"host=/nowhere user=dappd", "host=127.0.0.1 port=1", "host=no-such-name.invalid",
                                       "no connection string", "host=/nowhere,no-such-name.invalid port=5432,5433"};
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        struct pg_options options = options_of(2);
        options.url = urls[i];
        scene_play(&options, ask_nobody, 3);
    }
}

/* The last one ends the connections of all others, whose reads are sent again. */
static void lose_the_connection(struct actor *actor) {
    static const struct pg_statement end = {
        .name = "test_end",
        .n_params = 0,
        .sql = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'dappd lane'"};
    struct pg_session *session;
    struct pg_rows rows;
    if (actor->i > 0) {
        expect(read_nap(&actor->task, (int64_t)actor->i, 100) == ERR_OK);
        return;
    }
    reactor_sleep_ms(scene.reactor, 150); /* two or three of each lane's naps have begun */
    expect(pg_lease(&actor->task, &session) == ERR_OK);
    if (scene.wrong != NULL) return;
    expect(pg_session_query(&actor->task, session, &rows, &end, NULL) == ERR_OK && pg_i64(&rows, 0, 0) == 3);
    pg_release(&actor->task, session);
}

static void test_a_lost_connection_costs_no_read(void **state) {
    (void)state;
    const struct pg_options options = options_of(3);
    scene_play(&options, lose_the_connection, 13);
}

/* The second one ends what the first one waits for: a lane. */
static void read_or_cut_short(struct actor *actor) {
    struct pg_params params = {.n = 0};
    struct pg_rows rows;
    if (actor->i == 1) {
        reactor_sleep_ms(scene.reactor, 1);
        pg_cut_short(scene.pg);
        return;
    }
    uint64_t deadline_ms = actor->task.deadline_ms;
    pg_param_i64(&params, 1);
    expect(pg_read(&actor->task, &rows, &twice, &params) == ERR_INDEX_UNAVAILABLE);
    expect(reactor_now_ms(scene.reactor) < deadline_ms);
}

static void test_a_read_that_waits_for_a_lane_is_cut_short(void **state) {
    (void)state;
    char url[3 * CLUSTER_PATH_BYTES];
    int server = cluster_silent_server(url);
    struct pg_options options = options_of(1);
    assert_true(server >= 0);
    options.url = url;
    options.connect_timeout_ms = 2 * FAR_MS;
    scene_play(&options, read_or_cut_short, 2);
    (void)close(server);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_500_at_once_share_4_connections),
        cmocka_unit_test(test_a_read_fails_alone),
        cmocka_unit_test(test_a_late_answer_is_nobody_elses),
        cmocka_unit_test(test_a_lane_of_abandoned_reads_is_given_up),
        cmocka_unit_test(test_a_statement_has_its_time),
        cmocka_unit_test(test_no_more_than_so_many_wait),
        cmocka_unit_test(test_without_a_database_there_is_no_index),
        cmocka_unit_test(test_a_database_that_is_down_is_no_wait),
        cmocka_unit_test(test_a_lost_connection_costs_no_read),
        cmocka_unit_test(test_a_read_that_waits_for_a_lane_is_cut_short),
    };
    return cmocka_run_group_tests(tests, make_cluster, remove_cluster);
}
