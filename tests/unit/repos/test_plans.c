/* How PostgreSQL answers every statement that the routes use, on tables of many rows: by indexes alone, reading not
 * many more rows than the page has, and as many for the last page as for the first. The plans are generic, as those of
 * prepared statements are. Ten million rows with DAPPD_SOAK=1, else enough for the planner to choose the same.
 * Owns a PostgreSQL. One thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "cluster.h"
#include "plans.h"
#include "repos/partition_sql.h"
#include "schema.h"

enum {
    LEAVES = 12,          /* of the chain that is asked for; another chain has as many */
    LIMIT = 51,           /* a page and the row that says whether there is more */
    MAX_READ = 12 * LIMIT /* rows that the plan's scans may touch for it */
};

static PGconn *conn;
static unsigned n_blocks;

__attribute__((format(printf, 1, 2))) static void runf(const char *format, ...) {
    char text[4096];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    assert_true(len > 0 && (size_t)len < sizeof text);
    (void)sql(conn, text);
}

/* Addresses and tokens are as uneven as they are in life: the first ones have very many rows. */
#define SOME_ADDRESS "decode(md5('a' || floor(50000 * random() ^ 4)::integer) || '00000000', 'hex')"
#define BUSY_ADDRESS "decode(md5('a0') || '00000000', 'hex')"
#define TOKEN_ADDRESS(n) "decode(md5('t' || " n ") || '00000000', 'hex')"
#define BLOCK_HASH(n) "decode(md5('b' || " n ") || md5('h'), 'hex')"
enum { CHAIN = 1, OTHER_CHAIN = 10, TOKENS = 5000, LOGS_IN_A_BLOCK = 5 };

static void fill_leaf(unsigned leaf, unsigned leaf_blocks) {
    char ddl[PARTITION_DDL_BYTES], name[PARTITION_NAME_BYTES];
    (void)sql(conn, partition_leaf_ddl(ddl, CHAIN, leaf, leaf_blocks));
    runf("INSERT INTO transfers SELECT %d, b, i, 1 + floor(%d * random() ^ 3)::integer, 0, b, " SOME_ADDRESS
         ", " SOME_ADDRESS ", decode(md5(b || 'x' || i) || md5('tx'), 'hex')"
         " FROM generate_series(%u, %u) b, generate_series(0, %d) i",
         CHAIN, TOKENS, leaf * leaf_blocks, (leaf + 1) * leaf_blocks - 1, LOGS_IN_A_BLOCK - 1);
    partition_leaf_name(name, CHAIN, leaf);
    for (size_t i = 0; i < PARTITION_INDEXES; i++)
        (void)sql(conn, partition_index_ddl(ddl, name, &partition_indexes[i]));
    (void)sql(conn, partition_leaf_ddl(ddl, OTHER_CHAIN, leaf, leaf_blocks));
}

static void fill(void) {
    const char *soak = getenv("DAPPD_SOAK");
    unsigned n_rows = soak != NULL && *soak != '\0' ? 10 * 1000 * 1000 : 180 * 1000;
    unsigned leaf_blocks = n_rows / LOGS_IN_A_BLOCK / LEAVES;
    char ddl[PARTITION_DDL_BYTES];
    n_blocks = leaf_blocks * LEAVES;
    (void)sql(conn, "SELECT setseed(0.5)");
    runf("INSERT INTO chains (chain_id, scope, partition_blocks, tip_number, tip_hash, tip_timestamp)"
         " SELECT c, 'every', %u, %u, " BLOCK_HASH("%u") ", 1700000000 + %u FROM unnest('{%d,%d}'::bigint[]) c",
         leaf_blocks, n_blocks - 1, n_blocks - 1, n_blocks - 1, CHAIN, OTHER_CHAIN);
    runf("INSERT INTO tokens (chain_id, address, live, name, symbol, decimals)"
         " SELECT %d, " TOKEN_ADDRESS("n") ", n %% 500 <> 499, 'Token', 'TOK', 18 FROM generate_series(1, %d) n",
         CHAIN, TOKENS);
    runf("INSERT INTO blocks SELECT %d, n, " BLOCK_HASH("n") ", NULL, 1700000000 + n, %d"
                                                             " FROM generate_series(0, %u) n",
         CHAIN, LOGS_IN_A_BLOCK, n_blocks - 1);
    (void)sql(conn, partition_chain_ddl(ddl, CHAIN));
    (void)sql(conn, partition_chain_ddl(ddl, OTHER_CHAIN));
    for (unsigned leaf = 0; leaf < LEAVES; leaf++) fill_leaf(leaf, leaf_blocks);
    (void)sql(conn, "INSERT INTO balances SELECT token_id, to_address, sum(amount) + 1 FROM transfers GROUP BY 1, 2");
    (void)sql(conn, BALANCES_INDEX_DDL);
    (void)sql(conn, "VACUUM ANALYZE");
    (void)sql(conn, "SET plan_cache_mode = force_generic_plan");
}

/* EXECUTE takes no subqueries as arguments, but functions. */
static void make_arguments(void) {
    runf("CREATE FUNCTION tip() RETURNS bigint RETURN (SELECT tip_number FROM chains WHERE chain_id = %d);"
         "CREATE FUNCTION tip_hash() RETURNS bytea RETURN (SELECT tip_hash FROM chains WHERE chain_id = %d);"
         "CREATE FUNCTION late_block() RETURNS bigint RETURN tip() / 20;"
         "CREATE FUNCTION late_hash() RETURNS bytea RETURN (SELECT hash FROM blocks WHERE number = late_block());"
         "CREATE FUNCTION late_amount() RETURNS numeric RETURN (SELECT percentile_disc(0.05)"
         " WITHIN GROUP (ORDER BY amount) FROM balances WHERE token_id = 1)",
         CHAIN, CHAIN);
}

static int begin(void **state) {
    (void)state;
    if (!cluster_make()) return -1;
    conn = PQconnectdb(cluster.url);
    schema_apply(conn);
    fill();
    make_arguments();
    return 0;
}

static int end(void **state) {
    (void)state;
    PQfinish(conn);
    cluster_remove();
    return 0;
}

/* --- what the statements are asked --- */

/* Pages of transfers: the first one, and one far behind it. */
#define FIRST_PAGE "1, 9223372036854775807, 2147483647, NULL, NULL, NULL, 0, 9223372036854775807, NULL, NULL, 51"
#define LATE_PAGE "1, late_block(), 3, late_hash(), tip(), tip_hash(), 0, 9223372036854775807, NULL, NULL, 51"
#define IN_A_MINUTE \
    "1, 9223372036854775807, 2147483647, NULL, NULL, NULL, 0, 9223372036854775807, 1700001000, 1700001060, 51"
#define TOKEN TOKEN_ADDRESS("1")
#define RARE_TOKEN TOKEN_ADDRESS("4000")

static const struct asked asked[] = {
    {"transfer_repo_all", FIRST_PAGE, false, false},
    {"transfer_repo_all", LATE_PAGE, false, false},
    {"transfer_repo_all", IN_A_MINUTE, false, false},
    {"transfer_repo_from", FIRST_PAGE ", " BUSY_ADDRESS, false, false},
    {"transfer_repo_from", LATE_PAGE ", " BUSY_ADDRESS, false, false},
    {"transfer_repo_from", IN_A_MINUTE ", " BUSY_ADDRESS, false, false},
    {"transfer_repo_to", FIRST_PAGE ", " BUSY_ADDRESS, false, false},
    {"transfer_repo_to", LATE_PAGE ", " BUSY_ADDRESS, false, false},
    {"transfer_repo_either", FIRST_PAGE ", " BUSY_ADDRESS, false, false},
    {"transfer_repo_either", LATE_PAGE ", " BUSY_ADDRESS, false, false},
    {"transfer_repo_between", FIRST_PAGE ", " BUSY_ADDRESS ", " BUSY_ADDRESS, true, false},
    {"transfer_repo_token_all", FIRST_PAGE ", " TOKEN, false, false},
    {"transfer_repo_token_all", LATE_PAGE ", " TOKEN, false, false},
    {"transfer_repo_token_all", FIRST_PAGE ", " RARE_TOKEN, false, false},
    {"transfer_repo_token_from", FIRST_PAGE ", " BUSY_ADDRESS ", " TOKEN, true, false},
    {"transfer_repo_token_to", FIRST_PAGE ", " BUSY_ADDRESS ", " TOKEN, true, false},
    {"transfer_repo_token_between", FIRST_PAGE ", " BUSY_ADDRESS ", " BUSY_ADDRESS ", " TOKEN, true, false},
    {"transfer_repo_token_either", FIRST_PAGE ", " BUSY_ADDRESS ", " TOKEN, true, false},
    {"transfer_repo_of_tx", "1, decode(md5('77x1') || md5('tx'), 'hex')", false, false},
    {"balance_repo_get", "1, " TOKEN ", " BUSY_ADDRESS, false, false},
    {"balance_repo_portfolio", "1, " BUSY_ADDRESS ", NULL, 51", false, true},
    {"balance_repo_portfolio", "1, " BUSY_ADDRESS ", " TOKEN_ADDRESS("900") ", 51", false, true},
    {"balance_repo_holders", "1, " TOKEN ", NULL, NULL, 51", false, true},
    {"balance_repo_holders", "1, " TOKEN ", late_amount(), '\\x80', 51", false, true},
    {"token_repo_tip", "1", false, false},
    {"token_repo_page", "1, '', 51", false, true},
    {"token_repo_page", "1, '\\xf0', 51", false, true},
    {"token_repo_get", "1, " TOKEN, false, false},
    {"token_repo_find", "1, ARRAY[" TOKEN ", " RARE_TOKEN "]", false, false},
};
enum { N_ASKED = sizeof asked / sizeof *asked };

static void test_indexes_alone_are_read_and_no_more_than_a_page(void **state) {
    (void)state;
    assert_plans(conn, asked, N_ASKED, MAX_READ);
}

/* Whoever adds a statement to one of these repos says here what it is asked. */
static void test_every_statement_is_asked(void **state) {
    static const char *const repos[] = {"transfer_repo", "balance_repo", "token_repo", NULL};
    (void)state;
    assert_true(assert_all_asked(repos, asked, N_ASKED) >= 15);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_statement_is_asked),
        cmocka_unit_test(test_indexes_alone_are_read_and_no_more_than_a_page),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
