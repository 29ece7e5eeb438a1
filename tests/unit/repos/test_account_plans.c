/* How PostgreSQL answers every statement on accounts, and on contracts by address, where there are many: by indexes
 * alone, reading not many more rows than the page has. The plans are generic, as those of prepared statements are. Owns
 * a PostgreSQL. One thread. */
#include "accounts.h"
#include "plans.h"

enum { USERS = 20000, MAX_READ = 4 * 51 };

/* An eighth of what there is has run out. */
static int fill(void **state) {
    if (accounts_begin(state) != 0 || accounts_reset(state) != 0) return -1;
    (void)ask("CREATE FUNCTION an_id(n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE RETURN md5(n::text)::uuid;"
              "CREATE FUNCTION an_address(n bigint) RETURNS bytea LANGUAGE sql IMMUTABLE"
              " RETURN decode(md5(n::text) || '00000000', 'hex');"
              "CREATE TABLE n AS SELECT generate_series(1, %d)::bigint AS n",
              USERS);
    (void)sql(conn,
              "INSERT INTO users SELECT an_id(n), 'user', 'N', 'u' || n || '@Example.org', 1, n, n FROM n;"
              "INSERT INTO addresses SELECT an_address(n), 0, an_id(n), n FROM n;"
              "INSERT INTO sessions SELECT an_id(n), an_id(n), an_address(n), 1, 1, n, n FROM n;"
              "INSERT INTO api_keys SELECT an_id(n), an_id(1 + n / 100), 'k', sha256('k'), 1, n, NULL, NULL FROM n;"
              "INSERT INTO spent_nonces SELECT substr(an_address(n), 1, 16), n FROM n;"
              "INSERT INTO idempotency_keys SELECT an_id(n), sha256('k'), sha256('f'), an_id(n), NULL, n FROM n;"
              "INSERT INTO contracts (chain_id, address, abi, version, proxy, implementation, events, created_at,"
              " updated_at) SELECT 1, an_address(n), '[]', 1, true, an_address(-n), true, n, n FROM n;"
              "INSERT INTO audit (at, action, user_id) SELECT n, 'sign_in', an_id(1 + n / 100) FROM n");
    (void)sql(conn, "VACUUM ANALYZE");
    (void)sql(conn, "SET plan_cache_mode = force_generic_plan");
    return 0;
}

/* A change: now, who does it. */
#define BY "1, an_id(1), NULL, 'r'"
#define NEW "gen_random_uuid()"
#define CONTRACT ", 1, an_address(2), 'N', '[]', true, an_address(3), true, 1, false, 'abi'"
#define NONCE "substr(an_address(0), 1, 16)"

static const struct asked asked[] = {
    {"audit_repo_page", "9223372036854775807, 51", false, false},
    {"audit_repo_page", "5000, 51", false, false},
    {"audit_repo_page_of_user", "9223372036854775807, 51, an_id(7)", false, false},
    {"audit_repo_page_of_user", "630, 51, an_id(7)", false, false},
    {"contract_repo_get", "1, an_address(2)", false, false},
    {"contract_repo_lock", "1, an_address(2)", false, false},
    {"contract_repo_create", BY CONTRACT, false, false},
    {"contract_repo_update", BY CONTRACT, false, false},
    {"contract_repo_delete", BY ", 1, an_address(2)", false, false},
    {"contract_repo_page", "1, '', 51", false, false},
    {"contract_repo_page", "1, an_address(7), 51", false, false},
    {"contract_repo_find", "1, ARRAY[an_address(2), an_address(3)]", false, false},
    {"contract_repo_versions", "1, ARRAY[an_address(2), an_address(3)]", false, false},
    {"contract_repo_set_implementation", "1, 1, an_address(2), an_address(3)", false, false},
    {"idempotency_begin", "an_id(2), sha256('x'), sha256('f'), an_id(2), NULL, 1", false, false},
    {"idempotency_find", "an_id(2), sha256('k')", false, false},
    {"key_repo_get", "an_id(2)", false, false},
    {"key_repo_page", "an_id(7), '00000000-0000-0000-0000-000000000000', 51", false, false},
    {"key_repo_page", "an_id(7), '80000000-0000-0000-0000-000000000000', 51", false, false},
    {"key_repo_create", BY ", " NEW ", an_id(7), 'k', sha256('k'), 1, NULL, 1000", false, false},
    {"key_repo_delete", BY ", an_id(2), NULL", false, false},
    {"key_repo_touch", "an_id(2), 1000", false, false},
    {"live_session_hold", "an_id(2)", false, false},
    {"nonces_spend", NONCE ", 1", false, false},
    {"session_repo_begin", "1, 'r', " NEW ", an_address(2), 1, 0, 1", false, false},
    {"session_repo_create_user", "1, 'r', " NEW ", an_address(0), 0, true", false, false},
    {"session_repo_make_admin", BY ", an_id(2)", false, false},
    {"session_repo_get", "an_id(2), 1", false, false},
    {"session_repo_rotate", "an_id(2), 1, 1, 1", false, false},
    {"session_repo_end_reused", BY ", an_id(2), 0", false, false},
    {"session_repo_end", BY ", an_id(2)", false, false},
    {"session_repo_sweep_nonces", "2500, 50", false, false},
    {"session_repo_sweep_sessions", "2500, 50", false, false},
    {"session_repo_sweep_idempotency", "2500, 50", false, false},
    {"user_repo_get", "an_id(2)", false, true},
    {"user_repo_page", "'00000000-0000-0000-0000-000000000000', 51", false, true},
    {"user_repo_page", "'f0000000-0000-0000-0000-000000000000', 51", false, true},
    {"user_repo_lock_to_change", "an_id(2)", false, false},
    {"user_repo_lock_to_delete", "an_id(2)", false, false},
    {"user_repo_create", BY ", " NEW ", 'N', 'new@example.org', true, 'name'", false, false},
    {"user_repo_update", BY ", an_id(2), 'N', 'new@example.org', true, 'name'", false, false},
    {"user_repo_delete", BY ", an_id(2)", false, false},
    {"user_repo_add_address", BY ", an_id(2), an_address(0), 0", false, false},
    {"user_repo_remove_address", BY ", an_id(2), an_address(2), 0", false, false},
};
enum { N_ASKED = sizeof asked / sizeof *asked };

static void test_indexes_alone_are_read_and_no_more_than_a_few_pages(void **state) {
    (void)state;
    assert_plans(conn, asked, N_ASKED, MAX_READ);
}

/* Whoever adds a statement to one of these repos says here what it is asked. */
static void test_every_statement_is_asked(void **state) {
    static const char *const repos[] = {"audit_repo", "idempotency",  "key_repo",  "live_session",
                                        "nonces",     "session_repo", "user_repo", NULL};
    (void)state;
    assert_true(assert_all_asked(repos, asked, N_ASKED) >= 25);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_statement_is_asked),
        cmocka_unit_test(test_indexes_alone_are_read_and_no_more_than_a_few_pages),
    };
    return cmocka_run_group_tests(tests, fill, accounts_end);
}
