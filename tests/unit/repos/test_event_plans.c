/* How PostgreSQL answers the statements on events, on tables of many rows of contracts large and small: by the index
 * that fits, reading not many more rows than it gives. The plans are generic, as those of prepared statements are.
 * Owns a PostgreSQL. One thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "cluster.h"
#include "plans.h"
#include "schema.h"

enum { LIMIT = 51, MAX_READ = 12 * LIMIT };

static PGconn *conn;

#define BYTES(text) "decode(md5(" text ") || md5('h'), 'hex')"
#define CONTRACT(n) "decode(md5('c' || " n ") || '00000000', 'hex')"
#define BUSY CONTRACT("0")
#define QUIET CONTRACT("15")

static int begin(void **state) {
    (void)state;
    if (!cluster_make()) return -1;
    conn = PQconnectdb(cluster.url);
    schema_apply(conn);
    (void)sql(conn, "SELECT setseed(0.5)");
    (void)sql(conn, "INSERT INTO chains (chain_id, scope, partition_blocks, tip_number, tip_hash, tip_timestamp)"
                    " VALUES (1, 'named', 1000, 29999, " BYTES("'b29999'") ", 1700029999)");
    (void)sql(conn, "INSERT INTO streams (chain_id, kind, token, start_block, next_block, live)"
                    " SELECT 1, 1, " CONTRACT("n") ", 0, 30000, true FROM generate_series(0, 2000) n");
    (void)sql(conn, "INSERT INTO blocks SELECT 1, n, " BYTES("'b' || n") ", NULL, 1700000000 + n, 5"
                                                                         " FROM generate_series(0, 29999) n");
    (void)sql(
        conn,
        "INSERT INTO contract_events SELECT 1, b, i, " CONTRACT("floor(16 * random() ^ 4)::integer") ", " BYTES(
            "'tx' "
            "|| b") ", " BYTES("'t' || floor(20 * random() ^ 2)::integer") ", " BYTES("'w' || floor(2000 * random() ^ "
                                                                                      "2)::integer") ", " BYTES("'i' "
                                                                                                                "|| b "
                                                                                                                "% "
                                                                                                                "5000") ", NULL, '', 'Name',"
                                                                                                                        " NULL, 1 FROM "
                                                                                                                        "generate_series(0, 29999) b, "
                                                                                                                        "generate_series(0, 4) i");
    (void)sql(conn, "ANALYZE");
    (void)sql(conn, "SET plan_cache_mode = force_generic_plan");
    return 0;
}

static int end(void **state) {
    (void)state;
    PQfinish(conn);
    cluster_remove();
    return 0;
}

#define OLDEST(contract) "1, " contract ", -1, -1, NULL, NULL, NULL, 0, 9223372036854775807, 51, "
#define NEWEST(contract) \
    "1, " contract ", 9223372036854775807, 2147483647, NULL, NULL, NULL, 0, 9223372036854775807, 51, "
#define BEHIND(contract) \
    "1, " contract ", 15000, 2, " BYTES("'b15000'") ", 29999, " BYTES("'b29999'") ", 0, 29999, 51, "
#define ANY "NULL, NULL, NULL, NULL, NULL, NULL"
#define FIRST BYTES("'t1'") ", NULL, NULL, NULL, NULL, NULL"
#define SECOND "NULL, " BYTES("'w1'") ", NULL, NULL, NULL, NULL"
#define THIRD "NULL, NULL, " BYTES("'i77'") ", NULL, NULL, NULL"
#define FOURTH "NULL, NULL, NULL, " BYTES("'x'") ", NULL, NULL"

static const struct asked asked[] = {
    {"event_repo_all", OLDEST(BUSY) ANY, false, false},
    {"event_repo_all", OLDEST(QUIET) ANY, false, false},
    {"event_repo_all", BEHIND(BUSY) ANY, false, false},
    {"event_repo_newest_all", NEWEST(BUSY) ANY, false, false},
    {"event_repo_newest_all", NEWEST(QUIET) ANY, false, false},
    {"event_repo_newest_all", BEHIND(QUIET) ANY, false, false},
    {"event_repo_topic0", OLDEST(BUSY) FIRST, false, false},
    {"event_repo_newest_topic0", BEHIND(QUIET) FIRST, false, false},
    {"event_repo_topic1", OLDEST(BUSY) SECOND, false, false},
    {"event_repo_newest_topic1", NEWEST(QUIET) SECOND, false, false},
    {"event_repo_topic2", BEHIND(BUSY) THIRD, false, false},
    {"event_repo_newest_topic2", NEWEST(BUSY) THIRD, false, false},
    {"event_repo_topic3", OLDEST(BUSY) FOURTH, false, false},
    {"event_repo_newest_topic3", NEWEST(BUSY) FOURTH, false, false},
    {"index_stale", "1, " BUSY ", 2, -1, -1, 1000, 51", false, true},
    {"index_stale", "1, " QUIET ", 2, 15000, 2, 1000, 51", false, true},
    {"index_decode", "1, 77, 2, 'Name', '{}', 2", false, false},
};
enum { N_ASKED = sizeof asked / sizeof *asked };

static void test_indexes_alone_are_read_and_no_more_than_a_page(void **state) {
    (void)state;
    assert_plans(conn, asked, N_ASKED, MAX_READ);
}

static void test_every_statement_is_asked(void **state) {
    static const char *const repos[] = {"event_repo", NULL};
    (void)state;
    assert_int_equal(assert_all_asked(repos, asked, N_ASKED), 10);
}

/* As after a first backfill, before anything was counted. */
static void test_without_statistics_it_is_the_same(void **state) {
    (void)state;
    (void)sql(conn, "DEALLOCATE ALL; DELETE FROM pg_statistic WHERE starelid = 'contract_events'::regclass");
    assert_plans(conn, asked, N_ASKED, MAX_READ);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_statement_is_asked),
        cmocka_unit_test(test_indexes_alone_are_read_and_no_more_than_a_page),
        cmocka_unit_test(test_without_statistics_it_is_the_same),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
