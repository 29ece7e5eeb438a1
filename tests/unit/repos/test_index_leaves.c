/* Leaves of the transfers' partitions: when they get their indexes, and that lists make use of them.
 * Owns a server for the run, a database for each test.
 * One thread, besides libuv's own. */
#include "index_fixture.h"

/* Without an index, then with all of them; what is made while the chain is served has them at once. */
static void indexes(void) {
    static const char n_indexes[] =
        "SELECT string_agg(n::text, ' ' ORDER BY relname) FROM (SELECT c.relname, count(*) AS n FROM pg_inherits h"
        " JOIN pg_class c ON c.oid = h.inhrelid JOIN pg_index i ON i.indrelid = c.oid"
        " WHERE h.inhparent = 'transfers_31337'::regclass GROUP BY 1) AS leaves";
    bool done = false;
    if (!reopen(true) || !expect(index_writer_add(&scene.task, scene.writer, &every_stream, 1) == ERR_OK)) return;
    batch_begin();
    for (uint64_t n = 0; n < 300; n += 50) {
        struct block_ref block = block_of(n, 0, 0);
        batch_add(&block, 1, token_of(1), address_of(0, 0), address_of(1, n), u256_from_u64(n));
    }
    expect(append(&every_stream, 1, 0, 299) == ERR_OK);
    expect(sql_is(n_indexes, "1 1 1"));
    int built = 0;
    for (; !done && expect(built < 20); built++) {
        if (!expect(index_writer_build_index(&scene.task, scene.writer, &done) == ERR_OK)) return;
    }
    expect(built == 13 && sql_is(n_indexes, "5 5 5"));
    struct index_stream stream = every_stream;
    struct block_ref tip = block_of(299, 0, 0);
    stream.next_block = 300;
    expect(index_writer_go_live(&scene.task, scene.writer, &stream, 1, &tip, NULL) == ERR_OK);
    expect(follow_one(300, 0, 0, NULL) == ERR_OK && sql_is(n_indexes, "5 5 5 5"));
    expect(sql_is("SELECT count(*) FROM pg_index WHERE indrelid = 'balances'::regclass", "2"));
}

/* Newest first, from one leaf to the one before, without sorting and no further than it has to. */
static void lists_walk_leaves(void) {
    bool done = false;
    if (!reopen(true) || !expect(index_writer_add(&scene.task, scene.writer, &every_stream, 1) == ERR_OK)) return;
    batch_begin();
    for (uint64_t n = 0; n < 1000; n++) {
        struct block_ref block = block_of(n, 0, 0);
        batch_add(&block, 1, token_of(n % 3), address_of(1, n % 5), address_of(1, n % 7), u256_from_u64(n));
    }
    expect(append(&every_stream, 1, 0, 999) == ERR_OK);
    while (!done && expect(index_writer_build_index(&scene.task, scene.writer, &done) == ERR_OK)) {
    }
    (void)sql("SET plan_cache_mode = force_generic_plan");
    (void)sql("SET enable_seqscan = off; SET enable_bitmapscan = off"); /* leaves of a hundred rows */
    (void)sql("PREPARE sent (bigint, bytea, int) AS SELECT * FROM transfers WHERE chain_id = $1 AND from_address = $2"
              " ORDER BY block_number DESC, log_index DESC LIMIT $3");
    (void)sql("CREATE FUNCTION plan() RETURNS text LANGUAGE plpgsql AS $$ DECLARE line text; plan text = ''; BEGIN"
              " FOR line IN EXECUTE 'EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) EXECUTE"
              " sent (31337, ''\\x0100000000000000000000000000000000000001'', 30)'"
              " LOOP plan := plan || line || E'\\n'; END LOOP; RETURN plan; END $$");
    const char *plan = sql("SELECT plan()");
    expect(strstr(plan, "Sort") == NULL && strstr(plan, "Merge") == NULL);
    expect(strstr(plan, "using transfers_31337_9_from on transfers_31337_9") != NULL);
    expect(strstr(plan, "using transfers_31337_8_from on transfers_31337_8") != NULL);
    const char *third = strstr(plan, "using transfers_31337_7_from");
    expect(third != NULL && strncmp(strchr(third, '('), "(never executed)", 16) == 0);
}

TEST(test_leaves_get_their_indexes, indexes)
TEST(test_lists_walk_leaves_without_sorting, lists_walk_leaves)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_leaves_get_their_indexes),
        cmocka_unit_test(test_lists_walk_leaves_without_sorting),
    };
    return cmocka_run_group_tests(tests, make_schema, remove_schema);
}
