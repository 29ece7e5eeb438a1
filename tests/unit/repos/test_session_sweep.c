/* The sweep of what has run out, against a PostgreSQL of the test's own. Each test has a schema, a reactor and a pool.
 * Runs on one thread, besides libuv's own. */
#include "accounts.h"

enum { NOW = 1000000, PIECE = 1000, CROWD = 3 };

/* n rows of each that have run out at NOW, and one that has not by a second. */
static void put_rows(int n) {
    (void)ask("INSERT INTO spent_nonces SELECT decode(md5(g::text), 'hex'), %d - 600 - g FROM generate_series(0, %d) g",
              NOW, n);
    (void)ask("INSERT INTO sessions SELECT gen_random_uuid(), id, decode(repeat('00', 20), 'hex'), 1, 1, 1, %d - g"
              " FROM users, generate_series(0, %d) g WHERE role = 'user'",
              NOW, n);
    (void)ask("INSERT INTO idempotency_keys SELECT id, sha256(g::text::bytea), sha256('f'), id, NULL, %d - 86400 - g"
              " FROM users, generate_series(0, %d) g WHERE role = 'user'",
              NOW, n);
}

static size_t n_pieces;

static void sweep(struct actor *actor) {
    bool more;
    do {
        expect(session_repo_sweep(&actor->task, &more, NOW) == ERR_OK);
        n_pieces++;
    } while (more);
}

static void assert_swept(void) {
    assert_string_equal(ask("SELECT string_agg(expires_at::text, ',') FROM spent_nonces"), "999400");
    assert_string_equal(ask("SELECT string_agg(expires_at::text, ',') FROM sessions"), "1000000");
    assert_string_equal(ask("SELECT string_agg(created_at::text, ',') FROM idempotency_keys"), "913600");
    assert_int_equal(count("audit"), 0); /* nobody has done anything */
}

static void test_what_has_run_out_goes_in_pieces(void **state) {
    (void)state;
    n_pieces = 0;
    put_rows(2 * PIECE + 1);
    scene_play(&accounts_pool, sweep, 1);
    assert_int_equal(n_pieces, 3);
    assert_swept();
}

static void test_several_may_sweep_at_once(void **state) {
    (void)state;
    put_rows(2 * PIECE + 1);
    scene_play(&accounts_pool, sweep, CROWD);
    scene_play(&accounts_pool, sweep, 1);
    assert_swept();
}

static void test_what_others_hold_is_passed_over(void **state) {
    (void)state;
    n_pieces = 0;
    put_rows(5);
    (void)sql(conn, "BEGIN; SELECT 1 FROM sessions WHERE expires_at = 999999 FOR UPDATE");
    scene_play(&accounts_pool, sweep, 1);
    assert_int_equal(count("sessions"), 2);
    (void)sql(conn, "ROLLBACK");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        accounts_test(test_what_has_run_out_goes_in_pieces),
        accounts_test(test_several_may_sweep_at_once),
        accounts_test(test_what_others_hold_is_passed_over),
    };
    return cmocka_run_group_tests(tests, accounts_begin, accounts_end);
}
