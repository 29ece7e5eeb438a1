/* How PostgreSQL answers every statement on transactions, where there are many: by indexes alone, reading not many more
 * rows than the page has. The plans are generic, as those of prepared statements are.
 * Owns a PostgreSQL. One thread. */
#include "accounts.h"
#include "plans.h"

enum { MANY = 20000, MAX_READ = 4 * 51 };

/* One account sends to all, one gets from all, and sends a hundredth of it to itself; each 40th is open. */
static int fill(void **state) {
    if (accounts_begin(state) != 0 || accounts_reset(state) != 0) return -1;
    (void)ask("CREATE FUNCTION an_address(n bigint) RETURNS bytea LANGUAGE sql IMMUTABLE"
              " RETURN decode(md5(n::text) || '00000000', 'hex');"
              "CREATE FUNCTION a_hash(n bigint) RETURNS bytea LANGUAGE sql IMMUTABLE RETURN sha256(n::text::bytea);"
              "INSERT INTO transactions (chain_id, hash, raw, type, sender, nonce, to_address, contract, value, state,"
              " final, created_at, updated_at) SELECT 7, a_hash(n), 'r', 2,"
              " an_address(CASE WHEN n %% 2 = 0 THEN 1 WHEN n %% 100 = 1 THEN 2 ELSE n END), n,"
              " CASE WHEN n %% 5 <> 0 THEN an_address(CASE WHEN n %% 2 = 1 THEN 2 ELSE n END) END,"
              " CASE WHEN n %% 5 = 0 THEN an_address(-n) END, 1, 'replaced', n %% 40 <> 0, n, n"
              " FROM generate_series(1, %d) n;"
              "INSERT INTO transaction_steps (chain_id, hash, at, step) SELECT 7, a_hash(n), n, 'accepted'"
              " FROM generate_series(1, %d) n",
              MANY, MANY);
    (void)sql(conn, "VACUUM ANALYZE");
    (void)sql(conn, "SET plan_cache_mode = force_generic_plan");
    return 0;
}

#define LATEST_ID "9223372036854775807"

static const struct asked asked[] = {
    {"transaction_repo_accept", "7, a_hash(0), 'r', 2, an_address(1), 1, an_address(2), NULL, 1, 1", false, false},
    {"transaction_repo_accept", "7, a_hash(9), 'r', 2, an_address(1), 1, an_address(2), NULL, 1, 1", false, false},
    {"transaction_repo_get", "7, a_hash(9)", false, false},
    {"transaction_repo_steps", "7, a_hash(9), 256", false, true},
    {"transaction_repo_page", "7, an_address(1), " LATEST_ID ", 51", false, false},
    {"transaction_repo_page", "7, an_address(1), 5000, 51", false, false},
    {"transaction_repo_page", "7, an_address(2), " LATEST_ID ", 51", false, false},
    {"transaction_repo_page", "7, an_address(-5), " LATEST_ID ", 51", false, false},
    {"transaction_repo_of_nonce", "7, an_address(1), 500, 32", false, true},
    {"transaction_repo_open", "7, 0, 51", false, false},
    {"transaction_repo_open", "7, 15000, 51", false, false},
    {"transaction_repo_move",
     "7, a_hash(9), 'replaced', NULL, 'pending', NULL, false, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false,"
     " 'reorged', NULL, NULL, 1",
     false, false},
    {"transaction_repo_lock", "7", false, false},
};
enum { N_ASKED = sizeof asked / sizeof *asked };

static void test_indexes_alone_are_read_and_no_more_than_a_few_pages(void **state) {
    (void)state;
    assert_plans(conn, asked, N_ASKED, MAX_READ);
}

/* Whoever adds a statement to the repo says here what it is asked. */
static void test_every_statement_is_asked(void **state) {
    static const char *const repos[] = {"transaction_repo", NULL};
    (void)state;
    assert_true(assert_all_asked(repos, asked, N_ASKED) >= 8);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_statement_is_asked),
        cmocka_unit_test(test_indexes_alone_are_read_and_no_more_than_a_few_pages),
    };
    return cmocka_run_group_tests(tests, fill, accounts_end);
}
