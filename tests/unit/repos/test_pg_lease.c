/* Leased sessions, against a PostgreSQL of the test's own: bounded, handed on in order, tidy when they come back.
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

static struct pg_options options_of(unsigned sessions) {
    return (struct pg_options){.url = cluster.url,
                               .lanes = 1,
                               .sessions = sessions,
                               .max_waiting = 30,
                               .statement_timeout_ms = FAR_MS,
                               .connect_timeout_ms = FAR_MS};
}

static const struct pg_statement pid = {.name = "test_pid", .n_params = 0, .sql = "SELECT pg_backend_pid()"};

static int32_t pid_of(struct task *task, struct pg_session *session) {
    struct pg_rows rows;
    return pg_session_query(task, session, &rows, &pid, NULL) == ERR_OK ? pg_i32(&rows, 0, 0) : 0;
}

static size_t leased, most_leased, next_waiting;

static void use_one(struct actor *actor) {
    struct pg_session *session;
    expect(pg_lease(&actor->task, &session) == ERR_OK);
    if (session == NULL) return;
    expect(actor->i < 3 || actor->i == next_waiting++); /* first come, first served */
    if (++leased > most_leased) most_leased = leased;
    expect(pg_session_execute(&actor->task, session, "SELECT pg_sleep(0.005)") == ERR_OK);
    leased--;
    pg_release(&actor->task, session);
}

static void test_no_more_than_so_many_are_leased(void **state) {
    (void)state;
    const struct pg_options options = options_of(3);
    leased = most_leased = 0;
    next_waiting = 3;
    scene_play(&options, use_one, 30);
    assert_int_equal(most_leased, 3);
    assert_int_equal(next_waiting, 30);
}

static size_t for_long, most_for_long, n_short;

/* None for long ends before all others have had a session, and these begin when there are two for long. */
static void use_one_for_long(struct actor *actor) {
    struct pg_session *session;
    expect(pg_lease_for_long(&actor->task, &session) == ERR_OK);
    if (session == NULL) return;
    if (++for_long > most_for_long) most_for_long = for_long;
    while (n_short < 10) reactor_sleep_ms(scene.reactor, 1);
    for_long--;
    pg_release(&actor->task, session);
}

static void use_one_briefly(struct actor *actor) {
    struct pg_session *session;
    while (for_long < 2) reactor_sleep_ms(scene.reactor, 1);
    expect(pg_lease(&actor->task, &session) == ERR_OK);
    pg_release(&actor->task, session);
    n_short++;
}

static void use_one_of_either(struct actor *actor) {
    (actor->i < 10 ? use_one_for_long : use_one_briefly)(actor);
}

static void test_those_for_long_leave_one_to_others(void **state) {
    (void)state;
    const struct pg_options options = options_of(3);
    for_long = most_for_long = n_short = 0;
    scene_play(&options, use_one_of_either, 20);
    assert_int_equal(most_for_long, 2);
}

static void test_the_only_one_may_be_leased_for_long(void **state) {
    (void)state;
    const struct pg_options options = options_of(1);
    for_long = most_for_long = 0;
    n_short = 10;
    scene_play(&options, use_one_for_long, 5);
    assert_int_equal(most_for_long, 1);
}

static size_t n_refused, n_late;

/* The first one keeps the only session until all others have given up. */
static void want_the_only_one(struct actor *actor) {
    struct pg_session *session;
    if (actor->i > 0) actor->task.deadline_ms = reactor_now_ms(scene.reactor) + 30;
    enum err err = pg_lease(&actor->task, &session);
    expect(err == ERR_OK ? actor->i == 0 : session == NULL);
    if (err == ERR_INDEX_UNAVAILABLE) n_refused += actor->task.fault.retry_after_s == 1 ? 1 : 0;
    if (err == ERR_TIMEOUT) n_late++;
    if (err != ERR_OK) return;
    reactor_sleep_ms(scene.reactor, 60);
    pg_release(&actor->task, session);
    expect(pg_lease(&actor->task, &session) == ERR_OK);
    pg_release(&actor->task, session);
}

static void test_waiting_is_bounded_in_number_and_time(void **state) {
    (void)state;
    const struct pg_options options = options_of(1);
    n_refused = n_late = 0;
    scene_play(&options, want_the_only_one, 1 + 30 + 12);
    assert_int_equal(n_late, 30);
    assert_int_equal(n_refused, 12);
}

static void leave_a_mess(struct actor *actor) {
    struct task *task = &actor->task;
    struct pg_session *session;
    expect(pg_lease(task, &session) == ERR_OK);
    int32_t first = pid_of(task, session);
    expect(pg_session_execute(task, session, "CREATE TABLE mess (n integer)") == ERR_OK);
    expect(pg_session_execute(task, session, "BEGIN; INSERT INTO mess VALUES (1)") == ERR_OK);
    pg_release(task, session);

    expect(pg_lease(task, &session) == ERR_OK);
    expect(pid_of(task, session) == first); /* rolled back, and used again */
    expect(pg_session_execute(task, session, "BEGIN; SELECT 1 / 0") == ERR_INTERNAL);
    pg_release(task, session);

    expect(pg_lease(task, &session) == ERR_OK);
    expect(pid_of(task, session) == first);
    expect(pg_session_copy_begin(task, session, "COPY mess FROM STDIN") == ERR_OK);
    pg_release(task, session); /* in the middle of a copy: closed */

    expect(pg_lease(task, &session) == ERR_OK);
    expect(pid_of(task, session) != first);
    pg_release(task, session);
}

static void test_what_comes_back_is_tidied_or_closed(void **state) {
    (void)state;
    char n[CLUSTER_PATH_BYTES];
    const struct pg_options options = options_of(1);
    scene_play(&options, leave_a_mess, 1);
    assert_string_equal(cluster_ask(n, "SELECT count(*) FROM mess"), "0");
}

/* One whose query passes its deadline gives its place to the next. */
static void be_too_slow(struct actor *actor) {
    struct pg_session *session;
    expect(pg_lease(&actor->task, &session) == ERR_OK);
    if (actor->i == 0) {
        actor->task.deadline_ms = reactor_now_ms(scene.reactor) + 40;
        expect(pg_session_execute(&actor->task, session, "SELECT pg_sleep(1234)") == ERR_TIMEOUT);
    } else {
        expect(pg_session_execute(&actor->task, session, "SELECT 1") == ERR_OK);
    }
    pg_release(&actor->task, session);
}

static void test_a_lost_session_makes_room(void **state) {
    (void)state;
    const struct pg_options options = options_of(1);
    scene_play(&options, be_too_slow, 5);
}

/* The server ends an idle session: the next lease does not get it. */
static void find_it_dead(struct actor *actor) {
    struct task *task = &actor->task;
    struct pg_session *session, *other;
    expect(pg_lease(task, &session) == ERR_OK);
    expect(pg_lease(task, &other) == ERR_OK);
    int32_t first = pid_of(task, session);
    pg_release(task, session);
    char sql[128];
    (void)snprintf(sql, sizeof sql, "SELECT pg_terminate_backend(%d, 60000)", (int)first);
    expect(pg_session_execute(task, other, sql) == ERR_OK);
    expect(pg_lease(task, &session) == ERR_OK);
    int32_t second = pid_of(task, session);
    expect(second != 0 && second != first);
    pg_release(task, session);
    pg_release(task, other);
}

static void test_a_dead_session_is_not_leased(void **state) {
    (void)state;
    const struct pg_options options = options_of(2);
    scene_play(&options, find_it_dead, 1);
}

static void ask_nobody(struct actor *actor) {
    struct pg_session *session;
    for (int i = 0; i < 10; i++) {
        expect(pg_lease(&actor->task, &session) == ERR_INDEX_UNAVAILABLE && session == NULL);
        expect(actor->task.fault.retry_after_s == 1);
    }
    expect(pg_is_down(scene.pg));
}

static void test_without_a_server_nobody_waits(void **state) {
    (void)state;
    struct pg_options options = options_of(2);
    options.url = "host=/nowhere";
    scene_play(&options, ask_nobody, 8);
}

static size_t n_waiting, n_cut_short;

/* The first one is at its query, the second one waits for the session, the third cuts both short. */
static void lease_or_cut_short(struct actor *actor) {
    struct pg_session *session;
    if (actor->i == 2) {
        while (n_waiting < 2) reactor_sleep_ms(scene.reactor, 1);
        pg_cut_short(scene.pg);
        return;
    }
    if (actor->i == 1) {
        n_waiting++;
        expect(pg_lease(&actor->task, &session) == ERR_TIMEOUT);
    } else {
        expect(pg_lease(&actor->task, &session) == ERR_OK);
        n_waiting++;
        expect(pg_session_execute(&actor->task, session, "SELECT pg_sleep(1234)") == ERR_TIMEOUT);
        pg_release(&actor->task, session);
    }
    expect(reactor_now_ms(scene.reactor) < actor->task.deadline_ms);
    n_cut_short++;
}

static void test_a_session_is_cut_short(void **state) {
    (void)state;
    const struct pg_options options = options_of(1);
    n_waiting = n_cut_short = 0;
    scene_play(&options, lease_or_cut_short, 3);
    assert_int_equal(n_cut_short, 2);
}

static void connect_or_cut_short(struct actor *actor) {
    struct pg_session *session;
    if (actor->i == 1) {
        reactor_sleep_ms(scene.reactor, 1);
        pg_cut_short(scene.pg);
        return;
    }
    expect(pg_lease(&actor->task, &session) == ERR_TIMEOUT && session == NULL);
    expect(reactor_now_ms(scene.reactor) < actor->task.deadline_ms);
}

static void test_an_attempt_to_connect_a_session_is_cut_short(void **state) {
    (void)state;
    char url[3 * CLUSTER_PATH_BYTES];
    int server = cluster_silent_server(url);
    struct pg_options options = options_of(1);
    assert_true(server >= 0);
    options.url = url;
    options.connect_timeout_ms = 2 * FAR_MS;
    scene_play(&options, connect_or_cut_short, 2);
    (void)close(server);
}

/* One that was given from hand to hand is among those that are leased still. */
static void hand_on_or_cut_short(struct actor *actor) {
    struct pg_session *session;
    if (actor->i == 2) {
        while (n_waiting < 2) reactor_sleep_ms(scene.reactor, 1);
        pg_cut_short(scene.pg);
        return;
    }
    expect(pg_lease(&actor->task, &session) == ERR_OK);
    if (session == NULL) return;
    n_waiting++;
    if (actor->i == 0) {
        reactor_sleep_ms(scene.reactor, 10);
    } else {
        expect(pg_session_execute(&actor->task, session, "SELECT pg_sleep(1234)") == ERR_TIMEOUT);
        expect(reactor_now_ms(scene.reactor) < actor->task.deadline_ms);
        n_cut_short++;
    }
    pg_release(&actor->task, session);
}

static void test_a_session_that_was_handed_on_is_cut_short(void **state) {
    (void)state;
    const struct pg_options options = options_of(1);
    n_waiting = n_cut_short = 0;
    scene_play(&options, hand_on_or_cut_short, 3);
    assert_int_equal(n_cut_short, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_more_than_so_many_are_leased),
        cmocka_unit_test(test_those_for_long_leave_one_to_others),
        cmocka_unit_test(test_the_only_one_may_be_leased_for_long),
        cmocka_unit_test(test_waiting_is_bounded_in_number_and_time),
        cmocka_unit_test(test_what_comes_back_is_tidied_or_closed),
        cmocka_unit_test(test_a_lost_session_makes_room),
        cmocka_unit_test(test_a_dead_session_is_not_leased),
        cmocka_unit_test(test_without_a_server_nobody_waits),
        cmocka_unit_test(test_a_session_is_cut_short),
        cmocka_unit_test(test_an_attempt_to_connect_a_session_is_cut_short),
        cmocka_unit_test(test_a_session_that_was_handed_on_is_cut_short),
    };
    return cmocka_run_group_tests(tests, make_cluster, remove_cluster);
}
