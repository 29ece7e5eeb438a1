/* Histories from a seed: appended, followed, rolled back, cut off in the middle. The balances are checked against the
 * transfers by SQL of the test's own, and a rollback against what there was when the chain stood there before.
 * Owns a server for the run, a database for each test, and a thread that cuts a call off. */
#include <pthread.h>

#include "eth/hex.h"
#include "index_fixture.h"

enum { SEED = 4, BACKFILL_TO = 149, STEPS = 60, HEIGHT_MAX = 1024, DEPTH_MAX = 30, LATE_TOKEN = 20 };

/* What the index was like when its tip was this block. */
static struct {
    char print[PRINT_BYTES];
    uint8_t fork;
} past[HEIGHT_MAX];
static uint8_t next_fork;

static void remember(uint64_t tip) {
    take_print(past[tip].print);
}

static void add_backfill(uint64_t from, uint64_t to, uint64_t tokens, uint64_t first_token) {
    batch_begin();
    for (uint64_t n = from; n <= to; n++) {
        struct block_ref block = block_of(n, past[n].fork, past[n > 0 ? n - 1 : 0].fork);
        batch_add_random(&block, tokens, first_token);
    }
}

/* In pieces of several sizes, up to the backfill's end, and live there. */
static bool backfill(void) {
    struct index_stream stream = every_stream;
    if (!expect(index_writer_add(&scene.task, scene.writer, &stream, 1) == ERR_OK)) return false;
    while (stream.next_block <= BACKFILL_TO) {
        uint64_t from = stream.next_block, to = from + random_below(40);
        if (to > BACKFILL_TO) to = BACKFILL_TO;
        add_backfill(from, to, 5, 1);
        if (!expect(append(&stream, 1, from, to) == ERR_OK)) return false;
        stream.next_block = to + 1;
    }
    struct block_ref tip = block_of(BACKFILL_TO, 0, 0);
    tip.finalized = true;
    return expect(index_writer_go_live(&scene.task, scene.writer, &stream, 1, &tip, NULL) == ERR_OK) &&
           expect(balances_are_right());
}

static void add_blocks(uint64_t tip, uint64_t n) {
    batch_begin();
    for (uint64_t i = tip + 1; i <= tip + n; i++) {
        past[i].fork = next_fork;
        struct block_ref block = block_of(i, past[i].fork, past[i - 1].fork);
        made.blocks[made.batch.n_blocks++] = block;
        batch_add_random(&block, 8, 1); /* some tokens are seen here for the first time */
    }
}

static bool follow(uint64_t *tip) {
    uint64_t n = 1 + random_below(8);
    if (*tip + n >= HEIGHT_MAX) return true;
    add_blocks(*tip, n);
    if (!expect(index_writer_follow(&scene.task, scene.writer, &made.batch, NULL) == ERR_OK)) return false;
    for (uint64_t i = 1; i < n; i++) past[*tip + i].print[0] = '\0'; /* never seen as a tip */
    *tip += n;
    remember(*tip);
    return expect(balances_are_right());
}

static bool rollback(uint64_t *tip) {
    uint64_t depth = 1 + random_below(DEPTH_MAX);
    if (*tip < BACKFILL_TO + depth) return true;
    uint64_t to = *tip - depth;
    struct block_ref ancestor = block_of(to, past[to].fork, past[to - 1].fork);
    if (!expect(index_writer_rollback(&scene.task, scene.writer, &ancestor) == ERR_OK)) return false;
    *tip = to;
    next_fork++;
    if (past[to].print[0] != '\0') expect(is_as_in(past[to].print));
    remember(to);
    return expect(balances_are_right());
}

static void begin_history(void) {
    memset(past, 0, sizeof past);
    seed = SEED;
    next_fork = 0;
}

static void history(void) {
    uint64_t tip = BACKFILL_TO;
    begin_history();
    if (!reopen(true) || !backfill()) return;
    remember(tip);
    for (int i = 0; i < STEPS; i++) {
        bool went = random_below(3) > 0 ? follow(&tip) : rollback(&tip);
        if (!went) return;
        if (random_below(10) == 0 && (!reopen(true) || !expect(is_as_in(past[tip].print)))) return;
    }
    expect(sql_is("SELECT count(*) FROM balances WHERE amount = 0", "0"));
    expect(!sql_is_zero("SELECT count(*) FROM balances WHERE amount >= 2::numeric ^ 256"));
    expect(!sql_is_zero("SELECT count(*) FROM balances WHERE amount < 0"));
}

/* Nobody may see a sum below zero believed, not even until the next check: marked when it comes about, by a follow, a
 * rollback or in a history that is derived. */
static void impossible_sums(void) {
    static const char marks[] = "SELECT concat_ws(' ', drift, checked_block) FROM tokens";
    if (!begin_at_ten()) return;
    expect(sql_is(marks, ""));
    for (uint64_t n = 10; n < 12; n++) { /* 25 are there; 20 leave, twice */
        struct block_ref block = block_of(n, 0, 0);
        batch_begin();
        made.blocks[made.batch.n_blocks++] = block;
        batch_add(&block, 0, token_of(1), address_of(1, 1), address_of(1, 2), u256_from_u64(20));
        expect(index_writer_follow(&scene.task, scene.writer, &made.batch, NULL) == ERR_OK);
        expect(sql_is(marks, n == 10 ? "" : "negative_balance"));
    }
    const address left = address_of(1, 1);
    char holder[2 * sizeof left + 3];
    expect(
        sql_is("SELECT '0x' || encode(drift_holder, 'hex') FROM tokens", hex_encode(holder, left.bytes, sizeof left)));
    struct index_stream stream = every_stream;
    struct block_ref tip = block_of(11, 0, 0);
    (void)sql("UPDATE tokens SET drift = NULL");
    expect(index_writer_retire(&scene.task, scene.writer, &stream, 1) == ERR_OK);
    expect(index_writer_add(&scene.task, scene.writer, &stream, 1) == ERR_OK);
    stream.next_block = 12;
    expect(index_writer_go_live(&scene.task, scene.writer, &stream, 1, &tip, NULL) == ERR_OK);
    expect(sql_is(marks, "negative_balance"));
}

/* A stream that is behind, or ahead of the tip, while others are live. */
static void lagging_stream(void) {
    struct index_stream streams[2] = {{.token = token_of(1)}, {.token = token_of(LATE_TOKEN)}};
    begin_history();
    if (!reopen(false) || !expect(index_writer_add(&scene.task, scene.writer, streams, 2) == ERR_OK)) return;
    add_backfill(0, 99, 1, 1);
    expect(append(streams, 1, 0, 99) == ERR_OK);
    streams[0].next_block = 100;
    struct block_ref tip = block_of(99, 0, 0);
    expect(index_writer_go_live(&scene.task, scene.writer, streams, 1, &tip, NULL) == ERR_OK);
    add_backfill(0, 109, 1, LATE_TOKEN);
    expect(append(streams + 1, 1, 0, 109) == ERR_OK);
    batch_begin();
    for (uint64_t n = 100; n < 105; n++) {
        struct block_ref block = made.blocks[made.batch.n_blocks++] = block_of(n, 0, 0);
        batch_add_random(&block, 1, 1);
    }
    expect(index_writer_follow(&scene.task, scene.writer, &made.batch, NULL) == ERR_OK && balances_are_right());
    expect(sql_is_zero("SELECT count(*) FROM balances JOIN tokens t ON t.id = token_id WHERE NOT live"));
    /* the rows of the one that is ahead go as well, without a change of balances */
    struct block_ref ancestor = block_of(102, 0, 0);
    expect(index_writer_rollback(&scene.task, scene.writer, &ancestor) == ERR_OK && balances_are_right());
    expect(sql_is("SELECT concat_ws(' ', min(next_block), max(next_block)) FROM streams", "103 103"));
    expect(sql_is("SELECT count(*) FROM transfers WHERE block_number > 102", "0"));
    streams[1].next_block = 103;
    expect(index_writer_go_live(&scene.task, scene.writer, streams + 1, 1, &ancestor, NULL) == ERR_OK);
    expect(balances_are_right() && !sql_is_zero("SELECT count(*) FROM balances JOIN tokens t ON t.id = token_id"
                                                " WHERE address = '\\xee00000000000000000000000000000000000014'"));
}

/* --- A call that is cut off: it waits for a table that somebody else holds, and loses its connection there. */

struct cutter {
    pthread_t thread;
    PGconn *conn;
    bool cut;
};

static void *cut(void *arg) {
    struct cutter *cutter = arg;
    for (int i = 0; !cutter->cut && i < CLUSTER_TRIES; i++) {
        PGresult *result = PQexec(cutter->conn, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                                                " WHERE application_name = 'writer' AND wait_event_type = 'Lock'"
                                                " AND datname = current_database()");
        cutter->cut = PQntuples(result) > 0;
        PQclear(result);
        if (!cutter->cut) (void)usleep(1000);
    }
    PQclear(PQexec(cutter->conn, "ROLLBACK"));
    return NULL;
}

static void cutter_begin(struct cutter *cutter, const char *table) {
    char lock[128];
    *cutter = (struct cutter){.conn = PQconnectdb(scene.url)};
    (void)snprintf(lock, sizeof lock, "BEGIN; LOCK TABLE %s IN EXCLUSIVE MODE", table);
    (void)sql_on(cutter->conn, lock);
    expect(pthread_create(&cutter->thread, NULL, cut, cutter) == 0);
}

static void cutter_end(struct cutter *cutter) {
    expect(pthread_join(cutter->thread, NULL) == 0);
    PQfinish(cutter->conn);
    expect(cutter->cut);
}

/* In: call, which makes its batch and writes it. Cut off at any table nothing is written; done again, it is. */
static bool cut_everywhere(const char *const *tables, size_t n, enum err (*call)(void)) {
    char before[PRINT_BYTES];
    uint64_t seed_before = seed;
    take_print(before);
    for (size_t i = 0; i < n; i++) {
        struct cutter cutter;
        seed = seed_before;
        cutter_begin(&cutter, tables[i]);
        expect(call() == ERR_INDEX_UNAVAILABLE);
        cutter_end(&cutter);
        if (!reopen(true) || !expect(is_as_in(before))) return false;
    }
    seed = seed_before;
    return expect(call() == ERR_OK);
}

static enum err call_append(void) {
    add_backfill(0, BACKFILL_TO, 5, 1);
    return append(&every_stream, 1, 0, BACKFILL_TO);
}
static enum err call_go_live(void) {
    struct index_stream stream = every_stream;
    struct block_ref tip = block_of(BACKFILL_TO, 0, 0);
    stream.next_block = BACKFILL_TO + 1;
    return index_writer_go_live(&scene.task, scene.writer, &stream, 1, &tip, NULL);
}
static enum err call_follow(void) {
    add_blocks(BACKFILL_TO, 9);
    struct block_ref finalized = block_of(BACKFILL_TO, 0, 0);
    return index_writer_follow(&scene.task, scene.writer, &made.batch, &finalized);
}
static enum err call_rollback(void) {
    struct block_ref ancestor = block_of(BACKFILL_TO + 2, 0, 0);
    return index_writer_rollback(&scene.task, scene.writer, &ancestor);
}

static void cut_off(void) {
    static const char *const written[] = {"streams", "transfers_31337", "odd_logs", "blocks"};
    static const char *const derived[] = {"chains", "streams", "blocks", "balances", "tokens"};
    static const char *const followed[] = {"chains", "transfers_31337", "blocks", "balances"};
    begin_history();
    if (!reopen(true) || !expect(index_writer_add(&scene.task, scene.writer, &every_stream, 1) == ERR_OK)) return;
    if (!cut_everywhere(written, 4, call_append) || !cut_everywhere(derived, 5, call_go_live)) return;
    expect(balances_are_right());
    if (!cut_everywhere(followed, 4, call_follow)) return;
    expect(balances_are_right());
    if (!cut_everywhere(followed, 4, call_rollback)) return;
    expect(balances_are_right());
}

TEST(test_balances_are_right_and_rollbacks_restore, history)
TEST(test_impossible_sums_are_marked_at_once, impossible_sums)
TEST(test_streams_behind_and_ahead_of_the_tip, lagging_stream)
TEST(test_what_is_cut_off_is_not_written, cut_off)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_balances_are_right_and_rollbacks_restore),
        cmocka_unit_test(test_impossible_sums_are_marked_at_once),
        cmocka_unit_test(test_streams_behind_and_ahead_of_the_tip),
        cmocka_unit_test(test_what_is_cut_off_is_not_written),
    };
    return cmocka_run_group_tests(tests, make_schema, remove_schema);
}
