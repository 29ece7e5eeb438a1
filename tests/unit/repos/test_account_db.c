/* Transactions of accounts, against a PostgreSQL of the test's own: all or nothing, whatever ends them; done again
 * where they gave way; and what is told of it. Each test has a schema, a reactor and a pool.
 * Runs on one thread, besides libuv's own. */
#include "accounts.h"
#include "repos/account_db.h"

static size_t n_runs, n_ready;

static int reset(void **state) {
    n_runs = n_ready = 0;
    return accounts_reset(state);
}

static enum err run(struct task *task, struct pg_session *session, const char *text) {
    return pg_session_execute(task, session, text);
}

#define A_CHANGE "UPDATE users SET name = 'B'; INSERT INTO audit (at, action, user_id) SELECT 1, 'x', id FROM users"

/* What ends a transaction after its changes: the text, sent last. */
static enum err change_and_fail(struct task *task, struct pg_session *session, void *arg) {
    const char *text = arg;
    n_runs++;
    expect(run(task, session, A_CHANGE) == ERR_OK);
    if (text == NULL) return task_fail(task, ERR_LIMIT_REACHED, "enough");
    return run(task, session, text);
}

static void fail_in_many_ways(struct actor *actor) {
    static const struct {
        const char *text;
        enum err err;
        const char *detail;
    } rows[] = {
        {NULL, ERR_LIMIT_REACHED, "enough"},
        {"SELECT 1 / 0", ERR_INTERNAL, "the database cannot answer this"},
        {"INSERT INTO users SELECT * FROM users", ERR_INTERNAL, "the database cannot answer this"},
        {"SELECT pg_terminate_backend(pg_backend_pid())", ERR_ACCOUNTS_UNAVAILABLE,
         "the database of accounts cannot be reached"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct task *task = &actor->task;
        void *text = (void *)(uintptr_t)rows[i].text;
        enum err err = account_transaction(task, change_and_fail, text);
        expect(err == rows[i].err && task->fault.code == err && strcmp(task->fault.detail, rows[i].detail) == 0);
        expect((task->fault.retry_after_s == 1) == (err == ERR_ACCOUNTS_UNAVAILABLE));
    }
}

static void test_what_fails_leaves_neither_a_change_nor_a_row_of_the_log(void **state) {
    (void)state;
    scene_play(&accounts_pool, fail_in_many_ways, 1);
    assert_int_equal(n_runs, 4);
    assert_int_equal(count("users WHERE name = 'B'") + count("audit"), 0);
}

static void be_late(struct actor *actor) {
    actor->task.deadline_ms = reactor_now_ms(actor->task.reactor) + 100;
    void *text = (void *)(uintptr_t) "SELECT pg_sleep(1234)";
    expect(account_transaction(&actor->task, change_and_fail, text) == ERR_TIMEOUT);
    expect(strcmp(actor->task.fault.detail, "the database did not answer in time") == 0);
}

static void test_what_is_late_leaves_nothing(void **state) {
    (void)state;
    scene_play(&accounts_pool, be_late, 1);
    assert_int_equal(count("users WHERE name = 'B'") + count("audit"), 0);
}

/* Each locks one user, waits until the other has the other one, and wants that one too. */
static enum err cross(struct task *task, struct pg_session *session, void *arg) {
    const struct actor *actor = arg;
    static const char *const locks[] = {"UPDATE users SET version = version + 1 WHERE role = 'admin'",
                                        "UPDATE users SET version = version + 1 WHERE role = 'user'"};
    n_runs++;
    enum err err = run(task, session, "SET LOCAL deadlock_timeout = '20ms'");
    if (err == ERR_OK) err = run(task, session, locks[actor->i]);
    n_ready++;
    while (n_ready < 2) reactor_sleep_ms(task->reactor, 1);
    return err == ERR_OK ? run(task, session, locks[1 - actor->i]) : err;
}

static void give_way(struct actor *actor) {
    expect(account_transaction(&actor->task, cross, actor) == ERR_OK);
}

static void test_what_gave_way_is_done_once_more(void **state) {
    (void)state;
    scene_play(&accounts_pool, give_way, 2);
    assert_int_equal(n_runs, 3);
    assert_string_equal(ask("SELECT string_agg(version::text, ',') FROM users"), "3,3");
}

static enum err never_serialize(struct task *task, struct pg_session *session, void *arg) {
    (void)arg;
    n_runs++;
    return run(task, session, "DO $$ BEGIN RAISE SQLSTATE '40001'; END $$");
}

static void give_up(struct actor *actor) {
    expect(account_transaction(&actor->task, never_serialize, NULL) == ERR_ACCOUNTS_UNAVAILABLE);
}

static void test_what_gives_way_again_is_given_up(void **state) {
    (void)state;
    scene_play(&accounts_pool, give_up, 1);
    assert_int_equal(n_runs, 2);
}

static enum err check_settings(struct task *task, struct pg_session *session, void *arg) {
    static const char check[] = "DO $$ BEGIN ASSERT current_setting('transaction_isolation') = 'read committed'"
                                " AND current_setting('idle_in_transaction_session_timeout') = '10s'; END $$";
    (void)arg;
    n_runs++;
    expect(run(task, session, check) == ERR_OK);
    return run(task, session, A_CHANGE);
}

static void isolate(struct actor *actor) {
    expect(account_transaction(&actor->task, check_settings, NULL) == ERR_OK);
}

static void test_what_succeeds_is_there_once_whatever_the_operator_has_set(void **state) {
    (void)state;
    (void)sql(conn, "ALTER ROLE dappd SET default_transaction_isolation = 'serializable'");
    scene_play(&accounts_pool, isolate, 1);
    (void)sql(conn, "ALTER ROLE dappd RESET default_transaction_isolation");
    assert_int_equal(n_runs, 1);
    assert_int_equal(count("users WHERE name = 'B'"), 2);
    assert_int_equal(count("audit"), 2);
}

#define test_of(test) cmocka_unit_test_setup(test, reset)

int main(void) {
    const struct CMUnitTest tests[] = {
        test_of(test_what_fails_leaves_neither_a_change_nor_a_row_of_the_log),
        test_of(test_what_is_late_leaves_nothing),
        test_of(test_what_gave_way_is_done_once_more),
        test_of(test_what_gives_way_again_is_given_up),
        test_of(test_what_succeeds_is_there_once_whatever_the_operator_has_set),
    };
    return cmocka_run_group_tests(tests, accounts_begin, accounts_end);
}
